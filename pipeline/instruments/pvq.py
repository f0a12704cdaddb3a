"""The PVQ-40: its key, its scale, its exclusion rules, and files of item wordings.

Forty short portraits, each rated from 1 (not like me at all) to 6 (very much like me). The wording is not ours to
ship: ``load`` reads it from a file that the user names. ``STAND_IN`` are forty items of our own in the place of
theirs, for the sample: results with them say nothing about the PVQ-40.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.errors import InputError
from pipeline.values.schwartz import SLUGS, VALUES

FOLDER = Path(__file__).parent
_FACTS = yaml.safe_load((FOLDER / "pvq40.yaml").read_text(encoding="utf-8"))

KEY: dict[str, tuple[int, ...]] = {value: tuple(_FACTS["key"][value]) for value in SLUGS}
VALUE_OF: dict[int, str] = {item: value for value in SLUGS for item in KEY[value]}
ITEMS = tuple(range(1, 41))
SCALE = tuple(range(1, 7))
ANCHORS: dict[str, tuple[str, ...]] = {
    language: tuple(anchors) for language, anchors in _FACTS["anchors"].items()
}
# Language -> file of the stand-in.
STAND_IN: dict[str, Path] = {language: FOLDER / f"stand_in.{language}.yaml" for language in ("en", "zh")}

_REMEDY = "docs/instruments.md shows what a file of items looks like"
_VALUE_NAMES = {spelling: v.slug for v in VALUES for spelling in (v.slug, v.name.lower())}


@dataclass(frozen=True, slots=True)
class Rules:
    """An administration is excluded with more than ``missing`` items unanswered, or more than ``same`` answers alike.

    Where the numbers come from is said in ``pvq40.yaml``.
    """

    missing: int
    same: int


RULES = Rules(**_FACTS["exclude"])


@dataclass(frozen=True, slots=True)
class Instrument:
    """Forty items in one language: ``items`` by their number in ``KEY``, ``anchors`` from 1 to 6."""

    name: str
    language: str
    items: Mapping[int, str]
    anchors: tuple[str, ...]

    def of(self, value: str) -> tuple[str, ...]:
        """The items of one value, in the order of their numbers."""
        return tuple(self.items[number] for number in KEY[value])


def load(path: Path | str) -> Instrument:
    """The instrument in a YAML or CSV file.

    YAML: ``name``, ``language``, ``items`` (number: text) and, for languages other than English and Chinese,
    ``anchors``. CSV: columns ``number``, ``text``, ``language``; its name is the file's. A ``value`` beside a text
    (YAML: ``{text: ..., value: ...}``) is compared with the key, so that a shifted or mislabelled list cannot pass.

    Raises InputError for a file that is missing or unreadable, for items that are not 1 to 40, each once and none
    empty, for a value that is not that of the key, and for a scale without six anchors.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            "the file of items does not exist", where=str(path), remedy="instruments.pvq in params names it"
        ) from None
    except UnicodeDecodeError:
        raise InputError(
            "the file of items is not UTF-8 text", where=str(path), remedy="save it as UTF-8"
        ) from None
    content = _from_csv(text, path) if path.suffix.lower() == ".csv" else _from_yaml(text, path)
    language = content["language"]
    anchors = tuple(content.get("anchors") or ANCHORS.get(language, ()))
    if len(anchors) != len(SCALE) or not all(
        isinstance(anchor, str) and anchor.strip() for anchor in anchors
    ):
        raise _bad(path, f"six anchors are needed for the scale 1 to 6 in {language!r}; found {len(anchors)}")
    return Instrument(content["name"], language, _checked(content["items"], path), anchors)


def _from_yaml(text: str, path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _bad(path, f"not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise _bad(path, "a mapping with name, language and items is needed")
    if unknown := set(content) - {"name", "language", "anchors", "items"}:
        raise _bad(path, f"there is no such field: {', '.join(sorted(map(str, unknown)))}")
    for field in ("name", "language"):
        if not isinstance(content.get(field), str) or not content[field].strip():
            raise _bad(path, f"{field} is missing or not a text")
    items = content.get("items")
    if not isinstance(items, dict):
        raise _bad(path, "items must be a mapping from number to text")
    rows = []
    for number, item in items.items():
        fields = item if isinstance(item, dict) else {"text": item}
        rows.append((number, fields.get("text"), fields.get("value")))
    return {**content, "items": rows}


def _from_csv(text: str, path: Path) -> dict[str, Any]:
    reader = csv.DictReader(text.splitlines())
    if missing := {"number", "text", "language"} - set(reader.fieldnames or ()):
        raise _bad(path, f"columns are missing: {', '.join(sorted(missing))}")
    rows = list(reader)
    languages = {row["language"] or "" for row in rows}
    if len(languages) != 1 or not min(languages).strip():
        raise _bad(path, f"one language in every row is needed; found {sorted(languages)}")
    items = [(row["number"], row["text"], row.get("value")) for row in rows]
    return {"name": path.stem, "language": languages.pop().strip(), "items": items}


def _checked(rows: list[tuple[Any, Any, Any]], path: Path) -> dict[int, str]:
    items: dict[int, str] = {}
    for label, text, value in rows:
        number = int(label) if str(label).strip().isdecimal() else 0
        if number not in VALUE_OF:
            raise _bad(path, f"item {label!r}: items are numbered 1 to 40")
        if number in items:
            raise _bad(path, f"item {number} is there twice")
        if not isinstance(text, str) or not text.strip():
            raise _bad(path, f"item {number} has no text")
        if value and _VALUE_NAMES.get(str(value).strip().lower()) != VALUE_OF[number]:
            raise _bad(
                path,
                f"item {number} is labelled {value!r}, but item {number} of the PVQ-40 is one of {VALUE_OF[number]}",
            )
        items[number] = " ".join(text.split())
    if missing := [number for number in ITEMS if number not in items]:
        raise _bad(
            path, f"40 items are needed, {len(items)} are there; missing: {', '.join(map(str, missing))}"
        )
    return {number: items[number] for number in ITEMS}


def _bad(path: Path, message: str) -> InputError:
    return InputError(message, where=str(path), remedy=_REMEDY)

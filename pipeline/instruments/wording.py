"""The items of an instrument in one language: from a file that the user names, or stand-ins of our own."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.documents import parse_yaml, read_text
from pipeline.core.errors import InputError, ParamsError
from pipeline.instruments.instrument import Instrument

_REMEDY = "docs/instruments.md shows what a file of items looks like"
_COLUMNS = {"number", "text", "language"}


@dataclass(frozen=True, slots=True)
class Wording:
    """``items`` by their number in the key, ``anchors`` from the low to the high end of the scale."""

    instrument: Instrument
    name: str
    language: str
    items: Mapping[int, str]
    anchors: tuple[str, ...]

    def of(self, *values: str) -> tuple[str, ...]:
        """The items of some values, in the order of these and of their numbers."""
        return tuple(self.items[number] for number in self.instrument.items_of(values))


def stand_in(instrument: Instrument, language: str) -> Wording:
    """Items of our own: results with them say nothing about the instrument. ParamsError where there are none."""
    if language not in instrument.stand_ins:
        raise ParamsError(
            f"{instrument.title} has no stand-in items in {language!r}, only in "
            f"{', '.join(sorted(instrument.stand_ins)) or 'no language'}",
            where=f"instruments.{instrument.name}.wording",
            remedy="write 'own' and put a file of items into data/wordings, or ask in another language",
        )
    return Wording(
        instrument,
        f"ValAct stand-in, not the {instrument.title}",
        language,
        instrument.stand_ins[language],
        instrument.anchors[language],
    )


def own(instrument: Instrument, language: str, folder: Path) -> Wording:
    """The user's items for prompts in a language: NAME.LANGUAGE.yaml or .csv in ``folder``; InputError without them."""
    paths = [folder / f"{instrument.name}.{language}.{suffix}" for suffix in ("yaml", "csv")]
    there = [path for path in paths if path.exists()]
    if len(there) != 1:
        raise InputError(
            "there are two files of items" if there else "the file of items does not exist",
            where=" and ".join(map(str, paths)) if there else str(paths[0]),
            remedy=f"one of the two is wanted: instruments.{instrument.name}.wording in params is 'own'",
        )
    return read_wording(there[0], instrument)


def read_wording(path: Path | str, instrument: Instrument) -> Wording:
    """The items in a YAML or CSV file.

    YAML: ``name``, ``language``, ``items`` (number: text) and, for languages in which the instrument has none,
    ``anchors``. CSV: columns ``number``, ``text``, ``language``; its name is the file's. A ``value`` beside a text
    (YAML: ``{text: ..., value: ...}``) is compared with the key, so that a shifted or mislabelled list cannot pass.

    Raises InputError for a file that is missing or unreadable, for items that are not those of the key, each once and
    none empty, for a value that is not that of the key, and for a scale without an anchor for each answer.
    """
    path = Path(path)
    text = read_text(path, missing=_REMEDY)
    content = _from_csv(text, path) if path.suffix.lower() == ".csv" else _from_yaml(text, path)
    language = content["language"]
    anchors = tuple(content.get("anchors") or instrument.anchors.get(language, ()))
    answers = len(instrument.scale)
    if len(anchors) != answers or not all(isinstance(a, str) and a.strip() for a in anchors):
        raise _bad(
            path,
            f"{answers} anchors are needed for the scale {instrument.low} to {instrument.high} in {language!r}; "
            f"found {len(anchors)}",
        )
    items = _checked(content["items"], instrument, path)
    return Wording(instrument, content["name"], language, items, anchors)


def _from_yaml(text: str, path: Path) -> dict[str, Any]:
    content = parse_yaml(text, where=str(path), remedy=_REMEDY)
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
    if missing := _COLUMNS - set(reader.fieldnames or ()):
        raise _bad(path, f"columns are missing: {', '.join(sorted(missing))}")
    rows = list(reader)
    languages = {row["language"] or "" for row in rows}
    if len(languages) != 1 or not min(languages).strip():
        raise _bad(path, f"one language in every row is needed; found {sorted(languages)}")
    items = [(row["number"], row["text"], row.get("value")) for row in rows]
    return {"name": path.stem, "language": languages.pop().strip(), "items": items}


def _checked(rows: list[tuple[Any, Any, Any]], instrument: Instrument, path: Path) -> dict[int, str]:
    size, value_of = len(instrument.items), instrument.value_of
    items: dict[int, str] = {}
    for label, text, value in rows:
        number = int(label) if str(label).strip().isdecimal() else 0
        if number not in value_of:
            raise _bad(path, f"item {label!r}: items are numbered 1 to {size}")
        if number in items:
            raise _bad(path, f"item {number} is there twice")
        if not isinstance(text, str) or not text.strip():
            raise _bad(path, f"item {number} has no text")
        if value and instrument.inventory.slug_of.get(str(value).strip().lower()) != value_of[number]:
            raise _bad(
                path,
                f"item {number} is labelled {value!r}, but item {number} of the {instrument.title} is one of "
                f"{value_of[number]}",
            )
        items[number] = " ".join(text.split())
    if missing := [number for number in instrument.items if number not in items]:
        raise _bad(
            path, f"{size} items are needed, {len(items)} are there; missing: {', '.join(map(str, missing))}"
        )
    return {number: items[number] for number in instrument.items}


def _bad(path: Path, message: str) -> InputError:
    return InputError(message, where=str(path), remedy=_REMEDY)

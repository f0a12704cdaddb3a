"""The words of a questionnaire, from a Markdown file: one first-level heading a text.

A file of the researcher's own may hold any of the headings of ``texts.md``; the others keep our wording.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import yaml

from pipeline.core.documents import read_text
from pipeline.core.errors import InputError
from pipeline.params.people import Asks

DEFAULT = Path(__file__).with_name("texts.md")
# Texts that have a line for each option, and those whose place for the answer must be there.
_LISTS = {"Options of a check": 4, "Names of the options": 4}
_PAGES = (
    "Welcome",
    "Consent",
    "Where answers go from a file",
    "Where answers go on a server",
    "Statements",
    "Situations",
    "About you",
    "Finished",
    "Finished on a server",
)
_CHECKS = ("Check of a statement", "Check of a situation")


@dataclass(frozen=True, slots=True)
class Texts:
    """``pages`` as Markdown by heading; ``words`` are buttons and short lines by name. The word ``which`` is the one
    question that is asked of each situation."""

    pages: dict[str, str]
    check_statement: str
    check_situation: str
    check_options: tuple[str, ...]
    option_names: tuple[str, ...]
    words: dict[str, str]


def load(path: Path | str | None = None, asks: Asks = "most_appropriate") -> Texts:
    """The texts in a file, or ours, with the question that ``asks`` names. InputError for an unreadable file and for
    headings, words and places of ours that it does not know or lacks."""
    sections = _sections(DEFAULT)
    words = _words(sections["Words"], DEFAULT)
    if path is not None:
        path = Path(path)
        own = _sections(path)
        if unknown := own.keys() - sections.keys():
            raise _bad(
                path, f"no text has the heading {sorted(unknown)[0]!r}; known are {', '.join(sections)}"
            )
        if "Words" in own:
            words = _replaced(words, _words(own["Words"], path), path)
        sections |= own
    where = path or DEFAULT
    for heading in _CHECKS:
        if _places(sections[heading]) != {"answer"}:
            raise _bad(
                where,
                f"{heading!r} must say where the answer goes, as {{answer}}, and nothing else in braces",
            )
    lists = {heading: _lines(sections[heading], heading, size, where) for heading, size in _LISTS.items()}
    return Texts(
        pages={heading: sections[heading] for heading in _PAGES},
        check_statement=" ".join(sections[_CHECKS[0]].split()),
        check_situation=" ".join(sections[_CHECKS[1]].split()),
        check_options=lists["Options of a check"],
        option_names=lists["Names of the options"],
        words=words | {"which": words[f"which_{asks}"]},
    )


def _sections(path: Path) -> dict[str, str]:
    text = read_text(path, missing="forms.texts names it")
    before, *parts = re.split(r"^# +(.+?) *#*$", text, flags=re.MULTILINE)
    if before.strip():
        raise _bad(path, "there is text before the first heading")
    sections = {heading: body.strip() for heading, body in zip(parts[::2], parts[1::2], strict=True)}
    if len(sections) < len(parts) // 2:
        raise _bad(path, "a heading is there twice")
    if empty := [heading for heading, body in sections.items() if not body]:
        raise _bad(path, f"there is no text under {empty[0]!r}")
    return sections


def _words(section: str, path: Path) -> dict[str, str]:
    try:
        entries = yaml.safe_load(section)
        words = {name: text for entry in entries for name, text in entry.items()}
    except (yaml.YAMLError, AttributeError, TypeError):
        raise _bad(path, "under 'Words', every line must be: - name: text") from None
    if wrong := [name for name, text in words.items() if not isinstance(text, str) or not text.strip()]:
        raise _bad(path, f"the word {wrong[0]!r} has no text")
    return words


def _replaced(words: dict[str, str], own: dict[str, str], path: Path) -> dict[str, str]:
    for name, text in own.items():
        if name not in words:
            raise _bad(path, f"there is no word {name!r}; known are {', '.join(words)}")
        if _places(text) != _places(words[name]):
            raise _bad(path, f"the word {name!r} must have the places of {words[name]!r}")
    return words | own


def _places(text: str) -> set[str | None]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {None}


def _lines(section: str, heading: str, size: int, path: Path) -> tuple[str, ...]:
    lines = tuple(line.removeprefix("- ").strip() for line in section.splitlines() if line.strip())
    if len(lines) != size or len(set(lines)) != size:
        raise _bad(path, f"{heading!r} needs {size} different lines; found {len(set(lines))}")
    return lines


def _bad(path: Path, message: str) -> InputError:
    return InputError(message, where=str(path), remedy=f"{DEFAULT.name} in pipeline/forms/ is a whole one")

"""The words of a questionnaire, from a Markdown file a language: one first-level heading a text.

``texts.md`` is English, ``texts.LANGUAGE.md`` another language; ``cells.md``, and its languages, has what forms of the
lens say otherwise, or besides. A file of the researcher's own may hold any of their headings; the others keep our
wording, in the language that the file names under ``Language``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import Formatter

import yaml

from pipeline.core.documents import read_text
from pipeline.core.errors import InputError
from pipeline.params.people import Asks

DEFAULT = Path(__file__).with_name("texts.md")
CELLS = DEFAULT.with_name("cells.md")
ENGLISH = "en"
LANGUAGE = re.compile(r"[a-z]{2,3}")
# Languages that are written from right to left (ISO 639 codes).
RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
# Texts that have a line for each option or answer, and those whose place for the answer must be there.
_OPTIONS, _NAMES, _ANSWERS = "Options of a check", "Names of the options", "Answers to {}"
_LISTS = (_OPTIONS, _NAMES, _ANSWERS.format("claims"), _ANSWERS.format("portraits"))
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
    "Consent in a survey tool",
    "Finished in a survey tool",
)
_CHECKS = ("Check of a statement", "Check of a situation")


@dataclass(frozen=True, slots=True)
class Texts:
    """``language`` as an ISO 639 code; ``pages`` as Markdown by heading; ``words`` are buttons and short
    lines by name. The word ``which`` is the one question that is asked of each situation, ``how_much`` that of each
    statement, and ``answers`` are those to it where no instrument has them."""

    language: str
    pages: dict[str, str]
    check_statement: str
    check_situation: str
    check_options: tuple[str, ...]
    option_names: tuple[str, ...]
    words: dict[str, str]
    answers: tuple[str, ...] = ()

    @property
    def direction(self) -> str:
        return direction(self.language)


def direction(language: str) -> str:
    """``rtl`` or ``ltr``, as HTML has it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def load(path: Path | str | None = None, asks: Asks = "most_appropriate", language: str = ENGLISH) -> Texts:
    """The texts in a file, or ours, with the question that ``asks`` names: in ``language`` where we have them, else in
    English. InputError for an unreadable file, for headings, words and places of ours that it does not know or lacks,
    and for a part of the texts in a language that we have none in."""
    return _load(path, (DEFAULT,), asks, language)


def load_cells(path: Path | str | None = None, family: str = "claims") -> Texts:
    """The same for forms of the lens, whose statements are of a ``family``: claims, or portraits."""
    found = _load(path, (DEFAULT, CELLS), "would_do", ENGLISH, family)
    return replace(found, words=found.words | {"how_much": found.words[f"how_much_{family}"]})


def _load(
    path: Path | str | None, files: Sequence[Path], asks: Asks, language: str, family: str | None = None
) -> Texts:
    """``files``: ours in English, the later one before the earlier."""
    own = {} if path is None else _sections(Path(path))
    wanted = _language(own["Language"], Path(path or "")) if "Language" in own else None
    ours = _ours(files, wanted or language)
    english, english_words = _together(files)
    sections, words = _together(ours)
    sections, words = english | sections, english_words | words
    if path is not None:
        path = Path(path)
        if unknown := own.keys() - sections.keys():
            raise _bad(
                path, f"no text has the heading {sorted(unknown)[0]!r}; known are {', '.join(sections)}"
            )
        own_words = _words(own["Words"], path) if "Words" in own else {}
        if wanted and wanted != sections["Language"]:
            _check_whole(wanted, [*(sections.keys() - own.keys()), *(words.keys() - own_words.keys())], path)
        words = _replaced(words, own_words, path)
        sections |= own
    where = Path(path) if path else ours[-1]
    for heading in _CHECKS:
        if _places(sections[heading]) != {"answer"}:
            raise _bad(
                where,
                f"{heading!r} must say where the answer goes, as {{answer}}, and nothing else in braces",
            )
    lists = {
        heading: _lines(sections[heading], heading, len(english[heading].splitlines()), where)
        for heading in _LISTS
        if heading in sections
    }
    return Texts(
        language=sections["Language"],
        pages={heading: sections[heading] for heading in _PAGES},
        check_statement=" ".join(sections[_CHECKS[0]].split()),
        check_situation=" ".join(sections[_CHECKS[1]].split()),
        check_options=lists[_OPTIONS],
        option_names=lists[_NAMES],
        words=words | {"which": words[f"which_{asks}"]},
        answers=lists[_ANSWERS.format(family)] if family else (),
    )


def _ours(files: Sequence[Path], language: str) -> list[Path]:
    """Our files of a language; the English ones where one is missing."""
    found = [path.with_suffix(f".{language}.md") for path in files]
    return found if all(path.exists() for path in found) else list(files)


def _together(files: Sequence[Path]) -> tuple[dict[str, str], dict[str, str]]:
    """Texts by heading and words by name, those of a later file before those of an earlier."""
    sections: dict[str, str] = {}
    words: dict[str, str] = {}
    for path in files:
        found = _sections(path)
        sections |= found
        words |= _words(found["Words"], path)
    return sections, words


def _language(text: str, path: Path) -> str:
    if not LANGUAGE.fullmatch(text.strip()):
        raise _bad(path, f"under 'Language', {text.strip()!r} is no code of a language, such as en or zh")
    return text.strip()


def _check_whole(language: str, missing: list[str], path: Path) -> None:
    """InputError where a text is missing: ours would be in another language, and on the same page."""
    if missing:
        raise _bad(
            path, f"the texts are in {language!r}, and we have none in it: {sorted(missing)[0]!r} is missing"
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

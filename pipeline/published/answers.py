"""What an answer says, read strictly: nothing is guessed, and nothing moves into another's place."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from functools import lru_cache

from pipeline.published.blocks import Line, literal
from pipeline.published.problems import Unreadable, readable

_ANSWER = re.compile(r"""answer["'“”*]{0,4}\s*[:=]\s*(?:"([^"]*)"|'([^']*)'|([^\s,}\]]+))""", re.IGNORECASE)
_PLACE = re.compile(r"\s*\d{1,3}\s*")
_LETTER = re.compile(r"\s*[\"'(\[]?([A-D])[\"')\].]?\s*", re.IGNORECASE)

Pairs = list[tuple[str, object]]
# An answer in which so many braces begin nothing is none; each attempt reads the text up to there.
MOST_ATTEMPTS = 50


def answers_in(line: Line) -> list[object]:
    """The answers of a line, each in its place: what is empty there is an empty answer here."""
    answers = literal(line, "answers_unreadable")
    if not isinstance(answers, list | tuple):
        raise Unreadable("answers_unreadable", f"a {type(answers).__name__} and no list")
    return list(answers)


def answer_list(line: Line) -> list[str]:
    """The raw answers of a line, each in its place."""
    return [plain(answer) for answer in answers_in(line)]


def letter(raw: str) -> tuple[str, str | None]:
    """Status and letter of an answer to a question; see ``_letter``. Most answers are alike."""
    return _of_short(raw) if len(raw) <= 200 else _letter(raw)


@lru_cache(maxsize=50_000)
def _of_short(raw: str) -> tuple[str, str | None]:
    return _letter(raw)


def _letter(raw: str) -> tuple[str, str | None]:
    """Status and letter of an answer to a question.

    ``answered``: a field Answer (JSON, in a code fence or in prose) that holds one letter from A to D, or nothing but
    such a letter; ``failed``: nothing was recorded; ``invalid``: all else, also two fields that disagree.
    """
    if not raw.strip():
        return "failed", None
    named = {"".join(groups) for groups in _ANSWER.findall(raw)}
    letters = {match[1].upper() if (match := _LETTER.fullmatch(text)) else None for text in named or {raw}}
    found = letters.pop() if len(letters) == 1 else None
    return ("answered", found) if found else ("invalid", None)


def ratings(raw: str) -> dict[int, tuple[str, int | None, str]] | None:
    """Place -> status, rating and raw text, from the one JSON object of numbered ratings in an answer to the PVQ.

    None where there is no such object, more than one, or too many braces that begin none. A place that is named twice
    with different ratings, or with anything but a whole number from 1 to 6, is ``invalid``.
    """
    objects = list(itertools.islice(filter(None, _objects(raw)), 2))
    if len(objects) != 1:
        return None
    found: dict[int, tuple[str, int | None, str]] = {}
    for place, value in objects[0]:
        rating = _rating(value)
        entry = ("answered" if rating else "invalid", rating, plain(value))
        number = int(place)
        found[number] = entry if found.get(number, entry) == entry else ("invalid", None, plain(value))
    return found


def _objects(raw: str) -> Iterator[Pairs]:
    """The numbered fields of every JSON object in the text, nested objects included."""
    collected: list[Pairs] = []

    def hook(pairs: Pairs) -> dict[str, object]:
        collected.append([(key.strip(), value) for key, value in pairs if _PLACE.fullmatch(key)])
        return dict(pairs)

    decoder = json.JSONDecoder(object_pairs_hook=hook)
    at, failed = raw.find("{"), 0
    while at >= 0 and failed < MOST_ATTEMPTS:
        collected.clear()
        try:
            _, end = decoder.raw_decode(raw, at)
        except (ValueError, RecursionError):
            end, failed = at + 1, failed + 1
        else:
            yield from collected
        at = raw.find("{", end)


def _rating(value: object) -> int | None:
    text = plain(value).strip().removesuffix(".0")
    return int(text) if len(text) == 1 and text in "123456" else None


def plain(value: object) -> str:
    """An answer as text: that of a string, else what JSON would write."""
    if value is None:
        return ""
    return readable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr))

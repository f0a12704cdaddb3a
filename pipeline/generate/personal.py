"""Whom an action gives away: names and contacts found by the masker of the filter, and what it does not look for.

An action is public, whoever may read its post. It is an imperative, so the word at the head of a sentence is a verb and
no name ("Cook extra portions"): the model of names takes one in forty of them for people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from pipeline.params.posts import Masking

if TYPE_CHECKING:
    from pipeline.filter.privacy import Masker

_HEAD = re.compile(
    r"(?:^|(?<=[.!?:;]\s)(?<!Mr\.\s)(?<!Mrs\.\s)(?<!Ms\.\s)(?<!Dr\.\s)(?<!Prof\.\s))([A-Z][a-z]+)(?=\s)"
)
# The model finds some names only in a statement ("to call Kai"), and some only without one.
_FRAME = "She said to "
_PLACEHOLDER = re.compile(r"\[[A-Z_]+\]")
_KINDS = {
    "[PERSON]": "a name",
    "[EMAIL]": "an e-mail address",
    "[PHONE]": "a phone number",
    "[URL]": "a link",
}
# Without a capital, digit or sign of these there is nothing that the masker could find.
_WORTH_A_LOOK = re.compile(r"[^\W\d_a-z]|[\d@/()\[\]{}<>]|\.\w")
_STREETS = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|crescent|"
    "close|highway|hwy|parkway|pkwy|way|row|mews"
)
ADDRESSES = (
    re.compile(
        rf"\b\d{{1,5}}[A-Za-z]?,?\s(?:(?:[NSEW]\.?|North|South|East|West)\s)?(?:[A-Z][\w'’-]{{0,30}}\s){{1,3}}"
        rf"(?i:{_STREETS})\b"
    ),
    re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b"),  # United Kingdom: LS1 4AP
    re.compile(r"\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b"),  # United States: OH 44113
)
# Cf: invisible, or turns the direction of the text; Cc: control characters, of which a line's end alone is wanted.
_UNSEEN = ("Cc", "Cf", "Co", "Cs")
_SEEN = "\n"
# Joins the parts of an emoji or the letters of some scripts.
_JOINERS = "\u200c\u200d"


def find(texts: Iterable[str]) -> dict[str, str]:
    """A sentence for each of the texts that gives somebody away, by the text."""
    texts = list(dict.fromkeys(texts))
    found = {text: f"it contains {kind}" for text in texts if (kind := _own(text))}
    looks = ((text, _FRAME + _quiet(text)) for text in texts if text not in found)
    asked = [
        (text, look)
        for text, framed in looks
        if _WORTH_A_LOOK.search(framed.removeprefix(_FRAME))
        for look in (framed, framed.removeprefix(_FRAME))
    ]
    if asked:
        masked = _masker().mask_all([look for _, look in asked])
        for (text, look), (after, count) in zip(asked, masked, strict=True):
            if count and (kind := next(_kinds(look, after), None)):
                found.setdefault(text, f"it contains {kind}")
    return found


def _own(text: str) -> str | None:
    """What patterns of ours find."""
    for character in text:
        odd = unicodedata.category(character) in _UNSEEN and character not in _SEEN + _JOINERS
        if odd or character in "\u2028\u2029":
            return f"a character that nobody sees (U+{ord(character):04X})"
    return "an address" if any(pattern.search(text) for pattern in ADDRESSES) else None


def _quiet(text: str) -> str:
    """The text with the first words of its sentences in lower case."""
    return _HEAD.sub(lambda word: word[1].lower(), text)


def _kinds(text: str, masked: str) -> Iterator[str]:
    """What stood in the place of each placeholder, in words; "the Azores" and what has no capital are no names."""
    at = 0
    pieces = _PLACEHOLDER.split(masked)
    labels = _PLACEHOLDER.findall(masked)
    for before, label, after in zip(pieces, labels, pieces[1:], strict=False):
        start = at + len(before)
        end = text.find(after, start + 1) if after else len(text)
        name, at = text[start:end], end
        if label != "[PERSON]":
            yield _KINDS.get(label, "personal data")
        elif name != name.lower() and not re.search(r"\b(?:the|an?)\s$", text[:start], re.IGNORECASE):
            yield _KINDS[label]


@cache
def _masker() -> Masker:
    from pipeline.filter.privacy import Masker

    return Masker(Masking())

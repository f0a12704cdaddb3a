"""Whom an action gives away: names and contacts found by the masker of the filter, and what it does not look for.

An action is public, whoever may read its post. It is an imperative, so the word at the head of a sentence is a verb and
no name ("Cook extra portions"): the model of names takes one in forty of them for people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pipeline.masking.mask import find_spans
from pipeline.masking.people.lists import given_names
from pipeline.params.posts import Masking

_ARTICLE = re.compile(r"\b(?:the|an?)\s$", re.IGNORECASE)
_HEAD = re.compile(r"(?:^|[.!?:;]\s)$")
_KINDS = {
    "PERSON": "a name",
    "EMAIL_ADDRESS": "an e-mail address",
    "PHONE_NUMBER": "a phone number",
    "STREET_ADDRESS": "an address",
    "URL": "a link",
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
    for text in texts:
        if text not in found and (kind := _masked(text)):
            found[text] = f"it contains {kind}"
    return found


def _masked(text: str) -> str | None:
    """What the masker finds, in words; "the Azores" and what has no capital are no names."""
    if not _WORTH_A_LOOK.search(text):
        return None
    for start, end, entity in find_spans(text, Masking()):
        if entity != "PERSON" or not _harmless(text[:start], text[start:end]):
            return _KINDS.get(entity, "personal data")
    return None


def _own(text: str) -> str | None:
    """What patterns of ours find."""
    for character in text:
        odd = unicodedata.category(character) in _UNSEEN and character not in _SEEN + _JOINERS
        if odd or character in "\u2028\u2029":
            return f"a character that nobody sees (U+{ord(character):04X})"
    return "an address" if any(pattern.search(text) for pattern in ADDRESSES) else None


def _harmless(before: str, name: str) -> bool:
    """Whether what looks like a name is none in an action: without a capital, behind an article, or the verb at the
    head of a sentence, unless people are called so."""
    if name.islower() or _ARTICLE.search(before):
        return True
    return bool(_HEAD.search(before)) and name.isalpha() and name.lower() not in given_names()

"""Whom an action gives away: names and contacts found by the masker of the filter, and what it does not look for.

An action is public, whoever may read its post. It is an imperative, so the word at the head of a sentence is a verb and
no name ("Cook extra portions"): the model of names takes one in forty of them for people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pipeline.params.posts import Masking

_HEAD = re.compile(
    r"(?:^|(?<=[.!?:;]\s)(?<!Mr\.\s)(?<!Mrs\.\s)(?<!Ms\.\s)(?<!Dr\.\s)(?<!Prof\.\s))([A-Z][a-z]+)(?=\s(?![A-Z]))"
)
# The model finds some names only in a statement ("to call Kai"), and some only without one.
_FRAME = "She said to "
_KINDS = {"EMAIL_ADDRESS": "an e-mail address", "PHONE_NUMBER": "a phone number", "URL": "a link"}
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
    kinds = ((text, _own(text) or _masked(text)) for text in dict.fromkeys(texts))
    return {text: f"it contains {kind}" for text, kind in kinds if kind}


def _masked(text: str) -> str | None:
    """What the masker finds; "the Azores" and what has no capital are no names."""
    # The language model is loaded only where a text has to be looked at.
    from pipeline.masking.mask import find_spans

    quiet = _HEAD.sub(lambda word: word[1].lower(), text)
    if not _WORTH_A_LOOK.search(quiet):
        return None
    for look in (_FRAME + quiet, quiet):
        for start, end, entity in find_spans(look, Masking()):
            name = look[start:end]
            if entity != "PERSON":
                return _KINDS.get(entity, "personal data")
            if name != name.lower() and not re.search(r"\b(?:the|an?)\s$", look[:start], re.IGNORECASE):
                return "a name"
    return None


def _own(text: str) -> str | None:
    """What patterns of ours find."""
    for character in text:
        odd = unicodedata.category(character) in _UNSEEN and character not in _SEEN + _JOINERS
        if odd or character in "\u2028\u2029":
            return f"a character that nobody sees (U+{ord(character):04X})"
    return "an address" if any(pattern.search(text) for pattern in ADDRESSES) else None

"""Names under which somebody is found elsewhere: "my insta is jane.doe_7", "add me on snap: janed"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind
from pipeline.masking.people.vocabulary import is_ordinary

_PLATFORM = (
    r"(?:insta(?:gram)?|ig|snap(?:chat)?|sc|twitter|x|tik ?tok|kik|discord|telegram|tg|whatsapp|facebook|fb|linkedin"
    r"|only ?fans|twitch|venmo|cash ?app|pay ?pal|steam|gamertag|psn|xbox|youtube|user ?name|handle|at)\b"
)
_PART = r"[\w.]{1,30}+"
_NAME = rf"(@?{_PART}(?: (?:dot|underscore|dash) {_PART}){{0,4}}(?:#\d{{2,5}})?)"
_HANDLE = re.compile(
    rf"\b(?:(?:my|his|her|their|our) {_PLATFORM}(?: (?:account|name|user ?name|handle|id|tag))?"
    rf"|(?:add|follow|find|dm|message|hit) (?:me|him|her|them)(?: up)? on {_PLATFORM}|{_PLATFORM} ?:|username\b)"
    rf"(?: is| are|'s|’s|,| as| at| under)?(?: ?[:=–-])? ?{_NAME}",
    re.IGNORECASE,
)


def _find(text: str) -> Iterator[tuple[int, int]]:
    for match in _HANDLE.finditer(text):
        name = match[1].rstrip(".")
        if _is_handle(name):
            yield match.start(1), match.start(1) + len(name)


def _is_handle(name: str) -> bool:
    """Not a word of the sentence ("my insta is private")."""
    plain = name.lower()
    if plain.isalpha():
        return len(plain) > 2 and not is_ordinary(plain)
    return not plain.replace(".", "").isdigit() and len(plain) > 2


ENTRY = Kind(placeholder="[USER]", rank=31, meaning="names of accounts elsewhere", find=_find)

"""Web addresses, with a scheme, with www., or as a host under one of the common suffixes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind

_REST = r"[^\s<>\"“”]*+"
_PLAIN = re.compile(rf"(?:(?<![a-z])(?:https?|ftp)://|(?<![\w.])www\.){_REST}", re.IGNORECASE)
_HOST = re.compile(
    r"(?<![@\w.-])[a-z0-9][a-z0-9-]{0,62}+(?:\.[a-z0-9][a-z0-9-]{0,62}+){1,9}(?![@])", re.IGNORECASE
)
_PATH = re.compile(rf"/{_REST}")
SUFFIXES = frozenset("com org net edu gov mil info biz io uk".split())
# Products, not hosts.
_NO_HOSTS = frozenset({"asp.net", "vb.net"})
_CLOSING = {")": "(", "]": "["}
_PUNCTUATION = ".,;:!?'’*_/"
_SHORTEST = len("a.b/c")


def _find(text: str) -> Iterator[tuple[int, int]]:
    for match in _PLAIN.finditer(text):
        end = _end(text, match.start(), match.end())
        if end - match.start() > len("http://") or match[0][:4].lower() == "www.":
            yield match.start(), end
    if "." in text:
        for match in _HOST.finditer(text):
            if (stop := _host_end(text, match)) is not None:
                yield match.start(), stop


def _host_end(text: str, match: re.Match[str]) -> int | None:
    """Where an address ends that begins with this host; None where it is none.

    Under a suffix that is not common a missing space looks the same ("quit my job.It was"): only with a path.
    """
    labels = match[0].lower().split(".")
    if ".".join(labels) in _NO_HOSTS:
        return None
    path = _PATH.match(text, match.end())
    if (
        path
        and len(path[0]) > 1
        and 2 <= len(labels[-1]) <= 12
        and labels[-1].isalpha()
        and len(labels[0]) > 1
    ):
        return _end(text, match.start(), path.end())
    known = max((at for at, label in enumerate(labels) if at and label in SUFFIXES), default=0)
    if not known or (labels[known] == "uk" and known < 2):
        return None
    end = match.start() + len(".".join(labels[: known + 1]))
    return _end(text, match.start(), path.end()) if path and end == match.end() else end


def _end(text: str, start: int, end: int) -> int:
    """Without the punctuation of the sentence, and without brackets that were opened before the address."""
    open_brackets = {bracket: text.count(bracket, start, end) for bracket in "([)]"}
    while end > start:
        last = text[end - 1]
        if last in _CLOSING and open_brackets[last] > open_brackets[_CLOSING[last]]:
            open_brackets[last] -= 1
        elif last not in _PUNCTUATION and last not in "([":
            break
        elif last in "([":
            open_brackets[last] -= 1
        elif last == "/" and text[end - 2 : end - 1] not in "/:":
            break
        end -= 1
    return end


ENTRY = Kind(placeholder="[URL]", rank=20, meaning="web addresses", find=_find)

"""Addresses of machines on the internet, of version 4 and 6."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind

_FOUR = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
# Three colons at least: with two it is a time.
_SIX = re.compile(r"(?<![\w:.])(?=(?:[0-9a-f]{0,4}:){3})[0-9a-f:]{4,39}+(?![\w:])", re.IGNORECASE)


def _find(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_FOUR, _SIX):
        for match in pattern.finditer(text):
            if _is_address(match[0]):
                yield match.span()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


ENTRY = Kind(placeholder="[IP]", rank=34, meaning="IP addresses", find=_find)

"""International bank account numbers, checked as ISO 13616 says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind

_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}+(?: ?[A-Z0-9]{1,3})?+(?!\w)")


def _find(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _IBAN.finditer(text) if checks(match[0]))


def checks(number: str) -> bool:
    """Its first four characters moved to the end and letters as 10 to 35, the number leaves 1 over 97."""
    plain = number.replace(" ", "")
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


ENTRY = Kind(placeholder="[IBAN]", rank=32, meaning="international bank account numbers", find=_find)

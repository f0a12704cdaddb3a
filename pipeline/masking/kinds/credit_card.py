"""Numbers of payment cards: 13 to 19 digits whose last one checks the others (Luhn, ISO/IEC 7812-1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind

_DIGITS = re.compile(r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}+(?![\w-])")


def _find(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _DIGITS.finditer(text) if checks(match[0]))


def checks(number: str) -> bool:
    """Every second digit from the right but one doubled, the sum of all digits is a multiple of ten."""
    digits = [int(digit) for digit in reversed(number) if digit.isdigit()]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


ENTRY = Kind(placeholder="[CARD]", rank=33, meaning="numbers of payment cards", find=_find)

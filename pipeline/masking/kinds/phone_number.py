"""Telephone numbers: of the shapes that are common, and what the phonenumbers library calls valid."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from pipeline.masking.kind import Kind

_TEN_DIGITS = re.compile(r"(?<![\w$€£.-])(?:\+?1[ .-]?)?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])")
_AFTER_A_WORD = re.compile(
    r"\b(?:call|text|phone|cell|mobile|number|reach|contact)\b[^.\d\n]{0,25}+(\d{3}[ -]\d{4})(?![\w-])",
    re.IGNORECASE,
)
# Enough digits in a row to ask the library about: seven, with what may stand between them.
_DIGITS = re.compile(r"(?<![\w])[+(]{0,2}\d(?:[\s().+/-]{0,3}\d){6,17}+")
# Regions whose local numbers are looked for; numbers with a country code are found for all.
REGIONS = ("US", "GB", "AU", "IN")


def _find(text: str) -> Iterator[tuple[int, int]]:
    for match in _TEN_DIGITS.finditer(text):
        yield match.span()
    for match in _AFTER_A_WORD.finditer(text):
        yield match.span(1)
    for digits in _DIGITS.finditer(text):
        # With a character on either side, because the library looks at them.
        start, end = max(0, digits.start() - 1), digits.end() + 1
        for region in REGIONS:
            for number in phonenumbers.PhoneNumberMatcher(text[start:end], region):
                yield start + number.start, start + number.end


ENTRY = Kind(placeholder="[PHONE]", rank=40, meaning="telephone numbers", find=_find)

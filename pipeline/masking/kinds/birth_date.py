"""Days of birth: a date with a day and a month behind a word that says so. A year alone is an age, and stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)(?:\.(?=,? \d))?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?:of )?(?:\d{4}|['’]\d{2}))?"
_BIRTH = re.compile(
    r"\b(?:born|birthday|birth ?date|date of birth|d\.?o\.?b\.?)(?: (?:is|was|on|the|falls)){0,3}[:,]? {0,2}"
    rf"(\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{1,4}}|\d{{1,2}}/\d{{1,2}}"
    rf"|{_MONTH} (?:the )?{_DAY}\b{_YEAR}|{_DAY} (?:of )?{_MONTH}(?!\w){_YEAR})",
    re.IGNORECASE,
)


def _find(text: str) -> Iterator[tuple[int, int]]:
    return (match.span(1) for match in _BIRTH.finditer(text))


ENTRY = Kind(placeholder="[BIRTHDATE]", rank=60, meaning="days of birth", find=_find)

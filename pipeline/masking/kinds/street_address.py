"""Streets with a house number, post boxes, and places with a postal code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind

_SIDE = r"(?:(?:North|South|East|West|N|S|E|W|NE|NW|SE|SW)\.? )?"
_TYPE = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Terrace|Ter|Way|Circle|Cir"
    r"|Parkway|Pkwy|Square|Sq|Highway|Hwy|Close|Crescent|Mews|Gardens|Grove|Trail|Row)"
)
_FLAT = r"(?:,? (?:Apt|Apartment|Unit|Suite|Ste|Flat|#)\.? ?\w{1,6})?"
_PLACE = r"(?:,? [A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20}){0,2},? (?:[A-Z]{2}|[A-Z][a-z]{3,14})(?:,? \d{5}(?:-\d{4})?)?)?"
_ADDRESS = re.compile(
    rf"(?<![\w$€£.,:-])\d{{1,5}}[A-Za-z]? {_SIDE}"
    rf"(?:(?:[A-Z][a-z'’]{{1,20}}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}{_TYPE}\b\.?{_FLAT}{_PLACE}"
    r"|(?<![\w$€£.,:-])\d{3,5} (?:[a-z'’]{2,20} ){1,2}(?:street|avenue|boulevard|blvd|road|rd|lane|ave)\b"
    r"|\bP\.? ?O\.? ?[Bb]ox \d{1,7}"
    r"|\b[A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20}){0,2},? [A-Z]{2},? \d{5}(?:-\d{4})?(?!\d)"
    # British postal codes
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"
)


def _find(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _ADDRESS.finditer(text))


ENTRY = Kind(placeholder="[ADDRESS]", rank=50, meaning="streets with a number, postal codes", find=_find)

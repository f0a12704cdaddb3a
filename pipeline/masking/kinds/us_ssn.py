"""Social Security numbers of the United States."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind

# The parts that are never given out (000, 666, 9xx; 00; 0000) are left to be something else.
_SSN = re.compile(
    r"(?<![\w-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])"
    r"|\b(?:ssn|social security)(?: (?:number|no|is|was)){0,3}[:#.]? ?(\d{9})(?!\d)",
    re.IGNORECASE,
)


def _find(text: str) -> Iterator[tuple[int, int]]:
    return (match.span(2) if match[2] else match.span() for match in _SSN.finditer(text))


ENTRY = Kind(placeholder="[SSN]", rank=35, meaning="Social Security numbers", find=_find)

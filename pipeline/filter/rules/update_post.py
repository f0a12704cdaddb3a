"""Posts that tell how an earlier one went on."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

# Titles that tell how an earlier post went on: "UPDATE: he said yes", "**Update** he said yes", "2 year
# update: still here", "My landlord (final update)", "My landlord UPDATE!". Not "How do I update my resume?".
_WHICH = (
    r"(?:(?:semi|mini|small|quick|very|short|brief|minor|big|long|overdue|another|first|second|third|last|latest"
    r"|final|grand|happy|sad|possibly|hopefully|the|one|two|six|\d+|years?|yrs?|months?|weeks?|days?)\W+){0,4}"
)
UPDATE = "|".join(
    [
        rf"(?i:^\W*{_WHICH}updated?\s*(?:$|(?:#|x)?\s?\d+\b|[:\-–—\])}}!.,|/(*\"”~]))",
        rf"(?i:^\W*{_WHICH}updated?\s+(?:to|on|from|about|for|regarding|post)\b)",
        rf"(?i:[\[({{*]\W*{_WHICH}updated?\s*(?:#?\d+|to)?\W*[\])}}*])",
        r"(?i:[-–—:|.!?]\s*update\s*#?\d*\W*$)",
        # In capitals it needs no mark around it.
        r"^\W*(?:[A-Z]+\W+){0,2}UPDATED?\b",
        r"\bUPDATE\s*#?\d*\W*$",
    ]
)

ENTRY = ColumnRule(
    place=80,
    meaning="tells how an earlier post went on",
    rejects=lambda params: pl.col("title").str.contains(UPDATE),
)

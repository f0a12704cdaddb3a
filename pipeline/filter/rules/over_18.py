"""Posts that are marked as adult content."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

ENTRY = ColumnRule(
    place=50,
    meaning="marked as adult content",
    rejects=lambda params: pl.col("over_18"),
)

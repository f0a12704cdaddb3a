"""Posts that their authors took away."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

ENTRY = ColumnRule(
    place=40,
    meaning="deleted by its author",
    rejects=lambda params: pl.col("state") == "deleted",
)

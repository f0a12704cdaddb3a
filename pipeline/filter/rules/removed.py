"""Posts that moderators or Reddit took away."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

ENTRY = ColumnRule(
    place=30,
    meaning="removed by moderators or Reddit",
    rejects=lambda params: pl.col("state") == "removed",
)

"""Posts submitted outside ``params.dates``."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

ENTRY = ColumnRule(
    place=90,
    meaning="submitted outside the dates",
    rejects=lambda params: ~pl.col("created_at").dt.date().is_between(params.dates.first, params.dates.last),
    detail=lambda params: pl.col("created_at").dt.date().cast(pl.String),
)

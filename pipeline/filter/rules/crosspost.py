"""Cross-posts of another post."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

ENTRY = ColumnRule(
    place=70,
    meaning="a cross-post of another post",
    rejects=lambda params: pl.col("crosspost"),
)

"""Posts above ``params.score.max``; an unknown score is not above it."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

ENTRY = ColumnRule(
    place=110,
    meaning="a score above the limit",
    rejects=lambda params: pl.lit(False) if params.score.max is None else pl.col("score") > params.score.max,
    detail=lambda params: pl.format("score {}", "score"),
)

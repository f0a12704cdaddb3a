"""Posts below ``params.score.min``; an unknown score is not below it."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

ENTRY = ColumnRule(
    place=100,
    meaning="a score below the limit",
    rejects=lambda params: pl.lit(False) if params.score.min is None else pl.col("score") < params.score.min,
    detail=lambda params: pl.format("score {}", "score"),
)

"""Posts of subreddits that params put into no category."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

ENTRY = ColumnRule(
    place=10,
    meaning="of a subreddit without a category",
    rejects=lambda params: ~pl.col("subreddit").str.to_lowercase().is_in(list(params.category_of)),
    detail=lambda params: pl.format("r/{} is in no category", "subreddit"),
)

"""Links, images and videos."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

ENTRY = ColumnRule(
    place=20,
    meaning="a link, image or video instead of a text",
    rejects=lambda params: ~pl.col("is_self"),
)

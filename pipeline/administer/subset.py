"""A part of the scenarios for those who cannot be asked everything."""

from __future__ import annotations

import polars as pl

from pipeline.core.seeding import seeded_hash


def subset(scenarios: pl.DataFrame, n: int | None, seed: int) -> pl.DataFrame:
    """``n`` scenarios, as large a share of every category; all of them where ``n`` is None.

    Shares are exact to within one scenario where categories are equally large; otherwise a category that holds the
    share p of all scenarios, of k categories, may be off by (1 + k p) / 2. Drawn by a seeded hash of the id: the same
    for every respondent, and a smaller subset lies within a larger one. ``scenarios`` needs the columns scenario_id
    and category.
    """
    if n is None or n >= scenarios.height:
        return scenarios
    drawn = pl.Series("draw", [seeded_hash(seed, "subset", s) for s in scenarios["scenario_id"]], pl.UInt64)
    return (
        scenarios.with_columns(drawn)
        .with_columns(
            place=(pl.col("draw").rank("ordinal").over("category") - 0.5) / pl.len().over("category")
        )
        .sort("place", "draw")
        .head(n)
        .drop("draw", "place")
        .sort("scenario_id")
    )

"""A fixed part of the questions for a track: whole scenarios, as many of each category, those answered most reliably.

In a whole scenario every value stands in as many options, so that the part is balanced over values whatever is chosen.
"""

from __future__ import annotations

import polars as pl

from pipeline.core.errors import InputError
from pipeline.core.seeding import seeded_hash


def reliability(choices: pl.DataFrame) -> pl.DataFrame:
    """Each scenario's share of equal answers between two askings of one question in default mode (other wording or
    repeat), the mean over respondents and questions: scenario_id and reliability. ``choices``: rows of table
    Choices."""
    key = ["respondent", "scenario_id", "question_id"]
    counts = (
        choices.filter(pl.col("mode") == "default", pl.col("status") == "answered")
        .group_by(*key, "position")
        .len()
        .group_by(key)
        .agg(n=pl.col("len").sum(), equal=(pl.col("len") * (pl.col("len") - 1)).sum())
        .filter(pl.col("n") > 1)
    )
    each = counts.select("scenario_id", share=pl.col("equal") / (pl.col("n") * (pl.col("n") - 1)))
    return each.group_by("scenario_id").agg(reliability=pl.col("share").mean()).sort("scenario_id")


def scenarios(all_of_them: pl.DataFrame, reliable: pl.DataFrame, n: int, seed: int) -> pl.DataFrame:
    """``n`` scenarios (scenario_id, category, reliability), as many of each category to within one, the most reliable
    first; ties, and those that nobody answered twice, in a seeded order. InputError where there are fewer."""
    if n > all_of_them.height:
        raise InputError(
            f"{n} scenarios are wanted, and there are {all_of_them.height}",
            where="--scenarios",
            remedy="ask for fewer",
        )
    lots = [seeded_hash(seed, "track", scenario) for scenario in all_of_them["scenario_id"]]
    return (
        all_of_them.select("scenario_id", "category")
        .with_columns(lot=pl.Series(lots, dtype=pl.UInt64))
        .join(reliable, on="scenario_id", how="left", validate="1:1")
        .sort("reliability", "lot", descending=[True, False], nulls_last=True)
        .with_columns(place=pl.int_range(pl.len()).over("category"))
        .sort("place", "reliability", "lot", descending=[False, True, False], nulls_last=True)
        .head(n)
        .select("scenario_id", "category", "reliability")
        .sort("scenario_id")
    )

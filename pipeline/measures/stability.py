"""What the prompt does: how far a respondent agrees with itself over prompts, and which of their parts move it."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.measures.cells import Cells, of_two_declarations
from pipeline.measures.waist import declared_of
from pipeline.statistics.resampling import Array
from pipeline.tables import FAMILIES
from pipeline.tables.waist import CELL

# What of a choice between two actions is compared, and what stands on either side.
PARTS = {
    "order": ("opposing_first", "expressing_first"),
    "named": (True, False),
    "explained": (True, False),
}


def prompt_agreement(answers: pl.DataFrame, answer: pl.Expr) -> pl.DataFrame:
    """For each respondent and scenario: sum over cells of the share that the most frequent answer has, and cells.

    ``answer``: what counts as the same, of table ValueRatings or PairChoices. The mode share of a cell is the count of
    its most frequent answer by the number of prompts answered; a cell with a single answer has none.
    """
    return (
        answers.filter(status="answered")
        .group_by(*CELL, answer=answer)
        .len()
        .group_by(CELL)
        .agg(share=pl.col("len").max() / pl.col("len").sum(), answers=pl.col("len").sum())
        .filter(pl.col("answers") > 1)
        .group_by("respondent", "scenario_id")
        .agg(share=pl.col("share").sum(), cells=pl.len())
        .sort("respondent", "scenario_id")
    )


def side() -> pl.Expr:
    """Agree or disagree, of a rating: the middle of a scale with one disagrees."""
    return pl.col("score") > 0.5


def shares_by_part(pairs: pl.DataFrame, part: str) -> pl.DataFrame:
    """For each respondent, scenario and side of ``part``: choices that express the value, and all; answered ones of
    cells that have both sides, where any has."""
    answered = pairs.filter(status="answered").with_columns(side=pl.col(part))
    both = pl.col("side").n_unique().over(CELL) > 1
    kept = answered.filter(both) if answered.select(both.any()).item() else answered
    return (
        kept.group_by("respondent", "scenario_id", "side")
        .agg(expressed=pl.col("expressed").sum(), answers=pl.len())
        .sort("respondent", "scenario_id", "side")
    )


def families(ratings: pl.DataFrame, values: tuple[str, ...]) -> dict[str, Cells]:
    """Claims against portraits of the same respondent, as if the one were stated and the other acted: what statements
    reach with themselves, which no action can be expected to pass."""
    claims, portraits = (declared_of(ratings.filter(family=family)) for family in FAMILIES)
    return of_two_declarations(claims, portraits, values)


def by_scenario(rows: pl.DataFrame, *columns: str) -> Array:
    """The columns as an array, scenarios x columns."""
    return np.asarray(rows.select(columns).to_numpy(), dtype=float)

"""The two tables of the waist from answers: of both datasets, of models, people and published results alike."""

from __future__ import annotations

import polars as pl

from pipeline.core.errors import InputError
from pipeline.instruments import load
from pipeline.tables import EVERYWHERE, Declared, Enacted, Factors, conform
from pipeline.tables.waist import CELL


def declared_of(ratings: pl.DataFrame) -> pl.DataFrame:
    """Table Declared from table ValueRatings: the mean over all answered ratings of a cell, each prompt counting once
    for each answer."""
    return conform(
        Declared,
        ratings.filter(status="answered")
        .group_by(CELL)
        .agg(score=pl.col("score").mean(), ratings=pl.len().cast(pl.Int32))
        .sort(CELL),
        where="declared values from ratings",
    )


def enacted_of(pairs: pl.DataFrame) -> pl.DataFrame:
    """Table Enacted from table PairChoices. Chance is one half."""
    return conform(
        Enacted,
        pairs.filter(status="answered")
        .group_by(CELL)
        .agg(expressed=pl.col("expressed").sum().cast(pl.Int32), shown=pl.len().cast(pl.Int32))
        .with_columns(by_chance=pl.col("shown") / 2)
        .sort(CELL),
        where="enacted values from choices between two actions",
    )


def enacted_of_choices(choices: pl.DataFrame, options: pl.DataFrame, mode: str = "default") -> pl.DataFrame:
    """Table Enacted from tables Choices and Options. Chance is one over the number of options, for each that expresses
    the value.

    InputError for questions without options.
    """
    answered = choices.filter(pl.col("mode") == mode, pl.col("status") == "answered").select(
        "respondent", "scenario_id", "question_id", chosen="position"
    )
    offered = options.select("question_id", "position", "value").with_columns(
        blind=1 / pl.len().over("question_id")
    )
    if lacking := set(answered["question_id"]) - set(offered["question_id"]):
        raise InputError(
            f"question {min(lacking)} was answered, but its options are not there",
            where="options",
            remedy="run `dvc repro score`, which writes them for every question that was asked",
        )
    rows = (
        answered.join(offered, on="question_id", how="inner")
        .group_by(CELL)
        .agg(
            expressed=(pl.col("chosen") == pl.col("position")).sum().cast(pl.Int32),
            shown=pl.len().cast(pl.Int32),
            by_chance=pl.col("blind").sum(),
        )
    )
    return conform(Enacted, rows.sort(CELL), where="enacted values from choices")


def declared_of_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """Table Declared from table InstrumentScores of one instrument, for no scenario in particular: the mean over the
    administrations that count, on the instrument's scale from end to end.

    InputError for scores of several instruments.
    """
    if (instruments := scores["instrument"].unique()).len() > 1:
        raise InputError(
            f"scores of several instruments: {', '.join(sorted(instruments))}",
            where="instrument scores",
            remedy="keep the rows of one of them",
        )
    if scores.is_empty():
        return Declared.create_empty()
    scale = load(instruments.item())
    rows = (
        scores.filter(pl.col("mean").is_not_null())
        .group_by("respondent", "value")
        .agg(
            score=((pl.col("mean").mean() - scale.low) / (scale.high - scale.low)),
            ratings=pl.col("items").sum().cast(pl.Int32),
        )
        .with_columns(scenario_id=pl.lit(EVERYWHERE))
    )
    return conform(Declared, rows.select(Declared.column_names()).sort(CELL), where="declared values")


def factors_of(scenarios: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Table Factors from a table with scenario_id and a column for each factor, such as country and topic."""
    rows = (
        scenarios.select("scenario_id", *names)
        .unique()
        .unpivot(index="scenario_id", variable_name="factor", value_name="level")
    )
    return conform(Factors, rows.sort("scenario_id", "factor"), where="factors of scenarios")

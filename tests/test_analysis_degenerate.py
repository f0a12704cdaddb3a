"""Input that allows no number gives a sentence in the notes: no nan, no crash, no made-up value."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from services.simulated_study import study, truth

from pipeline.analyse.study import ASKED_FOR, Scored, analyse
from pipeline.params.analysis import Analysis
from pipeline.tables import (
    ANALYSIS_TABLES,
    Choices,
    InstrumentAnswers,
    InstrumentScores,
    Respondents,
    conform,
)
from pipeline.values import load as load_inventory

SETTINGS = Analysis(draws=200)
TEN = load_inventory("schwartz10")


def made(respondents: int = 3, scenarios: int = 12, **options) -> Scored:
    rng = np.random.default_rng(7)
    return study(truth(respondents, rng), rng, scenarios=scenarios, **options)


def checked(scored: Scored) -> dict[str, pl.DataFrame]:
    """The tables; each is one of its schema, which allows neither nan nor infinity, and without rows says why."""
    tables = analyse(scored, SETTINGS, TEN, seed=1)
    assert set(tables) == set(ANALYSIS_TABLES)
    for name, table in tables.items():
        conform(ANALYSIS_TABLES[name], table, where=name)
        if table.is_empty() and name not in ASKED_FOR:
            assert reasons(tables, name), name
    for text in tables["notes"]["text"]:
        assert re.fullmatch(r"[A-Zm0-9].*\.", text)
        assert not re.search(r" (nan|None)\b", text)
    return tables


def reasons(tables: dict[str, pl.DataFrame], table: str) -> set[str]:
    return set(tables["notes"].filter(pl.col("table") == table)["reason"])


def test_a_constant_declared_profile_correlates_with_nothing() -> None:
    scored = made()
    flat = pl.when(pl.col("respondent") == "m00").then(3.0).otherwise(pl.col("mean"))
    centred = pl.when(pl.col("respondent") == "m00").then(0.0).otherwise(pl.col("centred"))
    tables = checked(
        replace(scored, instrument_scores=scored.instrument_scores.with_columns(mean=flat, centred=centred))
    )
    gaps = dict(tables["gaps"].select("respondent", "r").iter_rows())
    assert gaps["m00"] is None
    assert gaps["m01"] is not None
    assert "constant_profile_pvq40" in reasons(tables, "gaps")
    assert "constant_declared_profile_pvq40" in reasons(tables, "cross_correlations")
    assert "not_estimable_declared" in reasons(tables, "conditional_logit")
    assert not tables["cross_correlations"].filter(pl.col("kind") == "declared", pl.col("a") == "m00").height


def test_one_respondent() -> None:
    tables = checked(made(respondents=1))
    assert tables["gaps"].height == 1
    assert tables["cross_correlations"].is_empty()
    assert {"no_enacted_pairs_questions", "no_declared_pairs_pvq40"} <= reasons(tables, "cross_correlations")
    assert "one_respondent" in reasons(tables, "conditional_logit")
    assert {"no_pca_enacted_questions", "no_mds_declared_pvq40"} <= reasons(tables, "maps")


def test_no_instrument() -> None:
    scored = made()
    tables = checked(
        replace(
            scored,
            instrument_answers=InstrumentAnswers.create_empty(),
            instrument_scores=InstrumentScores.create_empty(),
        )
    )
    assert tables["gaps"].is_empty()
    assert tables["profiles"].height
    for name in ("declared", "gaps", "conditional_logit"):
        assert reasons(tables, name) & {"no_instrument", "no_pairs", "no_declared_pairs_instrument"}, name


def test_all_answers_invalid() -> None:
    scored = made()
    nothing = [
        pl.lit(None).cast(Choices.create_empty().schema[c]).alias(c)
        for c in ("letter", "position", "action_id", "value")
    ]
    tables = checked(replace(scored, choices=scored.choices.with_columns(*nothing, status=pl.lit("invalid"))))
    assert tables["profiles"].is_empty()
    assert "no_answers" in reasons(tables, "profiles")
    assert "profile_missing" in reasons(tables, "gaps")
    whole = tables["missing"].filter(pl.col("status") == "invalid", pl.col("instrument") == "default")
    assert (whole["share"] == 1).all()
    assert (tables["accuracy"]["accuracy_of_asked"] == 0).all()
    assert tables["accuracy"]["accuracy"].null_count() == tables["accuracy"].height
    assert "no_pairs" in reasons(tables, "drops")


def test_one_category() -> None:
    scored = made()
    tables = checked(replace(scored, questions=scored.questions.with_columns(category=pl.lit("Ethics"))))
    assert set(tables["profiles"]["category"]) == {"all", "Ethics"}


def test_nobody_answered() -> None:
    scored = made()
    tables = checked(
        Scored(
            Respondents.create_empty(),
            Choices.create_empty(),
            InstrumentAnswers.create_empty(),
            InstrumentScores.create_empty(),
            scored.ratings,
            scored.options.head(0),
            scored.questions.head(0),
        )
    )
    assert "no_respondents" in reasons(tables, "profiles")
    assert all(table.is_empty() for name, table in tables.items() if name != "notes")


def test_one_scenario_has_no_interval() -> None:
    tables = checked(made(scenarios=1, wordings=1))
    inside = tables["profiles"].filter(pl.col("share_of_choices").is_between(0.01, 0.99))
    assert inside["low"].null_count() == inside.height
    assert tables["positions"]["joint_p"].null_count() == tables["positions"].height


def test_the_same_value_always_chosen() -> None:
    """No Luce strengths, a share of 1 with an interval that is no point."""
    scored = made(wordings=1)
    of = scored.options.group_by("question_id").agg(pl.col("position").first(), pl.col("value").first())
    always = scored.options.filter(pl.col("value") == "power").select("question_id", "position", "value")
    chosen = of.join(always, on="question_id", how="left", suffix="_power").select(
        "question_id",
        position=pl.coalesce("position_power", "position"),
        value=pl.coalesce("value_power", "value"),
    )
    choices = (
        scored.choices.drop("position", "value").join(chosen, on="question_id").select(scored.choices.columns)
    )
    tables = checked(replace(scored, choices=choices))
    assert "no_luce_default" in reasons(tables, "profiles")
    power = tables["profiles"].filter(pl.col("value") == "power", pl.col("mode") == "default")
    assert (power["share_of_shown"] == 1).all()
    assert (power["shown_low"] < 1).all()


@pytest.mark.parametrize("kept", [TEN.slugs[:3], TEN.slugs[:1]])
def test_a_pvq_without_some_values_does_not_count(kept: tuple[str, ...]) -> None:
    scored = made()
    there = pl.col("value").is_in(kept)
    scores = scored.instrument_scores.with_columns(
        pl.when(there).then(pl.col(name)).alias(name) for name in ("mean", "centred")
    )
    tables = checked(replace(scored, instrument_scores=scores))
    assert "administrations_left_out_pvq40" in reasons(tables, "declared")
    assert tables["declared"].is_empty()

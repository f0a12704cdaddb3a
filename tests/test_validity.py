"""The quality of questions, functioning in people and models, and several ways to ask for values."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from services.simulated_study import SLUGS, Truth, study
from services.values import TEN

from pipeline.analyse import functioning, item_quality, methods
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.declared import administrations
from pipeline.analyse.notes import Notebook
from pipeline.params.analysis import Analysis
from pipeline.params.claims import Items
from pipeline.tables import Ratings, conform

RULES = Items()


@pytest.fixture(scope="module")
def made():
    """Thirty who differ in what they prefer, and declare it."""
    rng = np.random.default_rng(4)
    utilities = rng.normal(0, 1.2, (30, len(SLUGS)))
    what = Truth(utilities, np.clip(3.5 + utilities, 1.2, 5.8), pull=0.2, scatter=0.1)
    return study(
        what, rng, scenarios=30, wordings=1, modes=("default", "adoption"), administrations=2, kind="human"
    )


def assessed(scored, choices):
    coded = encode(choices, scored.options, scored.questions, TEN)
    sat = administrations(
        scored.instrument_scores, scored.instrument_answers, Analysis(draws=200), 1, Notebook()
    )
    names = scored.questions["question_id"].sort().to_list()
    return item_quality.item_quality(coded, names, sat, Agents.of(scored.respondents), RULES, 0.95)


def with_answers(choices, question, position):
    """All choose one position, or (a function) what it says of the old position."""
    mine = pl.col("question_id") == question
    new = position if isinstance(position, pl.Expr) else pl.lit(position, pl.Int8)
    return choices.with_columns(position=pl.when(mine).then(new).otherwise("position").cast(pl.Int8))


def test_good_questions_are_kept_and_bad_ones_in_doubt_with_the_reason(made):
    same, contrary = made.questions["question_id"].sort().to_list()[:2]
    options = made.options.filter(question_id=contrary).sort("position")["value"].to_list()
    scores = made.instrument_scores.filter(pl.col("value").is_in(options))
    least = (
        scores.group_by("respondent", "value")
        .agg(pl.col("mean").mean())
        .sort("mean", "value")
        .group_by("respondent")
        .agg(pl.col("value").first())
    )
    place = {name: options.index(value) + 1 for name, value in least.iter_rows()}
    spoilt = with_answers(made.choices, same, 2)
    spoilt = with_answers(spoilt, contrary, pl.col("respondent").replace_strict(place, return_dtype=pl.Int8))
    before = {row["question_id"]: row for row in assessed(made, made.choices).to_dicts()}
    after = {row["question_id"]: row for row in assessed(made, spoilt).to_dicts()}
    assert np.mean([row["verdict"] == "keep" for row in before.values()]) > 0.9
    assert np.mean([row["discrimination"] for row in before.values()]) > 0.2
    agreement = np.mean([row["instrument_agreement"] for row in before.values()])
    assert agreement > 0.4
    assert after[same]["everybody_agrees"]
    assert after[same]["popular"] == 1
    assert "everybody_agrees" in after[same]["why"]
    assert after[contrary]["verdict"] == "doubt"
    assert after[contrary]["instrument_agreement"] < 0.1
    assert {"does_not_discriminate", "against_the_instrument"} <= set(after[contrary]["why"].split(", "))
    others = [name for name in before if name not in (same, contrary)]
    assert [after[name]["verdict"] for name in others] == [before[name]["verdict"] for name in others]


def test_of_too_few_nothing_is_told(made):
    few = made.choices.filter(pl.col("respondent").is_in(["m00", "m01", "m02"]))
    table = assessed(made, few)
    assert set(table["verdict"]) == {"cannot_be_told"}


def population(rng, questions, planted=0.0):
    """Choices of 60 people and 60 models of equal preferences; of question 0 models like option 0 more."""
    values = np.array([rng.permutation(10)[:4] for _ in range(questions)])
    models = np.arange(120) % 2 == 0
    utility = rng.normal(0, 1, (120, 10))[:, values] + rng.gumbel(size=(120, questions, 4))
    utility[models, 0, 0] += planted
    return np.eye(4)[utility.argmax(axis=2)], values, models


def test_differential_functioning_is_found_where_it_is_and_not_where_it_is_not():
    p, found, odds = [], [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        none = functioning.functioning(*population(rng, 25), 10)
        p += none.p.tolist()
        planted = functioning.functioning(*population(rng, 25, planted=3.0), 10)
        found.append(planted.p[0] < 0.05 / 25)
        odds.append(planted.odds[0])
    assert np.mean(np.array(p) < 0.05) <= 0.065
    assert np.mean(found) > 0.9
    assert min(odds) > 2


def test_mantel_haenszel_is_that_of_statsmodels():
    from statsmodels.stats.contingency_tables import StratifiedTable

    tables = np.random.default_rng(1).integers(2, 30, (4, 2, 2)).astype(float)
    theirs = StratifiedTable(list(tables))
    p, odds = functioning.mantel_haenszel(tables)
    assert p == pytest.approx(theirs.test_null_odds(correction=False).pvalue)
    assert odds == pytest.approx(theirs.oddsratio_pooled)


def test_methods_that_ask_for_the_same_find_it_again(made):
    coded = encode(made.choices, made.options, made.questions, TEN)
    sat = administrations(made.instrument_scores, made.instrument_answers, Analysis(draws=200), 1, Notebook())
    table = methods.methods(coded, sat, Ratings.create_empty(), Agents.of(made.respondents), 0.95)
    over = {
        row["scope"]: row
        for row in table.filter(name="human", method_a="declared", method_b="default").to_dicts()
    }
    assert over["same_value"]["n"] == 30
    assert over["same_value"]["r"] > 0.8
    assert over["other_value"]["r"] < 0.05
    one = table.filter(scope="respondent", method_a="declared", method_b="default")
    assert one.height == 30
    assert (one["low"] < one["r"]).all()
    assert one["r"].mean() > 0.8


def test_what_applies_is_beside_what_is_chosen(made):
    """Ratings that are high for the values of the actions that m00 chose."""
    chosen = made.choices.filter(respondent="m00", mode="default").select("scenario_id", "value").unique()
    likes = set(chosen.iter_rows())
    rows = [
        {
            "respondent": "m00",
            "language": "en",
            "wording": 1,
            "repeat": 1,
            "scenario_id": scenario,
            "value": value,
        }
        | {"status": "answered", "rating": 5 if (scenario, value) in likes else 2}
        | dict.fromkeys(("raw", "request_key", "origin"))
        for scenario in made.questions["scenario_id"].unique().sort()
        for value in SLUGS
    ]
    ratings = conform(Ratings, rows, where="test")
    coded = encode(made.choices, made.options, made.questions, TEN)
    numbers = {name: n for n, name in enumerate(made.questions["scenario_id"].unique().sort())}
    table = methods.applicability(coded, ratings, numbers, Agents.of(made.respondents), 0.95)
    row = table.row(0, named=True)
    assert (table.height, row["statistic"], row["scenarios"]) == (1, "chosen_less_others", 30)
    assert 1.5 < row["low"] < row["estimate"] < row["high"] < 3

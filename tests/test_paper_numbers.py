"""The numbers of the paper, from the authors' aggregate tables and from their raw answers, to the printed precision."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.analyse.agents import Agents
from pipeline.analyse.agreement import agreement
from pipeline.analyse.answers import encode
from pipeline.analyse.between import cross_correlations
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.correlation import pearson
from pipeline.analyse.declared import administrations
from pipeline.analyse.gap import declared_enacted
from pipeline.analyse.likeness import likeness
from pipeline.analyse.logit import conditional_logit
from pipeline.analyse.notes import Notebook
from pipeline.analyse.positions import positions
from pipeline.analyse.profiles import enacted
from pipeline.params.analysis import Analysis
from pipeline.published.aggregates import by_value, read_aggregates
from pipeline.published.asked import VALUES
from pipeline.published.imports import import_published
from pipeline.published.paper import ACCURACY, DECLARED_ENACTED, GROK
from pipeline.score.scoring import score_instruments


def printed(number, decimals):
    """Rounds to what is printed."""
    return pytest.approx(number, abs=0.5 * 10**-decimals + 1e-9)


@pytest.fixture(scope="module")
def published(reference):
    folder = reference / "valact"
    logs = []
    cells = read_aggregates(sorted((folder / "tables").iterdir()), folder, logs)
    assert not any(log.problems for log in logs)
    return by_value(cells)


@pytest.fixture(scope="module")
def imported(published_results):
    return import_published(published_results)


def of(table, measure):
    """Respondent, value and a measure, where it is published; the runs at another temperature apart."""
    rows = table.filter(pl.col(measure).is_not_null(), ~pl.col("respondent").str.contains("-t0.5"))
    return rows.select(pl.col("respondent").str.strip_prefix("published-"), "value", measure)


# From the aggregate tables.


@pytest.fixture(scope="module")
def correlations(published):
    found = declared_enacted(of(published, "enacted"), of(published, "declared"))
    assert set(found["n"]) == {10}
    return dict(found.select("respondent", "r").rows())


@pytest.mark.parametrize("model", DECLARED_ENACTED)
def test_declared_against_enacted_values(correlations, model):
    assert correlations[model] == printed(DECLARED_ENACTED[model], 3)


def test_the_mean_of_the_ten_correlations(correlations):
    assert set(correlations) == set(DECLARED_ENACTED)
    assert np.mean(list(correlations.values())) == printed(0.303, 3)


@pytest.mark.parametrize(
    ("measure", "lowest", "mean", "highest"),
    [("enacted", (0.976, 3), (0.993, 3), (0.998, 3)), ("declared", (0.61, 2), (0.896, 3), (0.995, 3))],
)
def test_correlations_between_models(published, measure, lowest, mean, highest):
    r = cross_correlations(of(published, measure))["r"]
    assert r.len() == 45
    assert r.min() == printed(*lowest)
    assert r.mean() == printed(*mean)
    assert r.max() == printed(*highest)


@pytest.mark.parametrize("model", ACCURACY)
def test_mean_accuracy_of_selection_and_adoption(published, model):
    for measure, number in zip(
        ("selection", "adoption", "adoption_given_selection"), ACCURACY[model], strict=True
    ):
        accuracy = of(published, measure).filter(respondent=model)
        assert accuracy.height == 10
        assert accuracy[measure].mean() == printed(number, 4)


def test_the_largest_drop_from_selection_to_adoption(published):
    drop = 100 * (pl.col("selection") - pl.col("adoption"))
    largest = published.with_columns(drop=drop).drop_nulls("drop").sort("drop").row(-1, named=True)
    assert (largest["respondent"], largest["value"]) == ("published-gemini", "achievement")
    assert largest["drop"] == printed(6.64, 2)


# From the raw answers of Grok.


@pytest.fixture(scope="module")
def grok(imported):
    choices = imported["choices"].filter(respondent="published-grok")
    return encode(choices, imported["options"], imported["questions"], VALUES)


def test_groks_correlation_from_its_answers(imported, grok):
    acted = enacted(grok, Draws.of(grok.material.scenarios, 2, 0.95, seed=1))["published-grok"]
    scores = score_instruments(imported["instrument_answers"].filter(respondent="published-grok"))
    means = dict(scores.group_by("value").agg(pl.col("mean").mean()).rows())
    assert pearson(acted.share, [means[value] for value in VALUES.slugs]) == printed(
        DECLARED_ENACTED["grok"], 3
    )
    assert acted.choices == 7430


def test_groks_letters(grok):
    table = positions(grok, Draws.of(grok.material.scenarios, 2, 0.95, seed=1), Notebook())
    assert dict(table.select("letter", "share").rows()) == {
        letter: printed(share, 3) for letter, share in GROK.items()
    }


def test_grok_agrees_with_itself_over_wordings(imported, grok):
    """Mean over questions of the share of equal answers among pairs of wordings."""
    draws = Draws.of(grok.material.scenarios, 2, 0.95, seed=1)
    table, _ = agreement(grok, Agents.of(imported["respondents"]), draws, Notebook())
    row = table.row(0, named=True)
    assert (row["mode"], row["level"]) == ("default", "within")
    assert row["share"] == printed(0.88, 2)


def test_two_models_are_no_more_alike_than_average_weights_make_two_choosers(imported):
    """GPT-4o at temperature 0.5 and Grok, on the same questions: r near .99, and so it is of two choosers who share
    the weights of the values and nothing else; but these would choose the same action half as often."""
    choices = imported["choices"].filter(pl.col("respondent").is_in(["published-grok", "published-4o-t0.5"]))
    coded = encode(choices, imported["options"], imported["questions"], VALUES)
    table = likeness(coded, Agents.of(imported["respondents"]), 1, Notebook())
    (pair,) = table.filter(pl.col("a") != pl.col("b")).to_dicts()
    assert (pair["r"], pair["value_only_r"]) == (printed(0.987, 3), printed(0.989, 3))
    assert (pair["agreement"], pair["value_only_agreement"]) == (printed(0.715, 3), printed(0.359, 3))
    assert pair["half_r"] == printed(0.97, 2)
    assert table.filter(pl.col("a") == pl.col("b"))["half_r"].to_list() == pytest.approx(
        [0.978] * 2, abs=2e-3
    )


def test_groks_choices_and_its_gap_tell_one_story(imported, grok):
    """Seven thousand choices do not make ten declared values more: the p of the conditional logit is that of values."""
    agents = Agents.of(imported["respondents"])
    answers = imported["instrument_answers"].filter(respondent="published-grok")
    notes, settings = Notebook(), Analysis(draws=200)
    sat = administrations(score_instruments(answers), answers, settings, 1, notes)
    (row,) = conditional_logit(grok, sat, agents, 0.95, notes).to_dicts()
    assert row["p"] == pytest.approx(0.43, abs=0.02)
    assert row["scenario_low"] > 0 > row["low"]

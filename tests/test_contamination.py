"""Contamination: planted, it is found as often as the power says; where nothing is planted, nothing is."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from services.simulated_study import study, truth
from services.values import TEN

from pipeline.analyse import scenario_sums
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.contamination import contamination
from pipeline.analyse.declared import administrations
from pipeline.analyse.notes import Notebook
from pipeline.params.analysis import Analysis
from pipeline.params.claims import Contamination as Settings

SCENARIOS = 60
SEEN, BETWEEN, UNSEEN = dt.date(2019, 12, 31), dt.date(2022, 6, 30), dt.date(2025, 1, 1)
CUTOFFS = {
    name: {"date": day, "source": "made up"}
    for name, day in (("m00", BETWEEN), ("m01", UNSEEN), ("m02", UNSEEN), ("m03", SEEN))
}
PLANTED = 0.8


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(2)
    return study(truth(5, rng), rng, scenarios=SCENARIOS, wordings=2, administrations=3)


def ask(scored, choices, dates, effect=0.1, cutoffs=CUTOFFS, notes=None):
    coded = encode(choices, scored.options, scored.questions, TEN)
    agents = Agents.of(scored.respondents)
    settings = Settings(cutoffs=cutoffs, effect=effect)
    sat = administrations(
        scored.instrument_scores, scored.instrument_answers, Analysis(draws=200), 1, Notebook()
    )
    given = coded, sat, scored.respondents, dates, agents, settings, 0.95
    return contamination(*given, Notebook() if notes is None else notes)


def days(seed):
    """A day of 2020 to 2024 for each scenario, half of them before BETWEEN."""
    late = np.random.default_rng(seed).permutation(np.arange(SCENARIOS) % 2)
    return {n: dt.date(2023, 1, 1) if one else dt.date(2021, 1, 1) for n, one in enumerate(late)}


def contaminated(choices, dates, seed):
    """m00 knows the target of a share of the questions whose posts it has seen, whatever it would have answered."""
    ids = choices["scenario_id"].unique().sort()
    seen = [name for n, name in enumerate(ids) if dates[n] <= BETWEEN]
    knows = pl.Series(np.random.default_rng(seed).random(choices.height) < PLANTED)
    swayed = (
        (pl.col("respondent") == "m00")
        & (pl.col("mode") == "adoption")
        & pl.col("scenario_id").is_in(seen)
        & knows
    )
    return choices.with_columns(value=pl.when(swayed).then("target_value").otherwise("value"))


def test_where_nothing_is_planted_nothing_is_found(made):
    """Dates that mean nothing: each statistic has an excess in about one of twenty draws of dates."""
    rejected, rounds = [], 40
    for seed in range(rounds):
        rejected += (ask(made, made.choices, days(seed))["p"] < 0.05).to_list()
    assert len(rejected) == 7 * rounds
    assert 0.01 <= np.mean(rejected) <= 0.09


def test_what_is_planted_is_found_as_often_as_the_power_says(made):
    base = made.choices.filter(pl.col("mode").is_in(["selection", "adoption"]))
    adoption = base.filter(pl.col("respondent") == "m00", pl.col("mode") == "adoption")
    effect = PLANTED * float((adoption["value"] != adoption["target_value"]).mean())
    found, told, sizes = [], [], []
    for seed in range(40):
        dates = days(seed)
        table = ask(made, contaminated(base, dates, seed), dates, effect).filter(statistic="adoption")
        row = table.row(0, named=True)
        found.append(row["p"] < 0.05)
        told.append(row["power"])
        sizes.append(row["excess"])
        assert row["excess_low"] < row["excess"] < row["excess_high"]
        assert row["controls"] == 3
        assert row["excess"] == pytest.approx(row["difference"] - row["control_difference"])
    assert np.mean(sizes) == pytest.approx(-effect, abs=0.02)
    assert np.mean(found) == pytest.approx(np.mean(told), abs=0.2)


def test_what_is_lacking_is_said(made):
    notes = Notebook()
    assert ask(made, made.choices, days(1), cutoffs={}, notes=notes).is_empty()
    assert ask(made, made.choices, {}, notes=Notebook()).is_empty()
    alone = {"m00": CUTOFFS["m00"]}
    table = ask(made, made.choices, days(1), cutoffs=alone, notes=notes)
    assert table["p"].null_count() == table["excess"].null_count() == table.height == 7
    assert (table["low"] < table["difference"]).all()
    assert {"unknown", "no_controls"} <= set(notes.table()["reason"])


def test_the_influence_of_a_scenario_is_what_leaving_it_out_shows(made):
    """By the jackknife: for a share exactly, up to its denominator; for a correlation nearly."""
    coded = encode(made.choices, made.options, made.questions, TEN)
    sat = administrations(made.instrument_scores, made.instrument_answers, Analysis(draws=200), 1, Notebook())
    sums = scenario_sums.by_scenario(coded, sat, Agents.of(made.respondents))["m00"]
    every = np.ones(SCENARIOS, dtype=bool)
    for name, one in sums.items():
        estimate, influence = one.estimate(every)
        left = []
        for n in range(SCENARIOS):
            mask = every.copy()
            mask[n] = False
            left.append((estimate - one.estimate(mask)[0]) * (SCENARIOS - 1) / SCENARIOS)
        assert np.corrcoef(left, influence)[0, 1] > 0.99, name
        assert np.std(left) == pytest.approx(np.std(influence), rel=0.1), name
        assert influence.sum() == pytest.approx(0, abs=1e-9)

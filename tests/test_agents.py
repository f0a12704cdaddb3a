"""A model under another condition is no other model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from services.simulated_study import study, truth

from pipeline.analyse.study import Scored, analyse
from pipeline.params.analysis import Analysis
from pipeline.values import load as load_inventory

TEN = load_inventory("schwartz10")
SETTINGS = Analysis(draws=200)


@pytest.fixture(scope="module")
def scored() -> Scored:
    """Five respondents: m00 and m01 are one agent at two temperatures, m02 and m03 another one; m04 is a third."""
    rng = np.random.default_rng(5)
    made = study(truth(5, rng), rng, scenarios=12)
    names = {"m00": "one", "m01": "one", "m02": "two", "m03": "two", "m04": "three"}
    warm = pl.col("respondent").is_in(["m01", "m03"])
    return replace(
        made,
        respondents=made.respondents.with_columns(
            agent=pl.col("respondent").replace_strict(names, return_dtype=pl.String),
            condition=pl.when(warm).then(pl.lit("temperature 1")).otherwise(pl.lit("main")),
        ),
    )


@pytest.fixture(scope="module")
def tables(scored: Scored) -> dict[str, pl.DataFrame]:
    return analyse(scored, SETTINGS, TEN, seed=1)


def test_no_pair_is_of_one_agent(tables: dict[str, pl.DataFrame]) -> None:
    main = {("m00", "m02"), ("m00", "m04"), ("m02", "m04")}
    for name, of in (
        ("cross_correlations", {"kind": "enacted"}),
        ("agreement", {"mode": "default", "level": "between"}),
    ):
        rows = tables[name].filter(**of)
        pairs = {(a, b): main for a, b, main in rows.select("a", "b", "main").iter_rows()}
        # Two agents under the same condition are a pair as well, which no statistic of agents counts.
        assert pairs == dict.fromkeys(main, True) | {("m01", "m03"): False}


def test_statistics_count_agents(tables: dict[str, pl.DataFrame]) -> None:
    n = dict(tables["summaries"].select("statistic", "n").iter_rows())
    assert n["enacted_r"] == n["declared_r"] == n["agreement_between"] == 3
    assert n["declared_enacted_r"] == n["agreement_within"] == 3
    pooled = tables["conditional_logit"].filter(scope="kind")
    assert set(pooled["respondents"]) == {3}


def test_what_a_condition_does_is_a_table(scored: Scored, tables: dict[str, pl.DataFrame]) -> None:
    found = tables["conditions"]
    assert {tuple(row) for row in found.select("agent", "a", "b", "condition_b").iter_rows()} == {
        ("one", "m00", "m01", "temperature 1"),
        ("two", "m02", "m03", "temperature 1"),
    }
    chosen = scored.choices.filter(pl.col("mode") == "default", pl.col("status") == "answered")
    a, b = (chosen.filter(respondent=name) for name in ("m00", "m01"))
    both = a.join(b, on=["question_id", "wording"])
    shares = [
        pl.DataFrame({"value": TEN.slugs})
        .join(part.group_by("value").len(), on="value", how="left", maintain_order="left")["len"]
        .fill_null(0)
        .to_numpy()
        for part in (a, b)
    ]
    enacted = found.filter(kind="enacted", agent="one").row(0, named=True)
    assert enacted["n"] == both["question_id"].n_unique()
    assert enacted["r"] == pytest.approx(np.corrcoef(*shares)[0, 1])


def test_a_condition_on_other_questions_is_compared_on_those_of_both(scored: Scored) -> None:
    few = scored.choices.filter(
        ~((pl.col("respondent") == "m01") & (pl.col("mode") == "default"))
        | pl.col("scenario_id").is_in(scored.choices["scenario_id"].unique().sort()[:4].implode())
    )
    rows = analyse(replace(scored, choices=few), SETTINGS, TEN, seed=1)["conditions"].filter(kind="enacted")
    assert dict(rows.select("agent", "n").iter_rows()) == {"one": 20, "two": 60}

"""Named findings: the rules, and studies in which what they name was planted or not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from services.simulated_study import SLUGS, Truth, study
from services.values import TEN

from pipeline.analyse import findings
from pipeline.analyse.study import analyse
from pipeline.params.analysis import Analysis
from pipeline.report import answer
from pipeline.report import findings as shown

SETTINGS = Analysis(draws=200)


def test_a_verdict_needs_the_whole_interval():
    assert findings.above(0.02, 0.05, 0.01) == "present"
    assert findings.above(0.00, 0.01, 0.01) == "absent"
    assert findings.above(0.00, 0.05, 0.01) == findings.above(None, None, 0.01) == "cannot_be_told"
    assert findings.below(0.1, 0.6, 0.7) == "present"
    assert findings.below(0.7, 0.9, 0.7) == "absent"
    assert findings.below(0.1, 0.9, 0.7) == findings.below(None, 0.1, 0.7) == "cannot_be_told"
    assert findings.beyond([(-0.01, 0.01), (0.03, 0.05)], 0.02) == "present"
    assert findings.beyond([(-0.01, 0.01), (-0.02, 0.02)], 0.02) == "absent"
    assert findings.beyond([(-0.01, 0.01), (-0.03, 0.02)], 0.02) == "cannot_be_told"
    assert findings.beyond([(-0.01, 0.01), (None, None)], 0.02) == "cannot_be_told"


def test_the_mean_of_pairs_is_known_as_far_as_its_respondents_are():
    """Pairs that hold one respondent go together: the interval covers, that of independent pairs does not."""
    rng, held, naive, rounds = np.random.default_rng(5), 0, 0, 300
    pairs = [(f"m{i}", f"m{j}") for i in range(10) for j in range(i + 1, 10)]
    for _ in range(rounds):
        own = dict(zip((f"m{i}" for i in range(10)), rng.normal(0, 0.1, 10), strict=True))
        numbers = np.array([0.3 + own[a] + own[b] + rng.normal(0, 0.02) for a, b in pairs])
        low, high = findings.pairs_interval(numbers, pairs, 0.95)
        held += low <= 0.3 <= high
        low, high = findings.mean_interval(numbers, 0.95)
        naive += low <= 0.3 <= high
    assert 0.91 <= held / rounds <= 0.99
    assert naive / rounds < 0.8


@pytest.fixture(scope="module")
def found():
    """By what was planted: findings, and the gap in parts, of five models in 100 scenarios."""
    rng, tables = np.random.default_rng(11), {}
    common = rng.normal(0, 0.8, len(SLUGS))
    utilities = common + rng.normal(0, 0.1, (5, len(SLUGS)))
    liked = 3 / (1 + np.exp(-utilities))
    for name, what in {
        "nothing": Truth(utilities, 2 + liked, pull=0.0, scatter=0.05, knows=(0.9, 0.9)),
        "all": Truth(utilities, 5 - liked, pull=3.0, bias=(0.8, 0, 0, 0), knows=(0.95, 0.75)),
    }.items():
        scored = study(what, np.random.default_rng(3), scenarios=100, wordings=4)
        respondents = scored.respondents.with_columns(
            group=pl.when(pl.col("respondent") < "m03").then(pl.lit("US")).otherwise(pl.lit("China"))
        )
        scored = type(scored)(
            **{n: getattr(scored, n) for n in scored.__slots__} | {"respondents": respondents}
        )
        tables[name] = analyse(scored, SETTINGS, TEN, 1)
        tables["respondents"] = respondents
    return tables


def verdicts(tables, scope="kind"):
    rows = tables["findings"].filter(scope=scope)
    return {
        finding: set(of["verdict"]) for (finding,), of in rows.partition_by("finding", as_dict=True).items()
    }


def test_what_is_planted_is_present_and_what_is_not_is_absent(found):
    nothing, planted = verdicts(found["nothing"]), verdicts(found["all"])
    assert planted == {
        "convergence_of_profiles": {"present"},
        "convergence_of_choices": {"present"},
        "knowledge_action_gap": {"present"},
        "role_play_cost": {"present"},
        "position_bias": {"present"},
    }
    assert nothing["knowledge_action_gap"] == nothing["convergence_of_choices"] == {"absent"}
    assert "present" not in set.union(*nothing.values())
    assert verdicts(found["all"], "respondent")["position_bias"] == {"present"}
    assert "present" not in verdicts(found["nothing"], "respondent")["position_bias"]
    letters = found["all"]["findings"].filter(finding="position_bias")["detail"]
    assert set(letters) == {"A"}


def test_the_first_answers_of_the_report_say_what_the_rules_say(found):
    tables = found["all"] | {"respondents": found["respondents"]}
    alike, gap, cost = shown.beside(answer.answers(tables, TEN), tables)
    assert gap.sentences[-1] == "Knowledge-action gap, by a rule fixed beforehand: present (models, PVQ-40)."
    assert cost.sentences[-1] == "Cost of playing the role, by a rule fixed beforehand: present (models)."
    assert sum("by a rule fixed beforehand" in one for one in alike.sentences) == 2
    (table,) = shown.section(tables).tables
    assert len(table.rows) == 5
    assert shown.section(tables | {"findings": found["all"]["findings"].clear()}).empty


def test_the_gap_in_parts_is_that_of_the_categories_and_the_groups(found):
    parts = found["nothing"]["gap_parts"]
    gaps = dict(found["nothing"]["gaps"].select("respondent", "r").iter_rows())
    mean = parts.filter(scope="group", name="US", category="all").row(0, named=True)
    assert mean["r"] == pytest.approx(np.mean([gaps[name] for name in ("m00", "m01", "m02")]))
    assert mean["low"] < mean["r"] < mean["high"]
    assert mean["respondent_low"] < mean["r"] < mean["respondent_high"]
    difference = parts.filter(scope="difference", category="all").row(0, named=True)
    assert difference["name"] == "China - US"
    assert difference["respondent_low"] < 0 < difference["respondent_high"]
    each = parts.filter(scope="respondent", name="m00").sort("category")
    profiles = found["nothing"]["profiles"].filter(respondent="m00", mode="default", language="all")
    declared = found["nothing"]["declared"].filter(respondent="m00", level="basic").select("value", "mean")
    assert each.height == 5
    for category, r, low, high in each.select("category", "r", "low", "high").iter_rows():
        shares = profiles.filter(category=category).join(declared, on="value")
        assert r == pytest.approx(np.corrcoef(shares["share_of_choices"], shares["mean"])[0, 1])
        assert low < r < high

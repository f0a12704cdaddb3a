"""The measures of the gap, on both datasets: against scikit-learn, against what was planted, and at their edges."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn import metrics

from pipeline.analyse import alignment
from pipeline.analyse.declared import Declared as Administered
from pipeline.analyse.notes import Notebook
from pipeline.instruments import load as load_instrument
from pipeline.measures import (
    contingency,
    effects,
    gaps,
    mismatch,
    nested,
    prediction,
    prompts,
    stability,
    study,
    waist,
)
from pipeline.measures.cells import cells
from pipeline.tables import EVERYWHERE, Declared, Enacted, ValueRatings, ids
from pipeline.values import load

VALUES = load("svs56")
FOUR = ("power", "security", "tradition", "hedonism")
COUNTRIES, TOPICS = ("A", "B", "C", "D"), ("x", "y", "z")
PLACES = [(country, topic) for country in COUNTRIES for topic in TOPICS]


def planted(stated, acted, shown=1):
    """Tables Enacted and Declared of one respondent from V and A (scenarios x values)."""
    rows = [
        (ids.scenario_of(*PLACES[s]), value, stated[s, v], acted[s, v])
        for s in range(len(stated))
        for v, value in enumerate(VALUES.slugs[: stated.shape[1]])
    ]
    table = pl.DataFrame(rows, schema=["scenario_id", "value", "v", "a"], orient="row").with_columns(
        respondent=pl.lit("r")
    )
    enacted = table.with_columns(
        expressed=((1 - pl.col("a")) * shown).round().cast(pl.Int32),
        shown=pl.lit(shown, pl.Int32),
        by_chance=shown / 2,
    ).select(Enacted.column_names())
    declared = table.with_columns(score=1 - pl.col("v"), ratings=pl.lit(8, pl.Int32)).select(
        Declared.column_names()
    )
    return enacted, declared


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(5)
    stated = rng.choice([0, 1 / 3, 0.5, 2 / 3, 1], size=(12, 56), p=[0.4, 0.2, 0.1, 0.2, 0.1])
    acted = (rng.random((12, 56)) < 0.2 + 0.5 * stated).astype(float)
    return stated, acted


@pytest.fixture(scope="module")
def crossed(drawn):
    enacted, declared = planted(*drawn)
    return cells(enacted, declared, VALUES.slugs)["r"]


def estimate(of, name):
    one = gaps.MEASURES[name]
    return nested.figure(one.added(of), one.statistic).estimate


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("f1", metrics.f1_score),
        ("kappa", metrics.cohen_kappa_score),
        ("phi", metrics.matthews_corrcoef),
        ("agreement", metrics.accuracy_score),
    ],
)
def test_tables_of_two_by_two_are_those_of_scikit_learn(drawn, crossed, name, theirs):
    stated, acted = ((part.ravel() >= 0.5).astype(int) for part in drawn)
    assert estimate(crossed, name) == pytest.approx(theirs(acted, stated))


def test_rate_auc_and_distance_are_those_of_the_definitions(drawn, crossed):
    stated, acted = drawn
    rates = [metrics.f1_score(a >= 0.5, v >= 0.5) for v, a in zip(stated, acted, strict=True)]
    assert estimate(crossed, "rate") == pytest.approx(np.mean(rates))
    assert estimate(crossed, "auc") == pytest.approx(metrics.roc_auc_score(acted.ravel(), stated.ravel()))
    assert estimate(crossed, "distance") == pytest.approx(np.abs(stated - acted).mean())
    assert estimate(crossed, "r_values") == pytest.approx(
        np.corrcoef(stated.mean(axis=0), acted.mean(axis=0))[0, 1]
    )


def test_the_middle_is_disagreement_on_both_sides():
    """A mean rating of 2.5 of 4, and an action chosen as often as by chance."""
    of = cells(*planted(np.full((3, 2), 0.5), np.full((3, 2), 0.5), shown=2), VALUES.slugs[:2])["r"]
    assert of.stated_no.all()
    assert of.acted_no.all()
    assert mismatch.mismatches(of) == {
        "states_agrees_acts_against": 0,
        "states_against_acts_for": 0,
        "both_disagree": 6,
        "both_agree": 0,
        "at_middle": 6,
    }


def test_bounds_of_f1_and_phi_are_reached_where_one_mark_holds_the_other():
    best = np.array([[20.0, 0, 30, 50]])
    assert contingency.f1(best) == pytest.approx(contingency.f1_best(best))
    assert contingency.phi(best) == pytest.approx(contingency.phi_best(best))
    independent = np.array([[10.0, 10, 40, 40]])
    assert contingency.f1(independent) == pytest.approx(contingency.f1_independent(independent))
    nothing = np.array([[0.0, 0, 0, 7]])
    assert contingency.f1(nothing) == 0
    assert np.isnan(contingency.phi(nothing)).all()


def test_a_missing_rating_moves_no_other(drawn):
    enacted, declared = planted(*drawn)
    gone = declared.filter(
        ~((pl.col("value") == "wealth") & (pl.col("scenario_id") == ids.scenario_of("A", "x")))
    )
    of = cells(enacted, gone, VALUES.slugs)["r"]
    assert of.there.sum() == 12 * 56 - 1
    whole = cells(enacted, declared, VALUES.slugs)["r"]
    assert np.array_equal(of.stated[of.there], whole.stated[of.there])


def test_absolute_first_and_ranking_with_ties():
    stated = np.array([[0.0, 0, 1], [1, 0, 1]])
    acted = np.array([[1.0, 0, 0], [0, 0, 1]])
    of = cells(*planted(stated, acted), VALUES.slugs[:3])["r"]
    assert mismatch.distance_by_value(of).tolist() == [1, 0, 0.5]
    assert mismatch.ranking(mismatch.distance_by_value(of)).tolist() == [1, 3, 2]
    assert mismatch.ranking(np.array([0.5, 0.5, np.nan, 0.1])).tolist() == [1, 1, 0, 3]
    assert mismatch.subtracted_by_group(of, np.zeros(2)) == pytest.approx(0.5 / 3)


def test_country_effects_are_found_where_planted_and_only_there():
    rng = np.random.default_rng(3)
    country = np.repeat(np.arange(4), 3)
    topic = np.tile(np.arange(3), 4)
    figures = 0.05 * rng.standard_normal(12) + topic
    assert effects.permutation_p(figures, topic, country, 1, "topic") < 0.01
    assert effects.permutation_p(figures, country, topic, 1, "country") > 0.05
    assert effects.permutation_p(figures, country, country, 1, "nothing to exchange") is None


def test_whole_countries_make_the_wider_interval(crossed):
    """Countries that differ more than their scenarios say."""
    country = np.repeat(np.arange(4), 3)
    added = np.column_stack([np.repeat([0.1, 0.3, 0.5, 0.9], 3) + np.tile([0, 0.02, 0.04], 4), np.ones(12)])
    found = nested.figure(added, lambda s: s[..., 0] / s[..., 1], [country], bounds=(0, 1))
    assert found.wide_high - found.wide_low > 1.5 * (found.high - found.low)
    same = nested.figure(np.ones((12, 2)), lambda s: s[..., 0] / s[..., 1])
    assert (same.estimate, same.low, same.high) == (1.0, None, None)


def test_the_interval_of_a_mean_is_students():
    x = np.array([0.1, 0.4, 0.35, 0.8])
    found = nested.figure(np.column_stack([x, np.ones(4)]), lambda s: s[..., 0] / s[..., 1])
    half = 3.182446 * x.std(ddof=1) / 2
    assert (found.low, found.high) == pytest.approx((x.mean() - half, x.mean() + half), abs=1e-6)


def test_prompts_agree_by_the_share_of_the_most_frequent_answer():
    rows = pl.DataFrame(
        {
            "respondent": "r",
            "scenario_id": ["s0"] * 4 + ["s1"] * 4,
            "value": "wealth",
            "status": ["answered"] * 7 + ["invalid"],
            "rating": [1, 1, 2, 3, 4, 4, 4, None],
            "score": [1, 1, 2 / 3, 1 / 3, 0, 0, 0, None],
        },
        strict=False,
    )
    by_rating = stability.prompt_agreement(rows, pl.col("rating"))
    assert by_rating["share"].to_list() == [0.5, 1.0]
    assert stability.prompt_agreement(rows, stability.side())["share"].to_list() == [0.75, 1.0]


def test_prediction_beside_its_majority():
    labels = [True] * 4 + [False] * 4
    found = prediction.score(labels, [True] * 4 + [True, True, False, np.nan])
    assert (found.f1, found.accuracy, found.n, found.unread) == (pytest.approx(0.8), 5 / 8, 8, 1)
    assert (found.majority_f1, found.majority_accuracy) == (pytest.approx(2 / 3), 0.5)
    assert found.auc == pytest.approx((2 * 0.5 + 1 + 1) / 4)
    assert prediction.score([False, False, True], [False] * 3).majority_f1 == 0


def test_both_papers_measures_on_both_datasets():
    """Four options with what is declared once, pairs with what is declared for each scenario: one path."""
    options = pl.DataFrame(
        {
            "question_id": ["q1"] * 4 + ["q2"] * 4,
            "position": [1, 2, 3, 4] * 2,
            "value": ["power", "security", "tradition", "hedonism"] * 2,
        }
    )
    choices = pl.DataFrame(
        {
            "respondent": "r",
            "mode": "default",
            "status": ["answered", "answered", "failed"],
            "scenario_id": ids.scenario_of("one"),
            "question_id": ["q1", "q2", "q2"],
            "position": [1, 1, None],
        }
    )
    enacted = waist.enacted_of_choices(choices, options)
    power = enacted.filter(value="power").row(0, named=True)
    assert (power["expressed"], power["shown"], power["by_chance"]) == (2, 2, 0.5)
    scores = pl.DataFrame(
        {
            "respondent": "r",
            "instrument": "pvq40",
            "administration": [1, 2, 1, 1, 1],
            "value": ["power", "power", "security", "tradition", "hedonism"],
            "items": 3,
            "mean": [1.0, 2.0, 6.0, 3.5, None],
        }
    )
    declared = waist.declared_of_scores(scores)
    assert declared.filter(value="power")["score"].item() == pytest.approx(0.1)
    assert set(declared["scenario_id"]) == {EVERYWHERE}
    of = cells(enacted, declared, load("schwartz10").slugs)["r"]
    assert of.there.sum() == 3
    assert mismatch.mismatches(of) == {
        "states_agrees_acts_against": 1,
        "states_against_acts_for": 1,
        "both_disagree": 1,
        "both_agree": 0,
        "at_middle": 1,
    }


def test_every_table_of_the_study_holds_its_schema(drawn):
    enacted, declared = planted(*drawn)
    scenarios = pl.DataFrame(
        [(ids.scenario_of(*place), *place) for place in PLACES],
        schema=["scenario_id", "country", "topic"],
        orient="row",
    )
    tables = study.measure(enacted, declared, waist.factors_of(scenarios, "country", "topic"), VALUES, seed=1)
    overall = tables["alignment"].filter(factor="overall", values="all")
    assert set(overall["measure"]) == {*gaps.MEASURES, "r_types"}
    assert overall.filter(pl.col("low") > pl.col("estimate")).is_empty()
    assert tables["factor_effects"]["holm_p"].to_list() == tables["factor_effects"]["p"].to_list()
    assert tables["factor_effects"].select("factor", "within").rows() == [
        ("country", "topic"),
        ("topic", "country"),
    ]
    assert tables["value_distances"].filter(factor="overall").height == 56
    assert tables["mismatches"].height == 1 + 4 + 3


def test_planted_effects_of_order_and_naming_are_recovered():
    """Shares by part are of cells that were asked both ways, so that a pair asked in one order only says nothing."""
    rng = np.random.default_rng(11)
    rows = []
    for place in PLACES:
        for value in VALUES.slugs:
            for order, named in ((o, n) for o in stability.PARTS["order"] for n in (True, False)):
                expressed = rng.random() < 0.6 + 0.2 * (order == "expressing_first") + 0.1 * named
                rows.append((ids.scenario_of(*place), value, order, named, bool(expressed)))
    asked = pl.DataFrame(
        rows, schema=["scenario_id", "value", "order", "named", "expressed"], orient="row"
    ).with_columns(
        respondent=pl.lit("r"),
        status=pl.lit("answered"),
        wording=pl.when("named").then(1).otherwise(2),
        repeat=pl.lit(1),
        explained=pl.lit(False),
    )
    one_way = asked.head(1).with_columns(value=pl.lit("other"), expressed=pl.lit(False))
    found = {
        (row["part"], row["side"]): row
        for row in prompts.prompt_effects(
            ValueRatings.create_empty(), pl.concat([asked, one_way]), confidence=0.95
        )
    }
    for part, planted_effect in (("order", -0.2), ("named", 0.1)):
        difference = found[part, "difference"]
        assert difference["low"] < planted_effect < difference["high"]
        assert difference["high"] - difference["low"] < 0.15
    assert found["order", "opposing_first"]["n"] == len(rows) // 2
    assert found["acted", "agreement"]["n"] == 12 * 56
    assert ("explained", "difference") not in found


def test_the_second_papers_measures_of_the_first_papers_questions():
    """A respondent that declares what it enacts, and one that declares the contrary."""
    options = pl.DataFrame(
        [(f"s{n:010x}.q1", p + 1, v) for n in range(20) for p, v in enumerate(FOUR)],
        schema=["question_id", "position", "value"],
        orient="row",
    )
    questions = pl.DataFrame(
        [(f"s{n:010x}.q1", f"s{n:010x}", "even" if n % 2 == 0 else "odd") for n in range(20)],
        schema=["question_id", "scenario_id", "category"],
        orient="row",
    )
    choices = pl.concat(
        [
            questions.select("question_id").with_columns(
                respondent=pl.lit(name), mode=pl.lit("default"), status=pl.lit("answered"), position=pl.lit(1)
            )
            for name in ("same", "contrary")
        ]
    )
    pvq = load_instrument("pvq40")
    held = np.where(np.array(pvq.inventory.slugs) == FOUR[0], 6.0, 1.0)
    declared = {
        "pvq40": {
            name: Administered(
                name, pvq, pvq.inventory, means[None], means[None], facets={}, weights=None, items=None
            )
            for name, means in (("same", held), ("contrary", 7 - held))
        }
    }
    tables = alignment.alignment(
        choices,
        options,
        questions,
        declared,
        pvq.inventory,
        confidence=0.95,
        seed=1,
        notes=Notebook(),
    )
    rates = tables["alignment"].filter(measure="rate", factor="overall")
    assert rates.select("respondent", "instrument", "estimate").rows() == [
        ("contrary", "pvq40", 0.0),
        ("same", "pvq40", 1.0),
    ]
    found = {row["respondent"]: row for row in tables["mismatches"].filter(level="odd").iter_rows(named=True)}
    assert (found["same"]["both_agree"], found["same"]["both_disagree"]) == (10, 30)
    assert found["contrary"]["states_against_acts_for"] == 10
    assert found["contrary"]["states_agrees_acts_against"] == 30
    assert set(tables["alignment"]["factor"]) == {"overall", "category", "value"}

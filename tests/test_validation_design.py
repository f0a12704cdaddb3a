"""The draw of a validation round: sizes, strata, stability, and that an item id gives nothing away."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.finished_run import run_params
from services.values import DESIGN, SLUGS, TEN
from statsmodels.stats.proportion import proportion_confint

from pipeline import params as all_params
from pipeline.assemble.deal import assemble
from pipeline.params.validation import Sample
from pipeline.send.checks import there_and_wanted
from pipeline.send.design import balanced_order, draw, sample_size
from pipeline.send.tasks import value_order
from pipeline.tables import Judgements, Readings, Scenarios, conform
from pipeline.tables.ids import item_stem
from pipeline.validate.consensus import action_verdicts
from pipeline.validate.figures import measure
from pipeline.values import load
from pipeline.verdict import judged

WRITERS = ["writer-1", "writer-2"]


def world(numbers, categories=("Career & work", "Ethics"), texts=None):
    """Scenarios, Actions, Questions and Options of scenarios with these numbers."""
    scenarios = conform(
        Scenarios,
        [
            {
                "scenario_id": f"s{number:010x}",
                "post_id": f"p{number}",
                "category": categories[number % len(categories)],
                "subreddit": "college",
                "created_at": dt.datetime(2021, 1, 1, tzinfo=dt.UTC),
                "rank": number + 1,
                "role": "chosen",
                "text": f"Scenario {number}",
                "masked": 0,
                "source_sha256": "0" * 64,
                "text_sha256": "0" * 64,
            }
            for number in numbers
        ],
        where="test",
    )
    actions = pl.DataFrame(
        [
            {
                "action_id": (key := f"{scenario}.{value}.{writer}"),
                "scenario_id": scenario,
                "value": value,
                "stance": "expresses",
                "generator": writer,
                "attempt": 1,
                "text": (texts or {}).get(key, f"Do {key}"),
            }
            for scenario in scenarios["scenario_id"]
            for value in SLUGS
            for writer in WRITERS
        ]
    )
    questions, options = assemble(
        scenarios, actions, mode="balanced", seed=7, generators=WRITERS, design=DESIGN, values=SLUGS
    )
    return scenarios, actions, questions, options


def params(**sample):
    found = run_params()
    rules = Sample(**sample)
    return found.model_copy(update={"validation": found.validation.model_copy(update={"sample": rules})})


def of(items, task, distractor=False):
    return items.filter((pl.col("task") == task) & (pl.col("distractor") == distractor))


@pytest.mark.parametrize("blocks", [2, 6, 10])
def test_every_value_has_the_same_mean_place_over_the_blocks(blocks):
    orders = [value_order(TEN, "page", block, 7) for block in range(blocks)]
    assert len({*map(tuple, orders)}) == blocks
    assert all(sorted(order) == sorted(SLUGS) for order in orders)
    assert {sum(order.index(slug) for order in orders) / blocks for slug in SLUGS} == {4.5}


def test_over_ten_blocks_every_value_has_every_place_and_every_neighbour():
    orders = [value_order(TEN, "page", block, 7) for block in range(10)]
    assert all({order.index(slug) for order in orders} == {*range(10)} for slug in SLUGS)
    assert len({pair for order in orders for pair in pairwise(order)}) == 90
    assert value_order(TEN, "page", 0, 7) != value_order(TEN, "another", 0, 7)
    nineteen = load("refined19")
    assert all(sorted(value_order(nineteen, "x", b, 7)) == sorted(nineteen.slugs) for b in range(8))


@pytest.mark.parametrize(("width", "expected"), [(0.03, 0.91), (0.05, 0.91), (0.1, 0.5), (0.02, 0.97)])
def test_the_size_is_the_least_whose_wilson_interval_is_as_narrow_as_wanted(width, expected):
    def half_width(n):
        low, high = proportion_confint(expected * n, n, method="wilson")
        return (high - low) / 2

    n = sample_size(Sample(half_width=width, expected=expected), 10**9)
    assert half_width(n) <= width < half_width(n - 1)


def test_a_small_release_needs_fewer_items():
    rules = Sample()
    whole = sample_size(rules, 10**9)
    assert sample_size(rules, 60_000) < whole
    assert sample_size(rules, 600) == -(-whole // (1 + (whole - 1) / 600))
    assert sample_size(rules, 5) == 5
    assert sample_size(rules, 0) == 0


def test_the_profiles_draw_what_they_say(root):
    sample, paper = (
        all_params.load(root / f"profiles/{name}.yaml").validation for name in ("sample", "paper")
    )
    assert sample_size(sample.sample, 600) == 40
    assert sample_size(paper.sample, 60_000) == 352
    assert (sample.kind, paper.kind) == ("trial", "experts")


@pytest.mark.parametrize("categories", [2, 3, 5])
def test_any_head_of_the_order_of_strata_is_balanced(categories):
    levels = (SLUGS, WRITERS, [f"c{number}" for number in range(categories)])
    order = balanced_order(levels, 7, "test")
    assert len(set(order)) == len(order) == 20 * categories
    for end in range(1, len(order) + 1):
        for position, names in enumerate(levels):
            used = [sum(cell[position] == name for cell in order[:end]) for name in names]
            assert max(used) - min(used) <= 2


def test_the_items_are_what_params_ask_for():
    rules = params(half_width=0.09, overlap=0.5, raters=4)
    items = draw(*world(range(30)), rules)
    value, option, scenario = (of(items, task) for task in ("value", "option", "scenario"))
    checks = of(items, "value", distractor=True)
    assert (value.height, option.height, scenario.height, checks.height) == (40, 8, 8, 4)
    for column, groups in (("intended", 10), ("generator", 2), ("category", 2)):
        counts = value[column].value_counts()["count"]
        assert (len(counts), counts.max() - counts.min() <= 1) == (groups, True), column
    assert set(items["raters"]) == {1, 4}
    assert 0.3 < (value["raters"] == 4).mean() < 0.7
    assert set(checks["raters"]) == {4}, "every rater is checked"
    assert items["block"].n_unique() > 1


def test_a_distractor_is_shown_where_it_does_not_belong():
    scenarios, *rest = world(range(30))
    items = draw(scenarios, *rest, params(half_width=0.09))
    checks = of(items, "value", distractor=True)
    home = checks.with_columns(home=pl.col("action_id").str.split(".").list.first()).join(
        scenarios.select(home="scenario_id", from_category="category"), on="home"
    )
    assert (home["home"] != home["scenario_id"]).all()
    assert (home["from_category"] != home["category"]).all()
    assert not set(checks["action_id"]) & set(of(items, "value")["action_id"]), "no action is shown twice"

    one_category = draw(*world(range(6), categories=("Ethics",)), params(half_width=0.09))
    shown = of(one_category, "value", distractor=True)
    assert shown.height
    assert (shown["action_id"].str.split(".").list.first() != shown["scenario_id"]).all()
    assert of(draw(*world(range(1)), params(half_width=0.3)), "value", distractor=True).is_empty()


def test_an_option_item_names_the_value_of_the_target():
    scenarios, actions, questions, options = world(range(30))
    items = of(draw(scenarios, actions, questions, options, params(half_width=0.09)), "option")
    joined = items.join(questions, on="question_id", validate="1:1")
    assert (joined["intended"] == joined["target_value"]).all()
    assert items["intended"].n_unique() == items.height


@settings(max_examples=15, deadline=None)
@given(count=st.integers(8, 40), added=st.integers(100, 10_000))
def test_another_post_moves_nothing_but_what_it_displaces(count, added):
    """New items are the new scenario's own, or one at the end for the larger release."""
    rules = params(half_width=0.12)
    before, after = (draw(*world(numbers), rules) for numbers in (range(count), [*range(count), added]))
    new_scenario = f"s{added:010x}"
    strange = after.join(before, on="item_id", how="anti").filter(
        (pl.col("scenario_id") != new_scenario)
        & ~pl.col("action_id").str.starts_with(new_scenario).fill_null(False)
    )
    # A question's deal belongs to its cycle, which a new scenario may change; and the sample may grow by an item.
    assert strange.filter(pl.col("task") != "option").height <= 3
    same = before.join(after, on="item_id", how="semi")
    assert same.sort("item_id").equals(after.join(before, on="item_id", how="semi").sort("item_id"))


def test_the_draw_depends_on_nothing_but_its_inputs_and_the_round():
    tables, rules = world(range(12)), params(half_width=0.09)
    items = draw(*tables, rules)
    shuffled = [table.sample(fraction=1, shuffle=True, seed=3) for table in tables]
    assert draw(*shuffled, rules).equals(items)
    other = rules.model_copy(update={"validation": rules.validation.model_copy(update={"round": "second"})})
    assert not set(draw(*tables, other)["item_id"]) & set(items["item_id"])


def test_an_item_id_tells_nothing_and_follows_the_text():
    rules = params(half_width=0.09)
    items = draw(*world(range(30)), rules)
    assert items["item_id"].str.contains(r"^i[0-9a-f]{19}$").all()
    assert items["item_id"].map_elements(item_stem, return_dtype=pl.String).n_unique() == items.height
    # Neither the order nor the first characters of the ids tell the tasks or the attention checks apart.
    ranks = items.sort("item_id").with_row_index().filter("distractor")["index"].to_list()
    assert max(ranks) - min(ranks) > 4

    action = of(items, "value")["action_id"][0]
    changed = draw(*world(range(30), texts={action: "Do something else"}), rules)
    gone, come = (a.join(b, on="item_id", how="anti") for a, b in ((items, changed), (changed, items)))
    assert set(gone["action_id"].drop_nulls()) == {action}
    assert sorted(map(item_stem, gone["item_id"])) == sorted(map(item_stem, come["item_id"]))
    assert set(gone["shown_sha256"]).isdisjoint(come["shown_sha256"])


def read_by(labels):
    """Readings of three readers by action: what each of them sees."""
    rows = [
        {"action_id": one, "attempt": 1, "reader": f"r{n}", "role": "panel", "label": label}
        | {"status": "ok", "request_key": "0" * 64}
        for one, seen in labels.items()
        for n, label in enumerate(seen)
    ]
    return conform(Readings, rows, where="test")


def test_an_action_that_shows_its_value_plainly_is_no_attention_check():
    """Readers differ on one action in five and see nothing in another: only these are checks."""
    tables = world(range(10))
    own = dict(tables[1].select("action_id", "value").iter_rows())
    seen = {one: [value] * 3 for one, value in own.items()}
    unlike = [one for number, one in enumerate(own) if number % 5 == 0]
    nothing = [one for number, one in enumerate(own) if number % 5 == 1]
    seen |= {one: [own[one], "none", None] for one in unlike} | {
        one: ["none", "none", None] for one in nothing
    }
    alone = next(one for number, one in enumerate(own) if number % 5 == 2)
    seen[alone] = ["none", None, None]  # nobody else has read it
    readings = read_by(seen)
    usual = draw(*tables, params(half_width=0.1, distractors=0.5), readings)
    chosen = draw(*tables, params(half_width=0.1, distractors=0.5, plain_distractors=False), readings)
    assert not set(of(usual, "value", True)["action_id"]) <= {*unlike, *nothing}
    now = of(chosen, "value", True)
    assert 0 < now.height == of(usual, "value", True).height
    assert set(now["action_id"]) <= {*unlike, *nothing}
    assert set(now["action_id"]).isdisjoint(chosen.filter("doubtful")["action_id"])
    assert chosen.filter(~pl.col("distractor")).equals(usual.filter(~pl.col("distractor")))

    spare = next(one for one in own if one not in set(of(usual, "value")["action_id"]))
    plain = read_by({one: [value] * 2 for one, value in own.items()} | {spare: ["power", "security"]})
    few = draw(*tables, params(half_width=0.1, doubtful=0, plain_distractors=False), plain)
    assert there_and_wanted(few, 0.1) == (1, round(0.1 * of(few, "value").height))


def test_doubtful_actions_come_besides_those_least_recognised_first_and_in_no_accuracy():
    """Models read two actions of each scenario otherwise; the random sample is as it would be without them."""
    tables = world(range(10))
    actions = tables[1]
    misread = {one: 0 if n % 2 else 1 for n, one in enumerate(actions["action_id"].gather_every(10))}
    labels = {
        one: [
            value if reader <= 3 - 3 * (one in misread) + misread.get(one, 0) else other
            for reader in (1, 2, 3)
        ]
        for one, value in actions.select("action_id", "value").iter_rows()
        for other in [next(slug for slug in SLUGS if slug != value)]
    }
    readings = read_by(labels)
    rules = params(half_width=0.2, doubtful=0.3)
    plain = draw(*tables, rules)
    items = draw(*tables, rules, readings)
    doubtful = items.filter("doubtful")
    assert items.filter(~pl.col("doubtful")).equals(plain)
    count = of(plain, "value").height
    assert 0 < doubtful.height == round(0.3 * count) < len(misread)
    assert set(doubtful["action_id"]) <= misread.keys()
    assert doubtful["action_id"].is_in(of(plain, "value")["action_id"].implode()).not_().all()
    seen = [misread[one] for one in doubtful["action_id"]]
    spare = [misread[one] for one in misread if one not in set(of(plain, "value")["action_id"])]
    assert sorted(seen) == sorted(spare)[: len(seen)], "those that nobody recognised come first"

    wrong = dict(doubtful.select("item_id", "intended").iter_rows())
    judgements = [
        {"item_id": item, "rater": "r1", "round": "round-1", "task": "value", "status": "judged"}
        | {"value": SLUGS[0] if wrong.get(item, "") != SLUGS[0] else SLUGS[1]}
        if item in wrong
        else {
            "item_id": item,
            "rater": "r1",
            "round": "round-1",
            "task": "value",
            "status": "judged",
            "value": value,
        }
        for item, value in of(items, "value").select("item_id", "intended").iter_rows()
    ]
    empty = dict.fromkeys(("second_value", "position", "verdict", "comment", "seconds"))
    table = conform(Judgements, [row | empty for row in judgements], where="test")
    found = judged.join(items, table, tables[3], TEN, source="test")
    figures = measure(found, 1)
    assert figures.overall["accuracy"]["estimate"] == 1
    assert figures.overall["items_drawn"] == plain.height
    told = action_verdicts(actions, found, figures.consensus)
    assert set(told.filter(status="rejected")["action_id"]) == set(doubtful["action_id"])

"""Dealing actions into questions: what holds for every number of scenarios, and the exact balance of full cycles."""

from collections import Counter
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assemble.deal import CYCLE, assemble, deal_balanced, deal_paper
from pipeline.core.errors import InputError
from pipeline.values.schwartz import SLUGS

GENERATORS = ("writer-a", "writer-b")


def ids(count, group=0):
    return [f"s{group:02x}{i:08x}" for i in range(count)]


def cards(deals):
    return [
        (deal, position, card) for deal in deals for hand in deal.hands for position, card in enumerate(hand)
    ]


sizes = st.lists(st.integers(0, 20), min_size=1, max_size=5)
seeds = st.integers(0, 2**32)


@pytest.mark.parametrize("deal", [deal_balanced, deal_paper])
@given(sizes=sizes, seed=seeds)
@settings(max_examples=60, deadline=None)
def test_every_scenario_uses_each_action_once_and_no_question_repeats_a_value(deal, sizes, seed):
    groups = [ids(size, group) for group, size in enumerate(sizes)]
    deals = list(deal(groups, seed))
    assert sorted(d.scenario_id for d in deals) == sorted(s for group in groups for s in group)
    for d in deals:
        assert len(d.hands) == 5
        dealt = Counter((card.value, card.generator) for hand in d.hands for card in hand)
        assert dealt == Counter({(value, generator): 1 for value in SLUGS for generator in (0, 1)})
        for hand in d.hands:
            assert len({card.value for card in hand}) == 4
            assert sum(card.target for card in hand) == 1


@given(sizes=sizes, seed=seeds)
@settings(max_examples=60, deadline=None)
def test_balanced_questions_show_two_actions_of_each_generator_and_values_meet_once_a_scenario(sizes, seed):
    for d in deal_balanced([ids(size, group) for group, size in enumerate(sizes)], seed):
        assert all(sum(card.generator for card in hand) == 2 for hand in d.hands)
        met = Counter(pair for hand in d.hands for pair in combinations(sorted(c.value for c in hand), 2))
        assert max(met.values()) == 1
        targets = [card.value for hand in d.hands for card in hand if card.target]
        assert len(set(targets)) == 5


@given(cycles=st.integers(1, 6), seed=seeds)
@settings(max_examples=40, deadline=None)
def test_full_cycles_are_exactly_balanced(cycles, seed):
    deals = list(deal_balanced([ids(CYCLE * cycles)], seed))
    met = Counter(
        pair for d in deals for h in d.hands for pair in combinations(sorted(c.value for c in h), 2)
    )
    assert set(met.values()) == {4 * cycles}
    assert len(met) == 45
    shown = Counter((card.value, position) for _, position, card in cards(deals))
    assert set(shown.values()) == {3 * cycles}
    assert len(shown) == 40
    by_generator = Counter((card.generator, position) for _, position, card in cards(deals))
    assert set(by_generator.values()) == {15 * cycles}
    targets = [(position, card) for _, position, card in cards(deals) if card.target]
    assert set(Counter(card.value for _, card in targets).values()) == {3 * cycles}
    assert Counter(card.generator for _, card in targets) == {0: 15 * cycles, 1: 15 * cycles}
    positions = Counter(position for position, _ in targets)
    assert max(positions.values()) - min(positions.values()) <= 1
    if cycles % 2 == 0:
        assert len(set(positions.values())) == 1


@given(count=st.integers(1, 80), seed=seeds)
@settings(max_examples=40, deadline=None)
def test_paper_targets_are_nearly_balanced(count, seed):
    deals = list(deal_paper([ids(count)], seed))
    values = Counter(dict.fromkeys(SLUGS, 0))
    values.update(card.value for _, _, card in cards(deals) if card.target)
    assert max(values.values()) - min(values.values()) <= 3
    positions = Counter(dict.fromkeys(range(4), 0))
    positions.update(position for _, position, card in cards(deals) if card.target)
    assert max(positions.values()) - min(positions.values()) <= max(4, count // 4)


def test_full_size_design_meets_every_pair_2000_times_also_within_each_category():
    groups = [ids(600, group) for group in range(5)]
    deals = list(deal_balanced(groups, 1))
    for subset, times in [(deals, 2000), (deals[:600], 400), (deals[2400:], 400)]:
        met = Counter(
            pair for d in subset for h in d.hands for pair in combinations(sorted(c.value for c in h), 2)
        )
        assert set(met.values()) == {times}


def test_seed_changes_the_deal_and_the_same_seed_repeats_it():
    groups = [ids(12)]
    for deal in (deal_balanced, deal_paper):
        assert list(deal(groups, 1)) == list(deal(groups, 1))
        assert list(deal(groups, 1)) != list(deal(groups, 2))


def test_a_new_scenario_leaves_the_deals_of_the_full_cycles_alone():
    before = list(deal_balanced([ids(12)], 5))
    after = list(deal_balanced([ids(13)], 5))
    assert after[:12] == before


def tables(count):
    scenario_ids = ids(count)
    scenarios = pl.DataFrame({"scenario_id": scenario_ids, "category": "Ethics", "rank": range(1, count + 1)})
    actions = pl.DataFrame(
        [
            {"action_id": f"{s}.{v}.{g}", "scenario_id": s, "value": v, "generator": g}
            for s in scenario_ids
            for v in SLUGS
            for g in GENERATORS
        ]
    )
    return scenarios, actions


@pytest.mark.parametrize("mode", ["paper", "balanced"])
def test_assemble_joins_actions_by_key(mode):
    scenarios, actions = tables(7)
    questions, options = assemble(
        scenarios.sample(fraction=1, shuffle=True, seed=1),
        actions.sample(fraction=1, shuffle=True, seed=2),
        mode=mode,
        seed=3,
        generators=GENERATORS,
    )
    assert questions.height == 35
    assert options.height == 140
    assert set(options["action_id"]) == set(actions["action_id"])
    joined = options.join(actions, on="action_id", validate="1:1")
    assert (joined["value"] == joined["value_right"]).all()
    assert (joined["generator"] == joined["generator_right"]).all()
    assert (joined["question_id"].str.split(".").list.first() == joined["scenario_id"]).all()
    target = options.filter("is_target").join(questions, on="question_id", validate="1:1")
    assert target.height == 35
    assert (target["value"] == target["target_value"]).all()
    assert (target["position"] == target["target_position"]).all()


def test_a_missing_action_is_an_error_that_names_it():
    scenarios, actions = tables(2)
    with pytest.raises(InputError, match="has no action for self_direction by writer-a"):
        assemble(scenarios, actions[1:], mode="balanced", seed=1, generators=GENERATORS)
    with pytest.raises(InputError, match="is not in the scenarios"):
        assemble(scenarios[:1], actions, mode="balanced", seed=1, generators=GENERATORS)

"""Dealing actions into questions: what holds for every number of scenarios, and the exact balance of full cycles."""

from collections import Counter
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.values import DESIGN, SLUGS

from pipeline.assemble.deal import assemble, deal_balanced, deal_paper, in_places
from pipeline.core.errors import InputError

CYCLE = 6
GENERATORS = ("writer-a", "writer-b")


def ids(count, group=0):
    return [f"s{group:02x}{i:08x}" for i in range(count)]


def meetings(deals):
    return [
        (deal, pair)
        for deal in deals
        for hand in deal.hands
        for pair in combinations(sorted(card.value for card in hand), 2)
    ]


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
    deals = list(deal(groups, seed, DESIGN, SLUGS))
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
    for d in deal_balanced([ids(size, group) for group, size in enumerate(sizes)], seed, DESIGN, SLUGS):
        assert all(sum(card.generator for card in hand) == 2 for hand in d.hands)
        met = Counter(pair for hand in d.hands for pair in combinations(sorted(c.value for c in hand), 2))
        assert max(met.values()) == 1
        targets = [card.value for hand in d.hands for card in hand if card.target]
        assert len(set(targets)) == 5


@given(cycles=st.integers(1, 6), seed=seeds)
@settings(max_examples=40, deadline=None)
def test_full_cycles_are_exactly_balanced(cycles, seed):
    deals = list(deal_balanced([ids(CYCLE * cycles)], seed, DESIGN, SLUGS))
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
    met = Counter((d.scenario_id, pair) for d, pair in meetings(deals))
    assert set(met.values()) == {1}, "no two values meet twice in a scenario"
    if cycles % 2 == 0:
        assert len(set(positions.values())) == 1


@given(count=st.integers(1, 80), seed=seeds)
@settings(max_examples=40, deadline=None)
def test_paper_targets_are_spread_within_each_scenario(count, seed):
    for deal in deal_paper([ids(count)], seed, DESIGN, SLUGS):
        targets = [(p, card.value) for hand in deal.hands for p, card in enumerate(hand) if card.target]
        assert len({value for _, value in targets}) >= 4
        assert max(Counter(position for position, _ in targets).values()) <= 3


def test_full_size_design_is_exactly_balanced_also_within_each_category():
    groups = [ids(600, group) for group in range(5)]
    deals = list(deal_balanced(groups, 1, DESIGN, SLUGS))
    for subset, n in [(deals, 3000), (deals[:600], 600), (deals[2400:], 600)]:
        assert Counter(Counter(pair for _, pair in meetings(subset)).values()) == {n * 2 // 3: 45}
        shown = cards(subset)
        targets = [(position, card) for _, position, card in shown if card.target]
        for counted, times in [
            (Counter((card.value, position) for _, position, card in shown), n // 2),
            (Counter((card.generator, position) for _, position, card in shown), n * 5 // 2),
            (Counter(card.value for _, card in targets), n // 2),
            (Counter(position for position, _ in targets), n * 5 // 4),
            (Counter(card.generator for _, card in targets), n * 5 // 2),
        ]:
            assert set(counted.values()) == {times}


def test_seed_changes_the_deal_and_the_same_seed_repeats_it():
    groups = [ids(12)]
    for deal in (deal_balanced, deal_paper):
        assert list(deal(groups, 1, DESIGN, SLUGS)) == list(deal(groups, 1, DESIGN, SLUGS))
        assert list(deal(groups, 1, DESIGN, SLUGS)) != list(deal(groups, 2, DESIGN, SLUGS))


def dealt(groups, seed, deal=deal_balanced):
    return {d.scenario_id: d.hands for d in deal(groups, seed, DESIGN, SLUGS)}


def cycles_of(group):
    return [tuple(group[i : i + CYCLE]) for i in range(0, len(group), CYCLE)]


@st.composite
def changed_categories(draw):
    """Categories, and what became of them: some grew or shrank at their end, went, came, or stand in another order."""
    sizes = draw(st.lists(st.integers(0, 20), min_size=1, max_size=5))
    before = [ids(size, group) for group, size in enumerate(sizes)]
    after = [ids(draw(st.integers(0, 26)), group) for group in range(draw(st.integers(0, 6)))]
    return before, draw(st.permutations(after))


@pytest.mark.parametrize("deal", [deal_balanced, deal_paper])
@given(change=changed_categories(), seed=seeds)
@settings(max_examples=60, deadline=None)
def test_categories_that_grow_shrink_come_go_and_change_places_move_no_scenario(deal, change, seed):
    before, after = (dealt(groups, seed, deal) for groups in change)
    for scenario in before.keys() & after.keys():
        assert before[scenario] == after[scenario]


@given(
    size=st.integers(1, 40),
    replaced=st.sets(st.integers(0, 39), max_size=3),
    inserted=st.lists(st.integers(0, 39), max_size=2),
    seed=seeds,
)
@settings(max_examples=80, deadline=None)
def test_only_scenarios_of_cycles_that_changed_are_dealt_anew(size, replaced, inserted, seed):
    """Scenarios are replaced and put in anywhere; whoever stands in the same cycle as before is dealt as before."""
    group, other = ids(size), ids(13, group=7)
    changed = [f"s{9:02x}{i:08x}" if i in replaced else scenario for i, scenario in enumerate(group)]
    for n, place in enumerate(inserted):
        changed.insert(min(place, len(changed)), f"s{8:02x}{n:08x}")
    before, after = dealt([group, other], seed), dealt([changed, other], seed)
    same = set(cycles_of(group)) & set(cycles_of(changed))
    kept = [scenario for n, cycle in enumerate(cycles_of(group)) if cycle in same for scenario in cycle]
    for scenario in [*(s for s in kept if group.index(s) == changed.index(s)), *other]:
        assert before[scenario] == after[scenario]


@given(size=st.integers(1, 40), place=st.integers(0, 39), seed=seeds)
@settings(max_examples=40, deadline=None)
def test_a_scenario_that_is_replaced_moves_its_own_cycle_at_most(size, place, seed):
    group = ids(size)
    place %= size
    before, after = dealt([group], seed), dealt([[*group[:place], "sffffffffff", *group[place + 1 :]]], seed)
    mine = set(group[place // CYCLE * CYCLE :][:CYCLE]) if place % CYCLE == 0 else {group[place]}
    assert {s for s in before if before[s] != after.get(s)} <= mine


@given(quota=st.integers(1, 30), reserve=st.integers(0, 6), failed=st.sets(st.integers(1, 30), max_size=6))
def test_who_fails_gives_its_place_to_a_stand_in_and_moves_nobody_else(quota, reserve, failed):
    failed &= set(range(1, quota + 1))
    usable = sorted(set(range(1, quota + reserve + 1)) - failed)[:quota]
    places = in_places(pl.DataFrame({"rank": usable, "scenario_id": usable}).sample(fraction=1, shuffle=True))
    assert sorted(places) == usable
    moved = [(place, rank) for place, rank in enumerate(places, start=1) if place != rank]
    assert [place for place, _ in moved] == sorted(failed & set(range(1, len(usable) + 1)))
    assert all(rank > len(usable) for _, rank in moved)


def tables(count):
    scenario_ids = ids(count)
    scenarios = pl.DataFrame(
        {
            "scenario_id": scenario_ids,
            "category": "Ethics",
            "rank": range(1, count + 1),
            "text_sha256": "0" * 64,
        }
    )
    actions = pl.DataFrame(
        [
            {"action_id": f"{s}.{v}.{g}", "scenario_id": s, "value": v, "stance": "expresses", "generator": g}
            | {"text": f"Does {v} as {g} says"}
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
        design=DESIGN,
        values=SLUGS,
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
        assemble(
            scenarios,
            actions[1:],
            mode="balanced",
            seed=1,
            generators=GENERATORS,
            design=DESIGN,
            values=SLUGS,
        )
    with pytest.raises(InputError, match="is not in the scenarios"):
        assemble(
            scenarios[:1],
            actions,
            mode="balanced",
            seed=1,
            generators=GENERATORS,
            design=DESIGN,
            values=SLUGS,
        )

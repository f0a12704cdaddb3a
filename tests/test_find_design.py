"""Designs: the shipped one is as even as it says, others are found, and what cannot be even is said to be so."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.core.errors import InputError, ParamsError
from pipeline.designs import Design, dumps, load, loads
from pipeline.designs import design as designs
from pipeline.find_design.__main__ import main
from pipeline.find_design.numbers import Numbers, inexact, shares, shortest_cycle
from pipeline.find_design.report import spreads, text
from pipeline.find_design.search import find

TEN = Numbers(10, 4, 2, 5, 6)


def counted(design: Design, key) -> Counter:
    return Counter(
        found
        for s, row in enumerate(design.rows)
        for q, question in enumerate(row)
        for p, option in enumerate(question)
        for found in [key(s, q, p, option)]
        if found is not None
    )


def is_sound(design: Design, n: Numbers) -> None:
    """What every design keeps to, whatever its balance: counted here, not by the program's own report."""
    assert (design.values, design.generators, design.scenarios) == (n.values, n.generators, n.scenarios)
    assert (design.questions, design.options) == (n.questions, n.options)
    actions = counted(design, lambda s, q, p, o: (s, o.slot, o.generator, o.stance))
    assert set(actions.values()) == {1}, "an action is shown once at most"
    assert set(counted(design, lambda s, q, p, o: (s, q) if o.target else None).values()) == {1}
    assert all(o.stance == "expresses" for row in design.rows for q in row for o in q if o.target)
    slots = {len({o.slot for o in question}) for row in design.rows for question in row}
    assert slots == ({1} if n.pairs else {n.options})
    if n.pairs:
        assert all(len({o.generator for o in question}) == 1 for row in design.rows for question in row)


def test_the_shipped_design_is_exactly_balanced():
    design = load("ten_by_four")
    is_sound(design, TEN)
    met = Counter(
        (s, pair)
        for s, row in enumerate(design.rows)
        for question in row
        for pair in combinations(sorted(o.slot for o in question), 2)
    )
    assert set(met.values()) == {1}
    assert Counter(Counter(pair for _, pair in met).values()) == {4: 45}
    for key, times, places in [
        (lambda s, q, p, o: (o.slot, p), 3, 40),
        (lambda s, q, p, o: (s, o.slot, o.generator), 1, 120),
        (lambda s, q, p, o: (s, q, o.generator), 2, 60),
        (lambda s, q, p, o: (p, o.generator), 15, 8),
        (lambda s, q, p, o: o.slot if o.target else None, 3, 10),
        (lambda s, q, p, o: o.generator if o.target else None, 15, 2),
    ]:
        assert Counter(counted(design, key).values()) == {times: places}
    assert max(counted(design, lambda s, q, p, o: (s, o.slot, p)).values()) == 1
    assert max(counted(design, lambda s, q, p, o: (s, o.slot) if o.target else None).values()) == 1
    for key in (
        lambda s, q, p, o: (o.slot, o.generator) if o.target else None,
        lambda s, q, p, o: (o.slot, p) if o.target else None,
    ):
        assert set(counted(design, key).values()) <= {1, 2}
    assert design.targets == (8, 7, 8, 7)


def test_the_shipped_design_is_what_its_command_prints():
    file = designs.FOLDER / "ten_by_four.yaml"
    command = file.read_text().splitlines()[0].removeprefix("# python -m pipeline.find_design ")
    done = CliRunner().invoke(main, command.split())
    assert done.exit_code == 0
    assert done.stdout == file.read_text()


@pytest.mark.parametrize(
    "n",
    [
        Numbers(10, 3, 3, 10, 3),
        Numbers(19, 2, 2, 19, 9),
        Numbers(10, 2, 1, 10, 9, stances=2),
        Numbers(56, 2, 1, 56, 2, stances=2, pairs=True),
    ],
    ids=str,
)
def test_exact_designs_are_found_for_other_numbers(n):
    found = find(n, seconds=10)
    is_sound(found.design, n)
    worst = {spread.what: (spread.least, spread.most) for spread in spreads(found.design) if not spread.best}
    assert not worst
    assert "two values meet" not in {line.split(":")[0].removeprefix("how often ") for line in inexact(n)}


def test_what_cannot_be_equal_is_said_and_the_next_best_is_given():
    n = Numbers(10, 4, 2, 5, 1)
    assert "how often two values meet: 30 over 45 is 0 to 1" in inexact(n)
    found = find(n, seconds=10)
    is_sound(found.design, n)
    met = next(spread for spread in spreads(found.design) if spread.what == "two values meet")
    assert (met.least, met.most) == (0, 1)
    assert "two values meet: 0 to 1 times (no whole number is equal)" in text(found.design)


def test_what_was_not_found_is_said_not_to_be_proved():
    """Three scenarios would divide, but no such design exists; the search cannot know."""
    n = Numbers(10, 4, 2, 5, 3)
    assert not any("two values meet" in line for line in inexact(n))
    found = find(n, seconds=4)
    is_sound(found.design, n)
    assert "meetings" in found.unproved
    assert "two values meet: 1 to 3 times (not as even as could be)" in text(found.design, found.unproved)


def test_the_shortest_cycle_is_the_least_that_divides():
    assert shortest_cycle(TEN) == 6
    assert shortest_cycle(Numbers(10, 3, 3, 10, 1)) == 3
    assert shortest_cycle(Numbers(10, 2, 1, 10, 1, stances=2)) == 9
    assert shortest_cycle(Numbers(56, 2, 1, 56, 1, stances=2, pairs=True)) == 1


@st.composite
def possible_numbers(draw):
    values = draw(st.integers(2, 8))
    options = draw(st.integers(2, min(values, 5)))
    stances, generators = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    most = values * generators * stances // options
    assume(most >= 1)
    # No question can be made of fewer values than it has options: each has that many actions at most.
    questions = draw(st.integers(1, min(most, 8)))
    scenarios = draw(st.integers(1, 4))
    return Numbers(values, options, generators, questions, scenarios, stances=stances)


@given(n=possible_numbers(), seed=st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_whatever_numbers_are_possible_give_a_sound_design_that_reads_back(n, seed):
    found = find(n, seed=seed, seconds=1)
    is_sound(found.design, n)
    assert loads(dumps(found.design, "head\nmore"), "test") == found.design
    for spread in spreads(found.design):
        assert spread.least * spread.places <= spread.total <= spread.most * spread.places
    shown = counted(found.design, lambda s, q, p, o: o.slot)
    if "meetings" not in found.unproved:
        low, high = shares(n.scenarios * n.questions * n.options, n.values)
        assert all(low <= shown[value] <= high for value in range(n.values))


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ({"options": 8}, "2 to 7 options"),
        ({"options": 1}, "2 to 7 options"),
        ({"questions": 6}, "6 questions of 4 options need 24 actions a scenario; there are 20"),
        ({"values": 3}, "4 options of different values needs as many values"),
        ({"stances": 3}, "1 or 2 stances"),
        ({"pairs": True}, "as many options as stances"),
    ],
)
def test_numbers_that_no_design_can_have_are_an_error(numbers, problem):
    with pytest.raises(InputError, match=problem):
        Numbers(**{"values": 10, "options": 4, "generators": 2, "questions": 5, "scenarios": 6} | numbers)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("0a 1b* | 1a 0b", "not every question has one target"),
        ("0a 1b* | 1a 0b* 2a", "not 2 questions of 2 options"),
        ("0a 1b* | 1a 2b*", "beyond the numbers"),
        ("0a 1b* | 0a* 1a", "stands there twice"),
        ("0a 1b* | 1a zero", "'zero' is no option such as 4b"),
    ],
)
def test_a_design_that_is_none_is_an_error_that_names_the_scenario(row, problem):
    good = "0a 1b* | 1a 0b*"
    file = f'values: 2\ngenerators: 2\nscenarios:\n  - "{good}"\n  - "{row}"\n'
    with pytest.raises(InputError, match=rf"mine\.yaml.*scenario 2: .*{problem}"):
        loads(file, "mine.yaml")


def test_a_design_that_is_not_there_or_does_not_fit_is_an_error():
    with pytest.raises(ParamsError, match=r"no design 'nineteen'; known are .*ten_by_four"):
        load("nineteen")
    with pytest.raises(ParamsError, match="the design is for 2 generators, there are 3"):
        designs.fits(load("ten_by_four"), [f"v{i}" for i in range(10)], ["a", "b", "c"])


def test_the_number_of_pairs_is_that_of_the_whole_table():
    met = next(spread for spread in spreads(load("ten_by_four")) if spread.what == "two values meet")
    assert met.total == 6 * 5 * math.comb(4, 2)

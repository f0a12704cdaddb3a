"""From numbers to a design: who meets whom, by which generator and stance, at which position, and who is the target.

Four steps, each as even as the one before allows: a search for the meetings, then an integer program each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from pipeline.designs import Design, Place
from pipeline.find_design.balancing import Balancing, grouped
from pipeline.find_design.meetings import find_meetings
from pipeline.find_design.numbers import Numbers
from pipeline.tables.columns import STANCES

Maker = tuple[int, str]  # generator and stance


@dataclass(frozen=True, slots=True)
class Option:
    """An option before it has a position: the value of ``slot`` in a question of a scenario."""

    scenario: int
    question: int
    slot: int


@dataclass(frozen=True, slots=True)
class Found:
    """A design, and the steps that were not proved to be as even as is possible."""

    design: Design
    unproved: tuple[str, ...]


def find(n: Numbers, seed: int = 1, seconds: float = 60) -> Found:
    """The design of these numbers that is most even, as far as the time reaches."""
    end = time.monotonic() + seconds
    unproved = []
    if n.pairs:
        options, makers = _pairs(n)
    else:
        cycle, cost = find_meetings(n, seed, seconds / 2)
        if cost:
            unproved.append("meetings")
        options = [
            Option(s, q, v) for s, row in enumerate(cycle) for q, slots in enumerate(row[:-1]) for v in slots
        ]
        makers, proved = _makers(n, options, time.monotonic() + (end - time.monotonic()) / 3)
        unproved += [] if proved else ["generators"]
    positions, proved = _positions(n, options, makers, (end + time.monotonic()) / 2)
    unproved += [] if proved else ["positions"]
    targets, proved = _targets(n, options, makers, positions, end)
    unproved += [] if proved else ["targets"]
    return Found(_design(n, options, makers, _spread(n, positions, targets), targets), tuple(unproved))


def _pairs(n: Numbers) -> tuple[list[Option], list[Maker]]:
    """Every question holds the two stances of one value by one generator; they take turns where not all fit in."""
    options, makers = [], []
    for scenario in range(n.scenarios):
        for question in range(n.questions):
            turn = (scenario * n.questions + question) % (n.values * n.generators)
            for stance in STANCES[: n.options]:
                options.append(Option(scenario, question, turn % n.values))
                makers.append((turn // n.values, stance))
    return options, makers


def _makers(n: Numbers, options: list[Option], end: float) -> tuple[list[Maker], bool]:
    """Generator and stance of each option: each action of a scenario once at most, all even in every question."""
    kinds = [(g, stance) for g in range(n.generators) for stance in STANCES[: n.stances]]
    choices = [(option, maker) for option in options for maker in kinds]
    program = Balancing(len(choices))

    def groups(key: Callable[[Option, Maker], Hashable]) -> list[list[int]]:
        return grouped([key(option, maker) for option, maker in choices])

    program.exactly(groups(lambda o, m: o))
    program.at_most_one(groups(lambda o, m: (o.scenario, o.slot, m)))
    if n.stances > 1:  # one that expresses its value has to be there as the target
        asked = groups(lambda o, m: (o.scenario, o.question))
        program.at_least_one([i for i in group if choices[i][1][1] == STANCES[0]] for group in asked)
    shown = len(options)
    # Nothing else about a question can be told from the outside: one generator a question would tell its author.
    program.even(groups(lambda o, m: (o.scenario, o.question, m)), shown, second=True)
    program.even(groups(lambda o, m: (o.scenario, o.question, m[1])), shown, weight=100)
    program.even(groups(lambda o, m: (o.scenario, o.question, m[0])), shown, weight=10)
    program.even(groups(lambda o, m: (o.slot, m)), shown)
    program.even(groups(lambda o, m: m), shown)
    taken, proved = program.solve(end - time.monotonic())
    return [maker for (_, maker), yes in zip(choices, taken, strict=True) if yes], proved


def _positions(n: Numbers, options: list[Option], makers: list[Maker], end: float) -> tuple[list[int], bool]:
    """Position of each option: values, generators and stances stand equally often at each."""
    choices = [(o, m, p) for o, m in zip(options, makers, strict=True) for p in range(n.options)]
    program = Balancing(len(choices))

    def groups(key: Callable[[Option, Maker, int], Hashable]) -> list[list[int]]:
        return grouped([key(*choice) for choice in choices])

    shown = len(options)
    program.exactly(groups(lambda o, m, p: (o, m)))
    program.exactly(groups(lambda o, m, p: (o.scenario, o.question, p)))
    program.even(groups(lambda o, m, p: (o.slot, p)), shown)
    program.even(groups(lambda o, m, p: (m, p)), shown)
    if n.pairs:
        program.even(groups(lambda o, m, p: (o.slot, m, p)), shown, second=True)
    else:
        program.even(groups(lambda o, m, p: (o.scenario, o.slot, p)), shown, second=True)
    taken, proved = program.solve(end - time.monotonic())
    return [p for (_, _, p), yes in zip(choices, taken, strict=True) if yes], proved


def _targets(
    n: Numbers, options: list[Option], makers: list[Maker], positions: list[int], end: float
) -> tuple[list[bool], bool]:
    """The target of each question, which expresses its value: equally often each value, generator and position."""
    program = Balancing(len(options))
    asked = n.scenarios * n.questions

    def groups(key: Callable[[Option, Maker, int], Hashable]) -> list[list[int]]:
        return grouped([key(*one) for one in zip(options, makers, positions, strict=True)])

    program.exactly(groups(lambda o, m, p: (o.scenario, o.question)))
    program.never([i for i, (_, stance) in enumerate(makers) if stance != STANCES[0]])
    expressing = [makers[group[0]][1] == STANCES[0] for group in groups(lambda o, m, p: m)]
    program.even(groups(lambda o, m, p: o.slot), asked)
    program.even([g for g, yes in zip(groups(lambda o, m, p: m), expressing, strict=True) if yes], asked)
    program.even(groups(lambda o, m, p: p), asked)
    program.even(groups(lambda o, m, p: (o.scenario, o.slot)), asked, weight=5, second=True)
    program.even(groups(lambda o, m, p: (o.slot, m)), asked, second=True)
    program.even(groups(lambda o, m, p: (o.slot, p)), asked, second=True)
    return program.solve(end - time.monotonic())


def _spread(n: Numbers, positions: list[int], targets: list[bool]) -> list[int]:
    """Renames positions so that those with one target more lie evenly apart.

    Cycles take turns in which positions have more (``assemble.deal``); so the turns even out soonest."""
    held = [sum(yes and p == q for p, yes in zip(positions, targets, strict=True)) for q in range(n.options)]
    by_count = sorted(range(n.options), key=lambda p: -held[p])
    more = sum(times > min(held) for times in held)
    heavy = {place * n.options // more for place in range(more)} if more else set()
    places = sorted(range(n.options), key=lambda p: p not in heavy)
    renamed = dict(zip(by_count, places, strict=True))
    return [renamed[p] for p in positions]


def _design(
    n: Numbers, options: list[Option], makers: list[Maker], positions: list[int], targets: list[bool]
) -> Design:
    table: dict[tuple[int, int], dict[int, Place]] = {}
    for option, (generator, stance), position, target in zip(
        options, makers, positions, targets, strict=True
    ):
        place = Place(option.slot, generator, stance, target)
        table.setdefault((option.scenario, option.question), {})[position] = place
    rows = tuple(
        tuple(
            tuple(place for _, place in sorted(table[s, q].items(), key=lambda at: at[0]))
            for q in range(n.questions)
        )
        for s in range(n.scenarios)
    )
    return Design(n.values, n.generators, rows)

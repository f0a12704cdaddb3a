"""The 20 actions of a scenario, dealt into five questions of four options.

Two ways to deal. Both use every action once and never show a value twice in one question.

``paper``
    A uniformly random deal under those constraints, seeded (arXiv 2601.07972 deals unseeded).

``balanced``
    Inside one scenario two values can meet at most once: take the ten values as the edges of K5 and the
    five questions as its vertices; two values meet where their edges share a vertex. Over a cycle of six
    scenarios (``DESIGN``) every pair of values meets exactly four times, and every value is shown exactly
    three times at each position and is exactly three times the target. 3,000 scenarios are 500 cycles.

Every question has one target option for selection and adoption mode, the same for every respondent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import polars as pl

from pipeline.core.errors import InputError
from pipeline.core.seeding import seeded_hash
from pipeline.tables import Options, Questions, conform
from pipeline.values.schwartz import SLUGS

Mode = Literal["paper", "balanced"]
T = TypeVar("T", bound=Hashable)

QUESTIONS = 5
POSITIONS = 4
CYCLE = 6

# One line a scenario of the cycle, one word a question, one option a position: value slot (0-9), generator
# (g or q), and * on the target. Found by integer programming; tests/test_questions.py holds what it keeps to:
# a scenario uses every slot once from each generator; a question has four slots, two from each generator;
# every pair of slots meets four times a cycle; every slot stands three times at each position (never twice at
# one within a scenario), each generator fifteen times; every slot is the target three times, from both
# generators, at three different positions; the targets' positions are used 8, 7, 8 and 7 times.
DESIGN = """
4q9g5q2g* 0g*5g6q7q 6g4g8q*1q 7g8g9q*3q 1g3g*2q0q
2q6g1q9g* 0q1g5g*4q 7q*2g0g8q 3q7g4g6q* 9q8g*3g5q
0q3q1g*2g 3g9q6q4g* 8q*0g7q9g 1q6g*5q7g 5g4q2q*8g
6q*7g2g3q 5q0q*8g6g 1q*3g9q5g 9g2q4q*0g 8q4g1g7q*
4q9q7g*1g 3g*0q4g8q 9g*5q0g6q 8g1q*6g2q 2g7q3q5g*
4g*6q0q3g 6g2q*8g9q 7q1q9g0g* 2g5q*7g4q 5g8q3q*1g
"""
# Exchanges the positions that DESIGN's targets use 8 times with those that they use 7 times.
FLIP = (1, 0, 3, 2)


@dataclass(frozen=True, slots=True)
class Card:
    """One option as dealt: which value, by which generator (0 or 1), and whether it is the target."""

    value: str
    generator: int
    target: bool = False


Hand = tuple[Card, ...]  # one question: four cards in the order shown


@dataclass(frozen=True, slots=True)
class Deal:
    """The five questions of one scenario; ``cycle`` and ``place`` locate it in a balanced design."""

    scenario_id: str
    hands: tuple[Hand, ...]
    cycle: int | None = None
    place: int | None = None


def assemble(
    scenarios: pl.DataFrame, actions: pl.DataFrame, *, mode: Mode, seed: int, generators: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Questions and Options tables for Scenarios, whose Actions must be complete.

    Raises InputError when a scenario lacks an action or an action has no scenario.
    """
    ids = _action_ids(scenarios, actions, generators)
    groups = [
        group.sort("rank")["scenario_id"].to_list()
        for _, group in sorted(scenarios.partition_by("category", as_dict=True).items())
    ]
    deals = deal_balanced(groups, seed) if mode == "balanced" else deal_paper(groups, seed)
    questions, options = [], []
    for deal in deals:
        for number, hand in enumerate(deal.hands, start=1):
            question_id = f"{deal.scenario_id}.q{number}"
            target = next(position for position, card in enumerate(hand, start=1) if card.target)
            questions.append(
                {
                    "question_id": question_id,
                    "scenario_id": deal.scenario_id,
                    "number": number,
                    "target_value": hand[target - 1].value,
                    "target_position": target,
                    "design": mode,
                    "cycle": deal.cycle,
                    "cycle_scenario": deal.place,
                }
            )
            options.extend(
                {
                    "question_id": question_id,
                    "position": position,
                    "action_id": ids[deal.scenario_id, card.value, card.generator],
                    "value": card.value,
                    "generator": generators[card.generator],
                    "is_target": card.target,
                }
                for position, card in enumerate(hand, start=1)
            )
    return conform(Questions, questions, where="questions"), conform(Options, options, where="options")


def deal_balanced(groups: Sequence[Sequence[str]], seed: int) -> Iterator[Deal]:
    """Deals scenario ids in cycles of six, each cycle within one group (category) as far as it goes.

    What is left over in the groups fills mixed cycles; the last of these may be short, and only it is not
    exactly balanced. Slots, rows and positions are permuted by seed; every second cycle exchanges the
    generators and the positions that targets use most, so that pairs of cycles balance those too.
    """
    cycles = [
        list(group[i : i + CYCLE]) for group in groups for i in range(0, len(group) // CYCLE * CYCLE, CYCLE)
    ]
    rest = [scenario for group in groups for scenario in group[len(group) // CYCLE * CYCLE :]]
    cycles += [rest[i : i + CYCLE] for i in range(0, len(rest), CYCLE)]
    design = _parse(DESIGN)
    for number, cycle in enumerate(cycles):
        odd = number % 2
        values = shuffled(SLUGS, seed, f"design values {number}")
        rows = shuffled(range(CYCLE), seed, f"design rows {number}")
        seats = shuffled(range(POSITIONS), seed, f"design positions {number // 2}")
        for place, scenario in enumerate(cycle):
            hands = []
            for question in shuffled(range(QUESTIONS), seed, f"design questions {scenario}"):
                hand: list[Card | None] = [None] * POSITIONS
                for position, (slot, generator, target) in enumerate(design[rows[place]][question]):
                    seat = seats[FLIP[position] if odd else position]
                    hand[seat] = Card(values[slot], generator ^ odd, target)
                hands.append(tuple(hand))
            yield Deal(scenario, tuple(hands), number, place)


def deal_paper(groups: Sequence[Sequence[str]], seed: int) -> Iterator[Deal]:
    """Deals every scenario at random; targets go to the value and position that had the fewest so far."""
    deck = [Card(value, generator) for value in SLUGS for generator in (0, 1)]
    taken: Counter[str | int] = Counter()
    for scenario in (scenario for group in groups for scenario in group):
        hands = []
        for number, hand in enumerate(_random_hands(deck, scenario, seed)):
            target = min(
                range(POSITIONS),
                key=lambda p: (
                    taken[hand[p].value],
                    taken[p],
                    seeded_hash(seed, f"target {number} {p}", scenario),
                ),
            )
            taken.update([hand[target].value, target])
            hands.append(tuple(Card(c.value, c.generator, p == target) for p, c in enumerate(hand)))
        yield Deal(scenario, tuple(hands))


def shuffled(items: Sequence[T] | range, seed: int, purpose: str) -> list[T]:
    """The items in an order that depends on seed and purpose only, on every Python version."""
    return sorted(items, key=lambda item: seeded_hash(seed, purpose, str(item)))


def _random_hands(deck: Sequence[Card], scenario: str, seed: int) -> list[Hand]:
    """Shuffles until no question shows a value twice (about one shuffle in six): uniform over valid deals."""
    attempt = 0
    while True:
        order = shuffled(range(len(deck)), seed, f"deal {scenario} {attempt}")
        hands = [
            tuple(deck[i] for i in order[start : start + POSITIONS])
            for start in range(0, len(deck), POSITIONS)
        ]
        if all(len({card.value for card in hand}) == POSITIONS for hand in hands):
            return hands
        attempt += 1


def _parse(design: str) -> list[list[list[tuple[int, int, bool]]]]:
    """DESIGN as rows of questions of (slot, generator, target), by position."""

    def options(word: str) -> list[tuple[int, int, bool]]:
        starts = [i for i, character in enumerate(word) if character.isdigit()]
        return [(int(word[i]), "gq".index(word[i + 1]), word[i + 2 : i + 3] == "*") for i in starts]

    return [[options(word) for word in line.split()] for line in design.strip().splitlines()]


def _action_ids(
    scenarios: pl.DataFrame, actions: pl.DataFrame, generators: Sequence[str]
) -> dict[tuple[str, str, int], str]:
    ids = {
        (scenario, value, generators.index(generator)): action_id
        for scenario, value, generator, action_id in actions.select(
            "scenario_id", "value", "generator", "action_id"
        ).iter_rows()
    }
    wanted = {(s, v, g) for s in scenarios["scenario_id"] for v in SLUGS for g in range(len(generators))}
    for problem, keys in (
        ("has no action for", wanted - ids.keys()),
        ("is not in the scenarios but has", ids.keys() - wanted),
    ):
        if keys:
            scenario, value, generator = min(keys)
            raise InputError(
                f"scenario {scenario} {problem} {value} by {generators[generator]} ({len(keys)} such actions)",
                where="actions",
                remedy="run `dvc repro` so that generate and assemble see the same scenarios",
            )
    return ids

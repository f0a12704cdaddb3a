"""The actions of a scenario, dealt into questions.

Two ways to deal. Both use an action once at most, and never show a value twice in one question of different values.

``balanced``
    After a design (``assemble.design``), a table for a cycle of scenarios in terms of slots. A category's scenarios
    stand in places (``in_places``); each run of places as long as the design is a cycle, and what is left over at a
    category's end is a cycle that is not whole. Slots become values, and rows and positions are permuted, by the
    seed and the id of the cycle's first scenario; questions by the scenario's own id. So what is dealt to a
    scenario depends on its place, its own id and the cycle's first, and on no category's name, order or size: where
    a scenario is replaced, its cycle alone can change, and a category that grows at its end changes none.

    With the design of ten values in five questions of four, every two values meet exactly four times in a whole
    cycle, every value stands three times at each position and is three times the target. The 30 targets do not
    divide by four positions; which positions have one more turns from cycle to cycle of a category, and so does the
    order of the generators: two cycles are even, and 600 scenarios a category, 3,000 in all, are exactly. A cycle
    that is not whole keeps what holds within a scenario: no two values meet twice, and every question has two
    actions of each generator; over the cycle two values meet at most four times. So it sets each category's counts
    off by less than one cycle.

``paper``
    A uniformly random deal, seeded by the scenario's id (arXiv 2601.07972 deals unseeded). Targets are spread over
    the values and positions of a scenario, and over scenarios by chance.

Every question has one target option for selection and adoption mode, the same for every respondent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import polars as pl

from pipeline.core.errors import InputError
from pipeline.core.seeding import seeded_hash
from pipeline.designs import Design, fits
from pipeline.tables import Options, Questions, conform
from pipeline.tables.columns import STANCES
from pipeline.tables.content import question_hashes, text_hashes

Mode = Literal["paper", "balanced"]
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Card:
    """One option as dealt: which value and stance, by which generator (from 0), and whether it is the target."""

    value: str
    generator: int
    stance: str = STANCES[0]
    target: bool = False


Hand = tuple[Card, ...]  # one question: its cards in the order shown


@dataclass(frozen=True, slots=True)
class Deal:
    """The questions of one scenario; ``cycle`` (of its category) and ``place`` locate it in a balanced design."""

    scenario_id: str
    hands: tuple[Hand, ...]
    cycle: int | None = None
    place: int | None = None


def assemble(
    scenarios: pl.DataFrame,
    actions: pl.DataFrame,
    *,
    mode: Mode,
    seed: int,
    generators: Sequence[str],
    design: Design,
    values: Sequence[str],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Questions and Options tables for Scenarios, whose Actions must be complete.

    Raises InputError when a scenario lacks an action or an action has no scenario, ParamsError when the design is
    for other numbers of values or generators.
    """
    fits(design, values, generators)
    ids = _action_ids(scenarios, actions, generators, values, design.stances)
    groups = [
        in_places(group) for _, group in sorted(scenarios.partition_by("category", as_dict=True).items())
    ]
    deal = deal_balanced if mode == "balanced" else deal_paper
    questions: list[dict[str, Any]] = []
    options: list[dict[str, Any]] = []
    for dealt in deal(groups, seed, design, values):
        for number, hand in enumerate(dealt.hands, start=1):
            question_id = f"{dealt.scenario_id}.q{number}"
            target = next(position for position, card in enumerate(hand, start=1) if card.target)
            questions.append(
                {
                    "question_id": question_id,
                    "scenario_id": dealt.scenario_id,
                    "number": number,
                    "target_value": hand[target - 1].value,
                    "target_position": target,
                    "design": mode,
                    "cycle": dealt.cycle,
                    "cycle_scenario": dealt.place,
                }
            )
            options.extend(
                {
                    "question_id": question_id,
                    "position": position,
                    "action_id": ids[dealt.scenario_id, card.value, card.generator, card.stance],
                    "value": card.value,
                    "stance": card.stance,
                    "generator": generators[card.generator],
                    "is_target": card.target,
                }
                for position, card in enumerate(hand, start=1)
            )
    table = conform(Options, options, where="options")
    hashes = question_hashes(_with_texts(table, scenarios, actions))
    asked = pl.DataFrame(questions, infer_schema_length=None).join(
        hashes, on="question_id", how="left", validate="1:1"
    )
    return conform(Questions, asked, where="questions"), table


def _with_texts(options: pl.DataFrame, scenarios: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Options with the hashes of their actions' and scenarios' texts."""
    texts = actions.select("action_id", "scenario_id", text_sha256=text_hashes(pl.col("text")))
    shown = scenarios.select("scenario_id", scenario_sha256="text_sha256")
    return options.join(texts, on="action_id", how="left", validate="m:1").join(
        shown, on="scenario_id", how="left", validate="m:1"
    )


def in_places(scenarios: pl.DataFrame) -> list[str]:
    """Ids of a category's scenarios in their places, which the ranks give them.

    Of n scenarios those with a rank up to n stand there. The ranks between that are not among them (their generation
    failed) are taken, in order, by those that stood by behind. So a scenario that fails moves its stand-in only, not
    all that come after it.
    """
    ranked = dict(scenarios.select("rank", "scenario_id").iter_rows())
    stand_ins = iter([ranked[rank] for rank in sorted(ranked) if rank > len(ranked)])
    return [ranked[rank] if rank in ranked else next(stand_ins) for rank in range(1, len(ranked) + 1)]


def deal_balanced(
    groups: Sequence[Sequence[str]],
    seed: int,
    design: Design,
    values: Sequence[str],
) -> Iterator[Deal]:
    """Deals the scenario ids of each group (category) in cycles; see the module."""
    for group in groups:
        for number, start in enumerate(range(0, len(group), design.scenarios)):
            yield from _cycle(group[start : start + design.scenarios], number, seed, design, values)


def _cycle(
    cycle: Sequence[str], number: int, seed: int, design: Design, values: Sequence[str]
) -> Iterator[Deal]:
    """Deals one cycle, the ``number``-th of its category (from 0)."""
    first = cycle[0]
    of_slot = shuffled(values, seed, f"design values {first}")
    rows = shuffled(range(design.scenarios), seed, f"design rows {first}")
    seats = _seats(design, number, seed, first)
    for place, scenario in enumerate(cycle):
        hands = []
        for question in shuffled(range(design.questions), seed, f"design questions {scenario}"):
            hand: dict[int, Card] = {}
            for position, option in enumerate(design.rows[rows[place]][question]):
                generator = (option.generator + number) % design.generators
                hand[seats[position]] = Card(of_slot[option.slot], generator, option.stance, option.target)
            hands.append(tuple(card for _, card in sorted(hand.items())))
        yield Deal(scenario, tuple(hands), number, place)


def _seats(design: Design, number: int, seed: int, first: str) -> Mapping[int, int]:
    """Where the design's positions stand in a cycle: shuffled among those with as many targets.

    From cycle to cycle the counts of targets turn by one position, so that they even out.
    """
    held = design.targets
    wanted = [held[(position - number) % design.options] for position in range(design.options)]
    seats: dict[int, int] = {}
    for times in sorted(set(held)):
        there = [position for position, count in enumerate(wanted) if count == times]
        mine = [position for position, count in enumerate(held) if count == times]
        seats.update(zip(mine, shuffled(there, seed, f"design positions {first}"), strict=True))
    return seats


def deal_paper(
    groups: Sequence[Sequence[str]],
    seed: int,
    design: Design,
    values: Sequence[str],
) -> Iterator[Deal]:
    """Deals every scenario at random; of the design only its numbers are used."""
    deck = [Card(v, g, stance) for v in values for g in range(design.generators) for stance in design.stances]
    for scenario in (scenario for group in groups for scenario in group):
        taken: Counter[str | int] = Counter()
        hands = []
        for number, hand in enumerate(_random_hands(deck, scenario, seed, design)):
            target = min(
                (p for p, card in enumerate(hand) if card.stance == STANCES[0]),
                key=lambda p: (
                    taken[hand[p].value],
                    taken[p],
                    seeded_hash(seed, f"target {number} {p}", scenario),
                ),
            )
            taken.update([hand[target].value, target])
            hands.append(tuple(Card(c.value, c.generator, c.stance, p == target) for p, c in enumerate(hand)))
        yield Deal(scenario, tuple(hands))


def shuffled(items: Iterable[T], seed: int, purpose: str) -> list[T]:
    """The items in an order that depends on seed and purpose only, on every Python version."""
    return sorted(items, key=lambda item: seeded_hash(seed, purpose, str(item)))


def _random_hands(deck: Sequence[Card], scenario: str, seed: int, design: Design) -> list[Hand]:
    """Shuffles until no question shows a value twice, and each has a value to ask for: uniform over such deals.

    (About one shuffle in six, for ten values and questions of four.)
    """
    attempt = 0
    while True:
        order = shuffled(range(len(deck)), seed, f"deal {scenario} {attempt}")
        hands = [
            tuple(deck[i] for i in order[start : start + design.options])
            for start in range(0, design.questions * design.options, design.options)
        ]
        if all(
            len({card.value for card in hand}) == design.options
            and any(card.stance == STANCES[0] for card in hand)
            for hand in hands
        ):
            return hands
        attempt += 1


def _action_ids(
    scenarios: pl.DataFrame,
    actions: pl.DataFrame,
    generators: Sequence[str],
    values: Sequence[str],
    stances: Sequence[str],
) -> dict[tuple[str, str, int, str], str]:
    ids = {
        (scenario, value, generators.index(generator), stance): action_id
        for scenario, value, generator, stance, action_id in actions.select(
            "scenario_id", "value", "generator", "stance", "action_id"
        ).iter_rows()
    }
    wanted = {
        (scenario, value, generator, stance)
        for scenario in scenarios["scenario_id"]
        for value in values
        for generator in range(len(generators))
        for stance in stances
    }
    for problem, keys in (
        ("has no action for", wanted - ids.keys()),
        ("is not in the scenarios but has", ids.keys() - wanted),
    ):
        if keys:
            scenario, value, generator, stance = min(keys)
            against = "" if stance == STANCES[0] else f" that {stance} it"
            raise InputError(
                f"scenario {scenario} {problem} {value} by {generators[generator]}{against} "
                f"({len(keys)} such actions)",
                where="actions",
                remedy="run `dvc repro` so that generate and assemble see the same scenarios",
            )
    return ids

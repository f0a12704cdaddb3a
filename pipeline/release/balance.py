"""Whether the questions are dealt as their design says, and by how much take-downs have set the balance off.

In mode balanced (``pipeline.assemble.deal``) a whole cycle of scenarios has every pair of values, value at a position
and target as often as the design, which value ever stands for a slot. A scenario that was taken back leaves its place
empty, because filling it would deal the questions of others anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import polars as pl

from pipeline.release.dealt import Dealt
from pipeline.release.markdown import between, in_words, times

CYCLES = ["category", "cycle"]


def empty_places(questions: pl.DataFrame, dealt: Dealt) -> int:
    """Places in the cycles that no scenario holds, but for those at the end of a category's last cycle."""
    held = _places(questions)
    place = pl.col("cycle").cast(pl.Int64) * dealt.design.scenarios + pl.col("cycle_scenario") + 1
    return int(held.group_by("category").agg(place.max())["cycle"].sum()) - held.height


def problems(questions: pl.DataFrame, options: pl.DataFrame, dealt: Dealt) -> Iterator[str]:
    """What breaks the balanced design in its whole cycles, where the questions are of it."""
    designs = questions["design"].unique().to_list()
    if len(designs) > 1:
        yield f"the questions are of different designs: {', '.join(sorted(designs))}"
        return
    if designs != ["balanced"]:
        if questions.select(pl.col("cycle", "cycle_scenario").is_not_null().any()).row(0) != (False, False):
            yield "questions of design paper have places in cycles"
        return
    if questions.select(pl.col("cycle", "cycle_scenario").is_null().any()).row(0) != (False, False):
        yield "questions of the balanced design lack their places in the cycles"
        return
    held = _places(questions)
    if not held.is_unique().all() or held.height != questions["scenario_id"].n_unique():
        yield "two scenarios hold one place of a cycle, or one scenario two"
        return
    of_cycle = options.join(questions.select("question_id", *CYCLES), on="question_id", validate="m:1")
    most = options.group_by("scenario_id", "value", "position").len()["len"].max()
    if isinstance(most, int) and most > dealt.at_one_position:
        yield f"a value stands {times([most])} at one position of a scenario"
    size, values, positions = dealt.design.scenarios, dealt.values, range(1, dealt.design.options + 1)
    whole = held.group_by(CYCLES).len().filter(pl.col("len") == size).select(CYCLES).sort(CYCLES)
    for category, cycle in whole.iter_rows():
        mine = of_cycle.filter(pl.col("category") == category, pl.col("cycle") == cycle)
        aimed = Counter(mine.filter("is_target")["value"])
        stands = Counter(mine.select("value", "position").iter_rows())
        for found, wanted, what in (
            (_meetings(mine, values), dealt.meetings, "two values meet {}"),
            (
                [stands[v, p] for v in values for p in positions],
                dealt.at_positions,
                "value stands {} at each position",
            ),
            ([aimed[v] for v in values], dealt.targets, "value is {} the target"),
        ):
            if sorted(found) != wanted:
                yield f"{category}, cycle {cycle}: not every {what.format(times(wanted))}"


def describe(mode: str, dealt: Dealt) -> str:
    """What the card says of the deal."""
    design = dealt.design
    of = "" if design.complete else f"{design.questions * design.options} of the "
    questions = f"{in_words(design.questions)} question{'s' if design.questions > 1 else ''}"
    cards = f"{of or 'The '}{design.actions} actions of a scenario are dealt"
    if mode == "paper":
        return (
            f"{cards} at random into {questions} of {in_words(design.options)}, so that no question shows a value "
            "twice (design `paper`)."
        )
    written = dealt.of_a_generator
    return (
        f"{cards} into {questions} of {in_words(design.options)} (design `balanced`). Over a cycle of "
        f"{in_words(design.scenarios)} scenarios of a category (`cycle`) every two values meet "
        f"{times(dealt.meetings)}, and every value stands {times(dealt.at_positions)} at each position and is "
        f"{times(dealt.targets)} the target. Every question has {between(written)} action"
        f"{'s' if max(written) > 1 else ''} of each generator. A category's last cycle may be incomplete, and is then "
        "not exactly balanced."
    )


def note(questions: pl.DataFrame, options: pl.DataFrame, dealt: Dealt) -> str:
    """What the card says of empty places; nothing where there is none."""
    missing = empty_places(questions, dealt)
    if not missing:
        return ""
    met, cycles = _meetings(options, dealt.values), _places(questions).select(CYCLES).n_unique()
    low, high = cycles * min(dealt.meetings), cycles * max(dealt.meetings)
    each = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return (
        f" {missing} scenario{'s were' if missing > 1 else ' was'} taken back after the questions were dealt. Their "
        f"places stay empty, so that no other question changed: two values meet {min(met):,} to {max(met):,} times, "
        f"in whole cycles it would be {each}."
    )


def _places(questions: pl.DataFrame) -> pl.DataFrame:
    return (
        questions.filter(pl.col("cycle").is_not_null())
        .select("scenario_id", *CYCLES, "cycle_scenario")
        .unique()
        .select(*CYCLES, "cycle_scenario")
    )


def _meetings(options: pl.DataFrame, slugs: Sequence[str]) -> list[int]:
    """How often each two values stand in one question."""
    met = dict.fromkeys(combinations(sorted(slugs), 2), 0)
    for (values,) in options.group_by("question_id").agg(pl.col("value").sort()).select("value").iter_rows():
        for pair in combinations(values, 2):
            if pair in met:
                met[pair] += 1
    return [*met.values()]

"""Whether the questions are dealt as their design says, and by how much take-downs have set the balance off.

In the balanced design (``pipeline.assemble.deal``) every two values meet four times in a cycle of six scenarios, and
every value stands three times at each position and is three times the target. A scenario that was taken back leaves
its place empty, because filling it would deal the questions of others anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import polars as pl

from pipeline.values.schwartz import SLUGS

CYCLE = 6
MEETINGS = 4
TIMES = 3


CYCLES = ["category", "cycle"]


def empty_places(questions: pl.DataFrame) -> int:
    """Places in the cycles that no scenario holds, but for those at the end of a category's last cycle."""
    held = _places(questions)
    place = pl.col("cycle").cast(pl.Int64) * CYCLE + pl.col("cycle_scenario") + 1
    return int(held.group_by("category").agg(place.max())["cycle"].sum()) - held.height


def problems(questions: pl.DataFrame, options: pl.DataFrame) -> Iterator[str]:
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
    if options.select("scenario_id", "value", "position").is_duplicated().any():
        yield "a value stands twice at one position of a scenario"
    whole = held.group_by(CYCLES).len().filter(pl.col("len") == CYCLE).select(CYCLES).sort(CYCLES)
    for category, cycle in whole.iter_rows():
        mine = of_cycle.filter(pl.col("category") == category, pl.col("cycle") == cycle)
        if set(_meetings(mine).values()) != {MEETINGS}:
            yield f"{category}, cycle {cycle}: not every two values meet {MEETINGS} times"
        if set(_counts(mine, "value", "position").values()) != {TIMES}:
            yield f"{category}, cycle {cycle}: not every value stands {TIMES} times at each position"
        if set(_counts(mine.filter("is_target"), "value").values()) != {TIMES}:
            yield f"{category}, cycle {cycle}: not every value is {TIMES} times the target"


def note(questions: pl.DataFrame, options: pl.DataFrame) -> str:
    """What the card says of empty places; nothing where there is none."""
    missing = empty_places(questions)
    if not missing:
        return ""
    met = _meetings(options).values()
    each = MEETINGS * _places(questions).select(CYCLES).n_unique()
    return (
        f" {missing} scenario{'s were' if missing > 1 else ' was'} taken back after the questions were dealt. Their "
        f"places stay empty, so that no other question changed: two values meet {min(met):,} to {max(met):,} times, "
        f"in whole cycles it would be {each:,}."
    )


def _places(questions: pl.DataFrame) -> pl.DataFrame:
    return (
        questions.filter(pl.col("cycle").is_not_null())
        .select("scenario_id", *CYCLES, "cycle_scenario")
        .unique()
        .select(*CYCLES, "cycle_scenario")
    )


def _meetings(options: pl.DataFrame) -> dict[tuple[str, ...], int]:
    """How often each two values stand in one question."""
    met: dict[tuple[str, ...], int] = dict.fromkeys(combinations(sorted(SLUGS), 2), 0)
    for (values,) in options.group_by("question_id").agg(pl.col("value").sort()).select("value").iter_rows():
        for pair in combinations(values, 2):
            if pair in met:
                met[pair] += 1
    return met


def _counts(options: pl.DataFrame, *by: str) -> dict[tuple[object, ...], int]:
    """Rows of each value (and position), those without any included."""
    counted = {row[:-1]: row[-1] for row in options.group_by(*by).len().iter_rows()}
    wanted = [(v,) for v in SLUGS] if by == ("value",) else [(v, p) for v in SLUGS for p in range(1, 5)]
    return {key: counted.get(key, 0) for key in wanted}

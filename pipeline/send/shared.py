"""A round that more people share than judge an item: who of them judges what, and how long that takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.params.validation import Sample
from pipeline.send.parts import Task, wanted
from pipeline.send.rounds import Drawn
from pipeline.send.sharing import deal
from pipeline.send.tasks import tasks
from pipeline.send.workload import workload


def parts(
    drawn: Drawn, whole: Sequence[Task], scenarios: pl.DataFrame, options: pl.DataFrame, params: Params
) -> dict[int, list[dict[str, Any]]]:
    """The tasks of each rater's part, by the rater's number from 1; none where nobody shares the round.

    ``whole`` are the tasks of the round, Scenarios and Options those of the assemble stage. InputError where a part
    takes longer than params allow.
    """
    found = {
        rater: tasks(
            drawn.items.filter(pl.col("item_id").is_in(mine)),
            scenarios,
            drawn.actions,
            options,
            params.values,
            params.seed,
            seat=rater,
        )
        for rater, mine in dealt(drawn.items, whole, params.validation.sample.people).items()
    }
    _check_hours(found, params.validation.sample)
    return found


def dealt(items: pl.DataFrame, whole: Sequence[Task], people: int | None) -> dict[int, list[str]]:
    """The item ids of each part. Items of a kind are spread evenly; attention checks and doubtful actions are kinds."""
    if people is None:
        return {}
    kinds = dict(
        items.select("item_id", pl.concat_str("task", "distractor", "doubtful", separator=" ")).iter_rows()
    )
    raters = deal((wanted(task, kinds[task["data"]["item_id"]]) for task in whole), people)
    return {one: [item for item, theirs in raters.items() if one in theirs] for one in range(1, people + 1)}


def _check_hours(found: Mapping[int, Sequence[Task]], rules: Sample) -> None:
    """InputError where a part takes longer than params allow."""
    hours = [workload(mine).hours for mine in found.values()]
    if rules.hours is not None and hours and max(hours) > rules.hours:
        raise InputError(
            f"the longest of {len(hours)} parts takes {max(hours):.1f} hours, and {rules.hours:g} are allowed",
            where="validation.sample.hours",
            remedy=f"{math.ceil(sum(hours) / rules.hours)} people or a few more can do it in that time "
            "(validation.sample.people); or draw fewer items (validation.sample.half_width)",
        )

"""How often raters see what was intended, by judgement and by item, and with what they confuse it.

By judgement: the share of all answers that name the intended value, which is what arXiv 2601.07972 reports; its
interval is bootstrapped over items and holds for these raters. Another one holds for raters in general. By item: the
share of items of which more than half of the answers do; items are independent, and the interval is Wilson's. An item
without a majority counts as not matching.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.statistics.crossed import share_of_raters
from pipeline.statistics.intervals import Figure, missing, proportion, wilson
from pipeline.tables import Confusion, JudgedAccuracy, RaterConfusion, conform
from pipeline.values import Inventory
from pipeline.verdict.judged import Judged

GROUPS = {
    "value": ("intended", "generator", "category"),
    "option": ("intended", "category"),
    "scenario": ("category",),
}


def accuracy(judged: Judged, seed: int) -> pl.DataFrame:
    """The table of accuracies: each task, over all and by value, generator and category; both units."""
    rows = [
        {
            "task": task,
            "grouping": grouping,
            "group": group,
            "unit": unit,
            "matching": matching,
            **figure.json(),
            **(_for_raters_in_general(answers) if unit == "judgement" else {}),
        }
        for task in judged.labels
        for grouping, group, answers in _groups(judged.of(task), task)
        for unit, matching, figure in both(answers, f"accuracy {task} {grouping} {group}", seed)
    ]
    empty = dict.fromkeys(("why", "rater_low", "rater_high"))
    return conform(JudgedAccuracy, [empty | row for row in rows], where="accuracy")


def both(answers: pl.DataFrame, purpose: str, seed: int) -> Iterator[tuple[str, int, Figure]]:
    """Unit, how many match, and the accuracy, by judgement and by item."""
    items = per_item(answers)
    matching = int(items["matching"].sum())
    yield "judgement", matching, proportion(items["matching"], items["answers"], purpose, seed)
    right = int((2 * items["matching"] > items["answers"]).sum())
    yield "item", right, wilson(right, items.height)


def in_general(answers: pl.DataFrame) -> Figure:
    """The accuracy by judgement with its interval for raters in general: these are a sample of them."""
    return share_of_raters(*(answers[name].to_numpy() for name in ("matches", "item_id", "rater")))


def _for_raters_in_general(answers: pl.DataFrame) -> dict[str, float | int | str | None]:
    found = in_general(answers).json()
    return {"rater_low": found["low"], "rater_high": found["high"]}


def per_item(answers: pl.DataFrame) -> pl.DataFrame:
    """item_id, answers, matching."""
    return answers.group_by("item_id").agg(answers=pl.len(), matching=pl.col("matches").sum()).sort("item_id")


def with_second_value(answers: pl.DataFrame, seed: int) -> Figure:
    """Share of answers to value items in which the intended value is the first or the second one named."""
    named = answers.group_by("item_id").agg(
        answers=pl.len(),
        named=(pl.col("matches") | (pl.col("second_value") == pl.col("expected")).fill_null(False)).sum(),
    )
    named = named.sort("item_id")
    return proportion(named["named"], named["answers"], "accuracy with second value", seed)


def confusion(judged: Judged) -> pl.DataFrame:
    """Answers by intended value and by value named, every pair of them, in the order of the inventory."""
    pairs = pl.DataFrame({"intended": judged.values.slugs}).join(
        pl.DataFrame({"answer": judged.labels["value"]}), how="cross"
    )
    return conform(Confusion, _counted(judged.of("value"), pairs, ["intended"]), where="confusion")


def rater_confusion(judged: Judged) -> pl.DataFrame:
    """The same for each rater, of the pairs that occur."""
    answers = judged.of("value")
    pairs = answers.select("rater", "intended", "answer").unique()
    return conform(
        RaterConfusion, _counted(answers, pairs, ["rater", "intended"]), where="confusions of each rater"
    )


def _counted(answers: pl.DataFrame, pairs: pl.DataFrame, of: list[str]) -> pl.DataFrame:
    """``pairs`` with the number of answers of each, and its share of those with the same ``of``."""
    keys = [*of, "answer"]
    found = pairs.join(
        answers.group_by(keys).agg(judgements=pl.len()), on=keys, how="left", validate="1:1"
    ).with_columns(pl.col("judgements").fill_null(0))
    total = pl.col("judgements").sum().over(of)
    return found.with_columns(share=pl.when(total > 0).then(pl.col("judgements") / total))


def neighbours_by_chance(values: Inventory) -> float | None:
    """Of the other values, the share that are neighbours on the circle: two of nine, for ten; None without a circle."""
    return min(2, len(values) - 1) / (len(values) - 1) if values.circle else None


def neighbour_errors(judged: Judged, seed: int) -> Figure:
    """Of the answers that name another value than the intended, the share that names a neighbour on the circle."""
    place, n = judged.values.index, len(judged.values)
    if not judged.values.circle:
        return missing("the values have no order around a circle")
    wrong = judged.of("value").filter(~pl.col("matches") & pl.col("answer").is_in(list(place)))
    if wrong.is_empty():
        return missing("no answer names another value")
    steps = np.array([place[a] - place[b] for a, b in wrong.select("intended", "answer").iter_rows()]) % n
    near = wrong.with_columns(near=pl.Series(np.isin(steps, (1, n - 1))))
    items = near.group_by("item_id").agg(wrong=pl.len(), near=pl.col("near").sum()).sort("item_id")
    return proportion(items["near"], items["wrong"], "neighbour errors", seed)


def _groups(answers: pl.DataFrame, task: str) -> Iterator[tuple[str, str, pl.DataFrame]]:
    yield "all", "all", answers
    for column in GROUPS[task]:
        for (group,), mine in sorted(answers.partition_by(column, as_dict=True).items()):
            yield {"intended": "value"}.get(column, column), group, mine

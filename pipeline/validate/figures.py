"""All figures of a round in one place: what the gate, the metrics and the card of a release read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.statistics.agreement import COEFFICIENTS, NO_PAIRS, agreement
from pipeline.statistics.intervals import Figure, missing
from pipeline.tables import Agreement, conform
from pipeline.tables.scalars import real
from pipeline.validate.accuracy import (
    accuracy,
    confusion,
    in_general,
    neighbour_errors,
    neighbours_by_chance,
    rater_confusion,
    with_second_value,
)
from pipeline.validate.consensus import consensus, spread
from pipeline.validate.raters import apart, raters
from pipeline.verdict.judged import Judged, counts


@dataclass(frozen=True, slots=True)
class Figures:
    """The tables of stage validate, and ``overall``: what they come to, ready for JSON."""

    accuracy: pl.DataFrame
    confusion: pl.DataFrame
    agreement: pl.DataFrame
    raters: pl.DataFrame
    rater_confusion: pl.DataFrame
    consensus: pl.DataFrame
    overall: dict[str, Any]


def measure(judged: Judged, seed: int, ledger: pl.DataFrame | None = None) -> Figures:
    """Every figure of the judgements of the random sample; the consensus is on doubtful items too.

    Where something cannot be computed, ``why`` says so in words. ``ledger`` is the JudgementLedger of stage collect,
    whose reasons are counted with those found here.
    """
    together = consensus(judged)
    judged = judged.at_random
    accuracies, people = accuracy(judged, seed), raters(judged)
    agreed = {task: _agreement(judged, task, seed) for task in judged.labels}
    chance = neighbours_by_chance(judged.values)
    overall = {
        **_counts(judged, people),
        "ledger": _reasons(judged.ledger, ledger),
        "coverage": _coverage(judged),
        "accuracy": _look_up(accuracies, "value", "judgement"),
        "accuracy_of_raters_in_general": in_general(judged.of("value")).json(),
        "best_possible": {task: _best_possible(judged, task, seed).json() for task in ("value", "option")},
        "accuracy_of_items": _look_up(accuracies, "value", "item"),
        "accuracy_with_second_value": with_second_value(judged.of("value"), seed).json(),
        **{name: agreed["value"][name].json() for name in COEFFICIENTS},
        "options": {
            "accuracy": _look_up(accuracies, "option", "judgement"),
            "alpha": agreed["option"]["alpha"].json(),
        },
        "scenarios": {
            "accuracy": _look_up(accuracies, "scenario", "judgement"),
            "alpha": agreed["scenario"]["alpha"].json(),
        },
        "attention_checks": {
            "answered": int(people["checks"].sum()),
            "passed": int(people["checks_passed"].sum()),
        },
        "neighbour_errors": neighbour_errors(judged, seed).json()
        | {"by_chance": chance if chance is None else round(chance, 6)},
        "values": _look_up_each(accuracies, "value", judged.values.slugs),
        "generators": _look_up_each(accuracies, "generator", _groups(judged, "generator")),
        "categories": _look_up_each(accuracies, "category", _groups(judged, "category")),
        "raters_apart": apart(people),
    }
    rows = [
        {"task": task, "coefficient": name, "why": None, **figure.json()}
        for task, figures in agreed.items()
        for name, figure in figures.items()
    ]
    return Figures(
        accuracies,
        confusion(judged),
        conform(Agreement, rows, where="agreement"),
        people,
        rater_confusion(judged),
        together,
        overall,
    )


def _agreement(judged: Judged, task: str, seed: int) -> dict[str, Figure]:
    answers = judged.of(task)
    if answers.is_empty():
        return dict.fromkeys(COEFFICIENTS, missing(NO_PAIRS))
    return agreement(counts(answers, judged.labels[task])[1], f"agreement {task}", seed)


def _best_possible(judged: Judged, task: str, seed: int) -> Figure:
    """The share of raters' answers that one answer an item can agree with, from how far the raters of an item differ;
    the interval resamples items."""
    answers = judged.of(task)
    if answers.is_empty() or answers["item_id"].is_unique().all():
        return missing(NO_PAIRS)
    return spread(answers, judged.labels[task]).best_possible(seed)


def _counts(judged: Judged, people: pl.DataFrame) -> dict[str, Any]:
    seconds = judged.answers["seconds"].drop_nulls()
    return {
        "raters": people.height,
        "items_drawn": judged.items.height,
        "items": judged.answers["item_id"].n_unique(),
        "judgements": judged.answers.height,
        "skipped": judged.skipped.height,
        "seconds_median": round(real(seconds.median()), 3) if seconds.len() else None,
    }


def _reasons(*ledgers: pl.DataFrame | None) -> dict[str, int]:
    reasons = pl.concat([ledger["reason"] for ledger in ledgers if ledger is not None])
    return dict(reasons.value_counts().sort("reason").iter_rows())


def _coverage(judged: Judged) -> dict[str, Any]:
    """The share of the wanted judgements that are there; more than an item wanted do not make up for others."""
    answers = judged.answers.group_by("item_id").agg(found=pl.len())
    items = judged.items.join(answers, on="item_id", how="left", validate="1:1")
    there = int(items.select(pl.min_horizontal("raters", pl.col("found").fill_null(0)).sum()).item())
    wanted = int(items["raters"].sum())
    return {"wanted": wanted, "there": there, "share": round(there / wanted, 6) if wanted else 0.0}


def _groups(judged: Judged, column: str) -> list[str]:
    """What the actions that were drawn are of."""
    drawn = judged.items.filter((pl.col("task") == "value") & ~pl.col("distractor"))
    return drawn[column].drop_nulls().unique().sort().to_list()


def _look_up_each(table: pl.DataFrame, grouping: str, groups: Iterable[str]) -> dict[str, dict[str, Any]]:
    return {group: _look_up(table, "value", "judgement", grouping, group) for group in groups}


def _look_up(
    table: pl.DataFrame, task: str, unit: str, grouping: str = "all", group: str = "all"
) -> dict[str, Any]:
    row = table.filter(
        (pl.col("task") == task)
        & (pl.col("unit") == unit)
        & (pl.col("grouping") == grouping)
        & (pl.col("group") == group)
    )
    if row.is_empty():
        return missing("nothing was judged").json()
    found = row.row(0, named=True)
    return Figure(*(found[key] for key in ("estimate", "low", "high", "n", "why"))).json()

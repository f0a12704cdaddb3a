"""Selection and adoption: how often the action of the value asked for is chosen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.analyse.answers import Answers, Array, Index, tabulate
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.notes import EVERYTHING, Notebook, finite
from pipeline.tables import Accuracy, conform
from pipeline.values import Inventory

TARGETED = ("selection", "adoption")
ALL = "all"


def accuracy(answers: Answers, draws: Draws, notes: Notebook) -> pl.DataFrame:
    """Table Accuracy: of every respondent and mode, pooled and by condition, for each target value and for all."""
    rows = []
    asked = targeted(answers.rows)
    for (respondent, mode), part in in_parts(asked, "respondent", "mode"):
        if not part["right"].is_not_null().any():
            notes.add(
                "accuracy",
                respondent,
                f"no_answers_{mode}",
                f"{respondent} has no valid answer in {mode} mode, so that there is no accuracy.",
            )
        parts = list(conditions(part))
        inventory = answers.material.inventory
        sums = [_sums(some, inventory) for *_, some in parts]
        bounds = draws.share_intervals(*((right, answered, where) for _, answered, right, where in sums))
        for (language, wording, _), each, both in zip(parts, sums, bounds, strict=True):
            key = {"respondent": respondent, "mode": mode, "language": language, "wording": wording}
            rows += [key | row for row in _rows(targets(inventory), *each[:3], *both)]
    if asked.is_empty():
        notes.add(
            "accuracy",
            EVERYTHING,
            "no_targets",
            "Nobody was asked in selection or adoption mode, so that there is no accuracy.",
        )
    return conform(Accuracy, rows, where="accuracy")


def targeted(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of both modes with ``target`` (the place in the inventory) and ``right``, which is empty without an
    answer."""
    return rows.filter(
        pl.col("mode").cast(pl.String).is_in(TARGETED), pl.col("target_value").is_not_null()
    ).with_columns(
        target=pl.col("target_value").to_physical().cast(pl.Int64),
        right=pl.when(pl.col("status").cast(pl.String) == "answered").then(
            pl.col("value") == pl.col("target_value")
        ),
    )


def targets(inventory: Inventory) -> tuple[str, ...]:
    """What accuracies are given for: each target value, and all."""
    return (*inventory.slugs, ALL)


def in_parts(rows: pl.DataFrame, *by: str) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """Rows by the values of some columns, in order of these."""
    parts = rows.partition_by(by, as_dict=True)
    for key in sorted(parts, key=lambda names: tuple(map(str, names))):
        yield tuple(map(str, key)), parts[key]


def with_all(by_target: Array) -> Array:
    """A last column with the sum of the others."""
    return np.column_stack([by_target, by_target.sum(axis=1)])


def by_scenario(rows: pl.DataFrame, inventory: Inventory, number: str | None = None) -> tuple[Array, Index]:
    """How many rows, or the sum of a column, by scenario and target value and over all of these (scenarios x values +
    1); the numbers of the scenarios."""
    scenarios, place = np.unique(rows["scenario"].to_numpy(), return_inverse=True)
    weights = None if number is None else rows[number].cast(pl.Float64).fill_null(0).to_numpy()
    shape = (len(scenarios), len(inventory))
    return with_all(tabulate(place, rows["target"].to_numpy(), shape, weights)), scenarios


def conditions(rows: pl.DataFrame) -> Iterator[tuple[str, int, pl.DataFrame]]:
    """All rows ('all', 0), then those of each language and wording."""
    yield "all", 0, rows
    for (language, wording), part in in_parts(rows, "language", "wording"):
        yield language, int(wording), part


def _sums(rows: pl.DataFrame, inventory: Inventory) -> tuple[Array, Array, Array, Index]:
    """Asked, answered and right by scenario and target (scenarios x values + 1); the numbers of the scenarios."""
    asked, scenarios = by_scenario(rows, inventory)
    said = rows.with_columns(pl.col("right").is_not_null().alias("answered"))
    answered, _ = by_scenario(said, inventory, "answered")
    right, _ = by_scenario(rows, inventory, "right")
    return asked, answered, right, scenarios


def _rows(
    names: tuple[str, ...], asked: Array, answered: Array, right: Array, low: Array, high: Array
) -> Iterator[dict[str, object]]:
    n_asked, n_answered, n_right = (part.sum(axis=0).astype(int) for part in (asked, answered, right))
    for n, value in enumerate(names):
        if n_asked[n]:
            yield {
                "value": value,
                "asked": n_asked[n],
                "answered": n_answered[n],
                "right": n_right[n],
                "accuracy": n_right[n] / n_answered[n] if n_answered[n] else None,
                "low": finite(low[n]),
                "high": finite(high[n]),
                "accuracy_of_asked": n_right[n] / n_asked[n],
            }

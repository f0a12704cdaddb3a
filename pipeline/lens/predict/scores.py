"""How well guesses are right: F1 beside that of always guessing one label, accuracy, and the area under the curve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from pipeline.measures import contingency, prediction
from pipeline.measures.gaps import SHARE, auc
from pipeline.measures.nested import Figure, figure
from pipeline.statistics.resampling import Array

KEY = ("observer", "respondent", "label_kind", "setting")


def scores(predictions: pl.DataFrame, confidence: float) -> Iterator[dict[str, Any]]:
    """Rows of PredictionScores from table Predictions. Intervals take the scenarios as a sample of more of their
    kind."""
    for key, rows in sorted(predictions.partition_by(KEY, as_dict=True).items()):
        labels = rows["label"].to_numpy()
        found = prediction.score(labels, rows["guess"].cast(pl.Float64).fill_null(np.nan).to_numpy())
        f1 = figure(_counts(rows), contingency.f1, confidence=confidence, bounds=SHARE)
        right = figure(_right(rows), _share, confidence=confidence, bounds=SHARE)
        area = figure(_levels(rows), auc, confidence=confidence, bounds=SHARE)
        yield {
            **dict(zip(KEY, key, strict=True)),
            **_of("f1", f1),
            "majority_f1": found.majority_f1,
            **_of("accuracy", right),
            "majority_accuracy": found.majority_accuracy,
            **_of("auc", area),
            "asked": found.n,
            "unread": found.unread,
            "scenarios": rows["scenario_id"].n_unique(),
        }


def _of(name: str, found: Figure) -> dict[str, float | None]:
    return {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}


def _counts(rows: pl.DataFrame) -> Array:
    """Scenarios x (hits, false alarms, misses, right rejections); what cannot be read is a miss of either label."""
    truth, said = pl.col("label"), pl.col("guess")
    marks = (
        truth & said.fill_null(value=False),
        ~truth & said.fill_null(value=False),
        truth & ~said.fill_null(value=False),
        ~truth & ~said.fill_null(value=True),
    )
    return _by_scenario(rows, *marks)


def _right(rows: pl.DataFrame) -> Array:
    right = (pl.col("guess") == pl.col("label")).fill_null(value=False)
    return _by_scenario(rows, right, pl.lit(1))


def _share(sums: Array) -> Array:
    return np.asarray(sums[..., 0] / sums[..., 1])


def _levels(rows: pl.DataFrame) -> Array:
    """Scenarios x chances, of the actions that are agreed with, then of the others; an unread guess is even odds.

    ``gaps.auc`` takes first those whose level should be the larger.
    """
    chance = pl.col("chance").fill_null(0.5)
    levels = rows.select(chance.unique().sort()).to_series()
    marks = [(pl.col("label") == label) & (chance == level) for label in (True, False) for level in levels]
    return _by_scenario(rows, *marks)


def _by_scenario(rows: pl.DataFrame, *marks: pl.Expr) -> Array:
    sums = rows.group_by("scenario_id", maintain_order=True).agg(
        (mark.sum() if mark.meta.root_names() else pl.len()).cast(pl.Float64).alias(str(place))
        for place, mark in enumerate(marks)
    )
    return sums.drop("scenario_id").to_numpy()

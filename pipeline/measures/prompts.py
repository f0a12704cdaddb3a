"""Rows of PromptEffects: agreement of a respondent with itself over prompts, and what order, naming and an explanation
do to its choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from pipeline.measures.gaps import SHARE, SIGNED
from pipeline.measures.nested import Statistic, figure
from pipeline.measures.stability import PARTS, by_scenario, prompt_agreement, shares_by_part, side
from pipeline.statistics.resampling import Array

AGREEMENT, DIFFERENCE = "agreement", "difference"

Rows = Iterator[dict[str, Any]]


def prompt_effects(ratings: pl.DataFrame, pairs: pl.DataFrame, confidence: float) -> Rows:
    """From tables ValueRatings and PairChoices."""
    for part, answers, answer in (
        ("stated_side", ratings, side()),
        ("stated_rating", ratings, pl.col("rating")),
        ("acted", pairs, pl.col("expressed")),
    ):
        for (respondent,), rows in _parted(prompt_agreement(answers, answer)):
            added = by_scenario(rows, "share", "cells")
            yield {
                "respondent": respondent,
                "part": part,
                "side": AGREEMENT,
                **_figure(added, _share, SHARE, confidence),
                "n": int(added[:, 1].sum()),
            }
    for part in PARTS:
        for (respondent,), rows in _parted(shares_by_part(pairs, part)):
            yield from (
                {"respondent": respondent, "part": part, **row} for row in _sides(rows, part, confidence)
            )


def _sides(rows: pl.DataFrame, part: str, confidence: float) -> Rows:
    scenarios = sorted(rows["scenario_id"].unique())
    added = np.zeros((len(scenarios), 4))
    for place, one in enumerate(PARTS[part]):
        mine = rows.filter(side=one)
        at = np.searchsorted(scenarios, mine["scenario_id"].to_numpy())
        added[at, 2 * place : 2 * place + 2] = by_scenario(mine, "expressed", "answers")
        there = added[:, 2 * place + 1] > 0
        if there.any():
            name = one if isinstance(one, str) else part if one else f"not_{part}"
            yield {
                "side": name,
                **_figure(added[there, 2 * place : 2 * place + 2], _share, SHARE, confidence),
                "n": int(added[:, 2 * place + 1].sum()),
            }
    if (added[:, 1].sum() > 0) and (added[:, 3].sum() > 0):
        yield {
            "side": DIFFERENCE,
            **_figure(added, lambda sums: _share(sums[..., :2]) - _share(sums[..., 2:]), SIGNED, confidence),
            "n": int(added[:, [1, 3]].sum()),
        }


def _figure(
    added: Array, statistic: Statistic, bounds: tuple[float, float], confidence: float
) -> dict[str, float | None]:
    found = figure(added, statistic, confidence=confidence, bounds=bounds)
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


def _share(sums: Array) -> Array:
    return np.divide(sums[..., 0], sums[..., 1], out=np.full(sums.shape[:-1], np.nan), where=sums[..., 1] > 0)


def _parted(rows: pl.DataFrame) -> list[tuple[tuple[Any, ...], pl.DataFrame]]:
    return sorted(rows.partition_by("respondent", as_dict=True).items())

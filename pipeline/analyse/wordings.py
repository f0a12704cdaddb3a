"""Wording sensitivity: the same respondent and questions under two wordings of the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.analyse.answers import Answers, Array, Cell
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.correlation import pearson
from pipeline.analyse.notes import EVERYTHING, Notebook, finite
from pipeline.analyse.positions import mean_is_zero
from pipeline.tables import Wordings, conform


@dataclass(frozen=True, slots=True)
class Pair:
    """Two conditions of a cell, on the questions answered in both: equal answers and questions by scenario, and how
    often each value was chosen (2 x scenarios x 10); ``by_order``: questions and share of equal answers where the
    options stood in one order under both, and where in two."""

    conditions: tuple[int, int]
    equal: Array
    asked: Array
    chosen: Array
    by_order: dict[str, tuple[int, float | None]]


def wordings(answers: Answers, draws: Draws, notes: Notebook) -> pl.DataFrame:
    """Table Wordings: all pairs of conditions (language and wording) of every respondent and mode."""
    rows = []
    for _, cell in sorted(answers.cells.items()):
        n = cell.counts.sum(axis=2, keepdims=True)
        # A question counts once, however often it was asked under a wording.
        shares = np.divide(cell.counts, n, out=np.zeros_like(cell.counts), where=n > 0)
        pairs = [
            _pair(cell, shares[[a, b]], (n[a] > 0)[:, 0] & (n[b] > 0)[:, 0], (a, b))
            for a, b in combinations(range(len(cell.conditions)), 2)
        ]
        pairs = [pair for pair in pairs if pair.asked.any()]
        sums = [(pair.equal[:, None], pair.asked[:, None], cell.scenarios) for pair in pairs]
        for pair, bounds in zip(pairs, draws.share_intervals(*sums), strict=True):
            key: dict[str, object] = {"respondent": cell.respondent, "mode": cell.mode}
            for side, number in zip("ab", pair.conditions, strict=True):
                key[f"language_{side}"], key[f"wording_{side}"] = cell.conditions[number]
            rows.append(key | _row(pair, bounds, answers.material.inventory.slugs))
    if not rows:
        notes.add(
            "wordings",
            EVERYTHING,
            "one_wording",
            "No respondent answered a question under two wordings, so that sensitivity to them cannot be told.",
        )
    return conform(Wordings, rows, where="wordings")


def _pair(cell: Cell, shares: Array, both: NDArray[np.bool_], conditions: tuple[int, int]) -> Pair:
    shares = shares * both[:, None]
    size = len(cell.scenarios)
    equal = shares.prod(axis=0).sum(axis=1)
    one, other = cell.orders[list(conditions)]
    known = both & (one >= 0) & (other >= 0)
    return Pair(
        conditions,
        np.asarray(np.bincount(cell.cluster, equal, size), float),
        np.asarray(np.bincount(cell.cluster, both, size), float),
        np.array([cell.by_scenario(part) for part in shares]),
        {
            "same_order": _mean(equal[known & (one == other)]),
            "other_order": _mean(equal[known & (one != other)]),
        },
    )


def paired_by_order(cell: Cell) -> tuple[float | None, float | None]:
    """Share of equal answers under different wordings, over all pairs of these: where the options stood in one order
    under both, and where in two."""
    n = cell.counts.sum(axis=2, keepdims=True)
    shares = np.divide(cell.counts, n, out=np.zeros_like(cell.counts), where=n > 0)
    same, other = [], []
    for a, b in combinations(range(len(cell.conditions)), 2):
        equal = (shares[a] * shares[b]).sum(axis=1)
        one, two = cell.orders[a], cell.orders[b]
        known = (n[a] > 0)[:, 0] & (n[b] > 0)[:, 0] & (one >= 0) & (two >= 0)
        same.append(equal[known & (one == two)])
        other.append(equal[known & (one != two)])
    found = [np.concatenate(parts) if parts else np.zeros(0) for parts in (same, other)]
    return _mean(found[0])[1], _mean(found[1])[1]


def _mean(equal: Array) -> tuple[int, float | None]:
    return len(equal), float(np.clip(equal.mean(), 0, 1)) if len(equal) else None


def _row(pair: Pair, bounds: tuple[Array, Array], slugs: tuple[str, ...]) -> dict[str, object]:
    (low,), (high,) = bounds
    first, second = (part.sum(axis=0) / part.sum() for part in pair.chosen)
    shift = second - first
    largest = int(np.abs(shift).argmax())
    difference = (pair.chosen[1] - pair.chosen[0])[pair.asked > 0]
    seen = difference.any(axis=0)
    seen[np.flatnonzero(seen)[-1:]] = False  # the others give the last one
    return {
        "questions": int(pair.asked.sum()),
        "share": float(np.clip(pair.equal.sum() / pair.asked.sum(), 0, 1)),
        "low": finite(low),
        "high": finite(high),
        **{f"{name}_questions": n for name, (n, _) in pair.by_order.items()},
        **{f"{name}_share": share for name, (_, share) in pair.by_order.items()},
        "profile_r": pearson(first, second),
        "shift_value": slugs[largest],
        "shift": shift[largest],
        "p": mean_is_zero(difference[:, seen]) if seen.any() else None,
    }

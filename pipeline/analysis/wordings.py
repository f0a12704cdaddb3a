"""Wording sensitivity: the same respondent and questions under two wordings of the prompt."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl

from pipeline.analysis.answers import Answers, Array, Cell, Index, part
from pipeline.analysis.bootstrap import Draws
from pipeline.analysis.correlation import pearson
from pipeline.analysis.notes import EVERYTHING, Notebook, finite
from pipeline.analysis.positions import mean_is_zero
from pipeline.schwartz import SLUGS
from pipeline.tables import Wordings, conform


def wordings(answers: Answers, draws: Draws, notes: Notebook) -> pl.DataFrame:
    """Table Wordings: all pairs of conditions (language and wording) of every respondent and mode."""
    rows = []
    for _, cell in sorted(answers.cells.items()):
        pairs = []
        for a, b in combinations(range(len(cell.conditions)), 2):
            both = (cell.counts[[a, b]].sum(axis=2) > 0).all(axis=0)
            if both.any():
                pairs.append((a, b, part(cell, questions=both)))
        sums = [_equal(some, a, b) for a, b, some in pairs]
        for (a, b, some), each, bounds in zip(pairs, sums, draws.share_intervals(*sums), strict=True):
            key = {"respondent": cell.respondent, "mode": cell.mode}
            for side, number in (("a", a), ("b", b)):
                key[f"language_{side}"], key[f"wording_{side}"] = cell.conditions[number]
            rows.append(key | _row(some, a, b, each, bounds))
    if not rows:
        notes.add(
            "wordings",
            EVERYTHING,
            "one_wording",
            "No respondent answered a question under two wordings, so that sensitivity to them cannot be told.",
        )
    return conform(Wordings, rows, where="wordings")


def _shares(cell: Cell, condition: int) -> Array:
    """A question counts once, however often it was asked under a wording."""
    counts = cell.counts[condition]
    return counts / counts.sum(axis=1, keepdims=True)


def _equal(cell: Cell, a: int, b: int) -> tuple[Array, Array, Index]:
    """Equal answers and questions by scenario, of questions answered under both."""
    equal = (_shares(cell, a) * _shares(cell, b)).sum(axis=1)
    asked = np.bincount(cell.cluster).astype(float)
    return np.bincount(cell.cluster, weights=equal)[:, None], asked[:, None], cell.scenarios


def _row(
    cell: Cell, a: int, b: int, each: tuple[Array, Array, Index], bounds: tuple[Array, Array]
) -> dict[str, object]:
    equal, asked, _ = each
    (low,), (high,) = bounds
    first, second = _shares(cell, a), _shares(cell, b)
    sums = [cell.by_scenario(counts) for counts in (first, second)]
    profiles = [each.sum(axis=0) / each.sum() for each in sums]
    shift = profiles[1] - profiles[0]
    largest = int(np.abs(shift).argmax())
    difference = sums[1] - sums[0]
    seen = difference.any(axis=0)
    seen[np.flatnonzero(seen)[-1:]] = False  # the others give the last one
    return {
        "questions": len(cell.questions),
        "share": float(np.clip(equal.sum() / asked.sum(), 0, 1)),
        "low": finite(low),
        "high": finite(high),
        "profile_r": pearson(*profiles),
        "shift_value": SLUGS[largest],
        "shift": shift[largest],
        "p": mean_is_zero(difference[:, seen]) if seen.any() else None,
    }

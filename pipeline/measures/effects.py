"""Does the rate differ between countries, or between topics, by more than chance? Tests by permutation."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.statistics.holm import holm
from pipeline.statistics.resampling import Array, Index, generator

PERMUTATIONS = 9_999
# Numbers that are permuted at once: 16 MB.
MOST_NUMBERS = 2_000_000


def correct(rows: list[dict[str, Any]]) -> None:
    """Fills in ``holm_p`` of rows of FactorEffects: for each factor, over the respondents."""
    for factor in {row["factor"] for row in rows}:
        tests = [row for row in rows if row["factor"] == factor]
        for row, p in zip(tests, holm([row["p"] for row in tests]), strict=True):
            row["holm_p"] = p


def permutation_p(figures: Array, of: Index, within: Index, seed: int, purpose: str) -> float | None:
    """p of 'the groups ``of`` do not differ', for a figure of each scenario, by exchanging scenarios that share
    ``within``: countries are tested within topics, so that topics need not be alike, and topics within countries.

    The statistic is the weighted variance of the groups' means; the observed order counts among PERMUTATIONS (Phipson
    and Smyth 2010). None where there is nothing to exchange.
    """
    numbers, group = np.unique(of, return_inverse=True)
    blocks = [np.flatnonzero(within == one) for one in np.unique(within)]
    blocks = [block for block in blocks if len(np.unique(group[block])) > 1]
    if len(numbers) < 2 or not blocks:
        return None
    marks = np.eye(len(numbers))[group]
    sizes = marks.sum(axis=0)
    overall = figures.mean()

    def spread(orders: Array) -> Array:
        return np.asarray((sizes * (orders @ marks / sizes - overall) ** 2).sum(axis=-1))

    observed = spread(figures) * (1 - 1e-12)
    rng = generator(seed, purpose)
    as_large, left = 1, PERMUTATIONS
    while left:
        some = min(left, max(1, MOST_NUMBERS // len(figures)))
        shuffled = np.tile(figures, (some, 1))
        for block in blocks:
            shuffled[:, block] = rng.permuted(shuffled[:, block], axis=1)
        as_large += int((spread(shuffled) >= observed).sum())
        left -= some
    return as_large / (PERMUTATIONS + 1)

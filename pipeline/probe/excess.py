"""Whether continuations are nearer to their own second halves than to others: estimate, interval, test.

Of each category there is a matrix: how much of each second half (column) stands in each continuation (row). A model
that does not know a text writes what is as near to any half of the category as to its own, and each assignment of
halves to continuations is as likely as the true one: that is tested, by permutations within categories. The estimate
takes the means of its row and of its column off each own similarity, since some continuations are near to everything
and some halves are made of what everybody says; its mean is that of the diagonal less that of the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.probe.likeness import Matrix

PERMUTATIONS = 1999
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its interval."""

    size: float
    low: float
    high: float


def chances(matrix: Matrix) -> Array:
    """Mean of the other cells of each row, shape (n,)."""
    return (matrix.sum(axis=1) - np.diagonal(matrix)) / (len(matrix) - 1)


def excesses(matrix: Matrix) -> Array:
    """Of each text its own cell less the means of the other cells of its row and column, plus that of all such cells,
    shape (n,)."""
    rows, columns = chances(matrix), chances(matrix.T)
    return np.diagonal(matrix) - rows - columns + rows.mean()


def mean(values: Array, confidence: float) -> Mean | None:
    """Student's interval of a mean; None for fewer than two values."""
    if len(values) < 2:
        return None
    size = float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    half = float(stats.t.ppf((1 + confidence) / 2, len(values) - 1)) * error
    return Mean(size, size - half, size + half)


def permutation_p(matrices: Sequence[Matrix], seed: int) -> float:
    """Probability of a sum over the diagonals as large as theirs, if second halves are assigned at random within each
    matrix. The true assignment counts as one of them, so that the test holds its level with any number of draws."""
    rng = np.random.default_rng(seed)
    true = sum(float(np.trace(matrix)) for matrix in matrices)
    drawn = np.zeros(PERMUTATIONS)
    for matrix in matrices:
        n = len(matrix)
        orders = rng.random((PERMUTATIONS, n)).argsort(axis=1)
        drawn += matrix[np.arange(n), orders].sum(axis=1)
    # Sums of the same cells in another order differ by rounding.
    return float((1 + (drawn >= true - 1e-9).sum()) / (1 + PERMUTATIONS))

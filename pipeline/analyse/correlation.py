"""Correlations of profiles: over ten values, for many profiles at once, with what they are worth."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from pipeline.analyse.answers import Array
from pipeline.statistics.resampling import generator

PERMUTATIONS = 9_999


class Tested(NamedTuple):
    """A correlation with Fisher's interval, and p by Student's t and by permutation. None: cannot be computed."""

    r: float | None
    low: float | None
    high: float | None
    p: float | None
    permutation_p: float | None


def pearson(x: ArrayLike, y: ArrayLike) -> float | None:
    """Pearson's r; None where either is constant or fewer than two pairs are there."""
    r = float(rowwise(np.asarray(x, float), np.asarray(y, float)))
    return None if math.isnan(r) else r


def spearman(x: ArrayLike, y: ArrayLike) -> float | None:
    """Spearman's rank correlation, ties at their mean rank; None as for pearson."""
    return pearson(ranks(x), ranks(y))


def rowwise(x: Array, y: Array) -> Array:
    """Pearson's r along the last axis, other axes broadcast; nan where either is constant."""
    x, y = (profile - profile.mean(axis=-1, keepdims=True) for profile in (x, y))
    length = np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    product = (x * y).sum(axis=-1)
    # A constant profile is not exactly zero after its mean is taken off.
    constant = length <= 1e-24
    return np.clip(np.divide(product, length, out=np.full(product.shape, np.nan), where=~constant), -1, 1)


def ranks(x: ArrayLike) -> Array:
    """Ranks along the last axis, ties at their mean."""
    return stats.rankdata(np.asarray(x, float), axis=-1)


def tested(x: ArrayLike, y: ArrayLike, confidence: float, seed: int) -> Tested:
    """r over n pairs, the pairs a sample.

    Interval: tanh(z -+ q / sqrt(n - 3)) with z = atanh(r) (R. A. Fisher, Metron 1, 1921). p: Student's t of
    r sqrt((n - 2) / (1 - r²)) on n - 2 degrees of freedom; and the share of permutations, the observed order
    among them, whose |r| is no smaller.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    r = pearson(x, y)
    if r is None:
        return Tested(None, None, None, None, None)
    n = len(x)
    low = high = p = None
    if n > 3 and abs(r) < 1:
        half = stats.norm.ppf((1 + confidence) / 2) / math.sqrt(n - 3)
        low, high = math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)
    if n > 2:
        p = float(stats.pearsonr(x, y).pvalue)
    return Tested(r, low, high, p, permutation_p(x, y, seed))


def permutation_p(x: Array, y: Array, seed: int) -> float:
    """Two-sided p of r = 0: y is permuted PERMUTATIONS times, or in all orders where these are fewer."""
    result = stats.pearsonr(
        x, y, method=stats.PermutationMethod(n_resamples=PERMUTATIONS, rng=generator(seed, "permutations"))
    )
    return float(result.pvalue)


def circle_p(x: ArrayLike, y: ArrayLike) -> float | None:
    """Two-sided p of r = 0 for values in their order round a circle: the share of the turns and reflections of y, the
    observed one among them, whose |r| is no smaller.

    Neighbouring values go together, so that ten of them are not exchangeable and permutations find too much; turning a
    profile keeps its neighbourhoods (E. S. Edgington and P. Onghena, "Randomization Tests", 2007, on restricted sets of
    permutations). Ten values have twenty turns: p is .05 at best. None where either is constant.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    places = np.arange(len(y))
    turned = np.array([y[(way * places + by) % len(y)] for way in (1, -1) for by in places])
    r = np.abs(rowwise(x, turned))
    return None if np.isnan(r).any() else float((r >= r[0] - 1e-12).mean())


def without_each(x: ArrayLike, y: ArrayLike) -> Array:
    """r with each of the values left out in turn; nan where what is left is constant."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    rest = np.array([np.delete(np.arange(len(x)), n) for n in range(len(x))])
    return rowwise(x[rest], y[rest])


def jackknife_interval(estimate: float, left_out: Array, confidence: float) -> tuple[float, float] | None:
    """Bounds of a correlation, or a mean of correlations, from what it is without each unit (n).

    J. W. Tukey (1958): estimate -+ t sqrt((n - 1) / n sum of (left out - their mean)²) on n - 1 degrees of freedom, on
    the scale of Fisher's z, on which the error of a correlation does not depend on it. None for fewer than three units,
    and where a correlation is 1 or cannot be told.
    """
    n = len(left_out)
    if n < 3 or np.isnan(left_out).any() or max(abs(estimate), np.abs(left_out).max()) >= 1:
        return None
    z = np.arctanh(left_out)
    half = stats.t.ppf((1 + confidence) / 2, n - 1) * math.sqrt((n - 1) / n * ((z - z.mean()) ** 2).sum())
    centre = math.atanh(estimate)
    return math.tanh(centre - half), math.tanh(centre + half)


def spearman_brown(half_r: float) -> float | None:
    """Reliability of the whole from the correlation of its halves: 2 r / (1 + r)."""
    return 2 * half_r / (1 + half_r) if half_r > -1 else None


def disattenuated(r: float, first: float | None, second: float | None) -> float | None:
    """r / sqrt(reliabilities) (C. Spearman, 1904): what r would be without noise; None without reliabilities."""
    if first is None or second is None or first <= 0 or second <= 0:
        return None
    return r / math.sqrt(first * second)

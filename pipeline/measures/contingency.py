"""Measures of a table of two by two: stated against acted, agree against disagree.

Each takes counts (..., 4): both disagree, only the statement disagrees, only the action disagrees, both agree; and
gives (...). F1 is that of *disagree*. It depends on how often either disagrees, so that F1s of different margins do not
compare: ``f1_independent`` and ``f1_best`` say between what it can lie. Undefined is nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.statistics.resampling import Array

Marks = NDArray[np.bool_]
BOTH, STATED_ONLY, ACTED_ONLY, NEITHER = range(4)


def counts(stated_no: Marks, acted_no: Marks, there: Marks) -> Array:
    """Counts (rows x 4) from marks (rows x cells)."""
    kinds = (stated_no & acted_no, stated_no & ~acted_no, ~stated_no & acted_no, ~stated_no & ~acted_no)
    return np.stack([(kind & there).sum(axis=-1) for kind in kinds], axis=-1).astype(float)


def f1(n: Array) -> Array:
    """2 TP / (2 TP + FP + FN); 0 where there is no true positive, as the paper counts."""
    found = 2 * n[..., BOTH]
    return _over(found, found + n[..., STATED_ONLY] + n[..., ACTED_ONLY], nothing=0.0)


def f1_agree(n: Array) -> Array:
    """F1 with agreement as the positive class."""
    return f1(n[..., ::-1])


def f1_independent(n: Array) -> Array:
    """F1 of these margins if statement and action had nothing to do with each other: 2 p q / (p + q)."""
    stated, acted = _margins(n)
    return _over(2 * stated * acted, stated + acted, nothing=0.0)


def f1_best(n: Array) -> Array:
    """The largest F1 that these margins allow: 2 min(p, q) / (p + q)."""
    stated, acted = _margins(n)
    return _over(2 * np.minimum(stated, acted), stated + acted, nothing=0.0)


def agreement(n: Array) -> Array:
    """Share of cells on which both say the same."""
    return _over(n[..., BOTH] + n[..., NEITHER], n.sum(axis=-1))


def kappa(n: Array) -> Array:
    """Cohen (1960): (P - P_e) / (1 - P_e) with P_e = p q + (1 - p)(1 - q)."""
    stated, acted = _margins(n)
    expected = stated * acted + (1 - stated) * (1 - acted)
    return _over(agreement(n) - expected, 1 - expected)


def phi(n: Array) -> Array:
    """Pearson's r of the two marks."""
    stated, acted = _margins(n)
    both = _over(n[..., BOTH], n.sum(axis=-1))
    return _over(both - stated * acted, np.sqrt(stated * (1 - stated) * acted * (1 - acted)))


def phi_best(n: Array) -> Array:
    """The largest phi that these margins allow: sqrt(p (1 - q) / (q (1 - p))), p the smaller (Cureton 1959)."""
    stated, acted = _margins(n)
    small, large = np.minimum(stated, acted), np.maximum(stated, acted)
    return np.sqrt(_over(small * (1 - large), large * (1 - small)))


def stated_share(n: Array) -> Array:
    """Share of cells in which the statement disagrees."""
    return _margins(n)[0]


def acted_share(n: Array) -> Array:
    """Share of cells in which the action disagrees."""
    return _margins(n)[1]


def _margins(n: Array) -> tuple[Array, Array]:
    whole = n.sum(axis=-1)
    return _over(n[..., BOTH] + n[..., STATED_ONLY], whole), _over(n[..., BOTH] + n[..., ACTED_ONLY], whole)


def _over(numerator: Array, denominator: Array, nothing: float = np.nan) -> Array:
    numerator, denominator = np.asarray(numerator, float), np.asarray(denominator, float)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, nothing), where=denominator > 1e-15)

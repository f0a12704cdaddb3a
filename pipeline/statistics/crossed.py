"""A share of judgements with the raters as a sample of raters, and the items as one of items.

An interval that resamples items holds for these raters. What of others like them? Raters and items are crossed: a
careless rater is careless with every item, and a hard item is hard for every rater, so that the error has both parts.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from pipeline.statistics.intervals import LEVEL, Figure, missing
from pipeline.statistics.resampling import Array, Index

ONE_RATER = "one rater says nothing of others"
NO_VARIETY = "the judgements vary too little to tell how raters differ"


def share_of_raters(right: npt.ArrayLike, item: npt.ArrayLike, rater: npt.ArrayLike) -> Figure:
    """The share of judgements that are ``right``, with its interval for raters and items in general.

    ``item`` and ``rater`` say whose each judgement is; any may be missing. The variance of the share is that of its
    sums by item plus that of its sums by rater less that of single judgements, which both hold (A. C. Cameron,
    J. B. Gelbach and D. L. Miller, Journal of Business & Economic Statistics 29, 2011; A. B. Owen, Annals of
    Applied Statistics 1, 2007), at least the one by item. Student's t on Satterthwaite's degrees of freedom, which few
    raters keep few; on the scale of log odds, so that it ends within 0 and 1.
    """
    right = np.asarray(right, dtype=float)
    if not right.size:
        return missing("nothing was judged")
    share, n = float(right.mean()), right.size
    items, raters = _sums(right - share, item), _sums(right - share, rater)
    if len(raters) < 2 or len(items) < 2:
        return Figure(
            share, None, None, n, ONE_RATER if len(raters) < 2 else "one item says nothing of others"
        )
    by_item, by_rater = _variance(items, n), _variance(raters, n)
    if share in (0, 1) or max(by_item, by_rater) < 1e-12:
        return Figure(share, None, None, n, NO_VARIETY)
    variance = max(by_item + by_rater - float(((right - share) ** 2).sum()) / n**2, by_item)
    freedom = variance**2 / (by_rater**2 / (len(raters) - 1) + by_item**2 / (len(items) - 1))
    half = stats.t.ppf((1 + LEVEL) / 2, freedom) * math.sqrt(variance) / (share * (1 - share))
    low, high = special.expit(special.logit(share) + np.array([-half, half]))
    return Figure(share, float(low), float(high), n)


def _sums(deviations: Array, unit: npt.ArrayLike) -> Array:
    names, place = np.unique(np.asarray(unit), return_inverse=True)
    places: Index = place
    return np.asarray(np.bincount(places, weights=deviations, minlength=len(names)), dtype=float)


def _variance(sums: Array, n: int) -> float:
    """Of the mean of ``n``, from sums of deviations by independent unit."""
    units = len(sums)
    return float(units / (units - 1) * (sums**2).sum()) / n**2

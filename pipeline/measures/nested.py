"""Intervals of figures whose cells are nested in scenarios, and these in countries and topics.

The 56 cells of a scenario come from one answer, and scenarios of a country or topic resemble one another. So a figure
is a function of sums over scenarios, and its error comes from leaving whole scenarios, countries or topics out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.statistics.resampling import Array

Levels = NDArray[Any]  # the group of each scenario, by number or name
Statistic = Callable[[Array], Array]  # sums (..., k) to the figure (...), nan where it is undefined


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with two intervals. ``low``, ``high``: the scenarios are a sample of more of their kind, in these
    countries and on these topics. ``wide_low``, ``wide_high``: the countries and topics are a sample, too. None: it
    cannot be told."""

    estimate: float | None
    low: float | None = None
    high: float | None = None
    wide_low: float | None = None
    wide_high: float | None = None


def figure(
    added: Array,
    statistic: Statistic,
    groupings: Sequence[Levels] = (),
    *,
    confidence: float = 0.95,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Figure:
    """The figure of all scenarios and its intervals.

    ``added`` (scenarios x k) is what each scenario adds to the sums, ``groupings`` are the groups of the scenarios, by
    country, by topic. The error comes from the figure without each scenario, its pseudo-value (Tukey 1958). In these
    countries and on these topics: what is left of the pseudo-values after country and topic, which every scenario of
    theirs would share. With countries and topics as a sample: the jackknives over either, less that over scenarios,
    which both hold (Cameron, Gelbach and Miller 2011), and never less than the largest of them; Student's t on one
    degree of freedom less than there are units, of the fewest.
    """
    total = added.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = float(statistic(total))
        if not np.isfinite(estimate):
            return Figure(None)
        left_out = statistic(total - added)
        grouped = [_jackknife(statistic(total - sums(added, groups))) for groups in groupings]
    low = high = wide_low = wide_high = None
    if (own := _jackknife(left_out)) is not None:
        variance, freedom = _within(left_out, groupings)
        low, high = _bounds(estimate, variance, freedom, confidence, bounds)
        if grouped and None not in grouped:
            variances = [one for one in grouped if one is not None]
            wide = max(sum(variances) - (len(variances) - 1) * own, own, *variances)
            fewest = min(len(np.unique(groups)) for groups in groupings)
            wide_low, wide_high = _bounds(estimate, wide, fewest - 1, confidence, bounds)
    return Figure(estimate, low, high, wide_low, wide_high)


def _jackknife(left_out: Array) -> float | None:
    n = len(left_out)
    if n < 2 or not np.isfinite(left_out).all():
        return None
    return float((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())


def _within(left_out: Array, groupings: Sequence[Levels]) -> tuple[float, int]:
    """Variance from what the groups do not share, and its degrees of freedom: of the residuals of pseudo-values in an
    additive model of the groups. Where the model has as many terms as there are scenarios, that of all."""
    n = len(left_out)
    terms = [np.ones((n, 1))]
    terms += [(groups[:, None] == np.unique(groups)[None, 1:]).astype(float) for groups in groupings]
    design = np.hstack(terms)
    rank = int(np.linalg.matrix_rank(design))
    if rank >= n:
        design, rank = terms[0], 1
    pseudo = -(n - 1) * left_out
    residual = pseudo - design @ np.linalg.lstsq(design, pseudo, rcond=None)[0]
    return float((residual**2).sum() / (n - rank) / n), n - rank


def sums(added: Array, groups: Levels) -> Array:
    """What each group adds (groups x k)."""
    _, place = np.unique(groups, return_inverse=True)
    sums = np.zeros((place.max() + 1, added.shape[1]))
    np.add.at(sums, place, added)
    return sums


def _bounds(
    estimate: float, variance: float, freedom: int, confidence: float, ends: tuple[float, float]
) -> tuple[float | None, float | None]:
    """None where nothing varies: the units are too alike for an interval."""
    if variance <= 1e-24:
        return None, None
    half = stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(variance)
    return float(max(ends[0], estimate - half)), float(min(ends[1], estimate + half))

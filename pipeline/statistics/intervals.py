"""Figures with their intervals: Wilson's for independent units, a bootstrap over items for everything else.

Several judgements of one item are not independent: raters misread the same action alike. So whatever counts
judgements is resampled by whole items. All figures here are functions of sums over items, so that a bootstrap is one
matrix product: weights (replicates x items) times what each item adds to the sums.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.statistics.resampling import Array, generator, resample
from pipeline.statistics.wilson import bounds

REPLICATES = 2000
LEVEL = 0.95
# An interval is not given when the figure cannot be computed in more than this share of the replicates.
UNDEFINED = 0.05

Statistic = Callable[[Array], Array]  # sums (..., k) to the figure (...), NaN where it is undefined


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval, from ``n`` units; ``why`` says in words what could not be computed."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    why: str | None = None

    def json(self) -> dict[str, float | int | str | None]:
        """For JSON: rounded to six digits, so that the last bits of a machine do not show."""
        figures = {"estimate": self.estimate, "low": self.low, "high": self.high}
        rounded = {key: None if value is None else round(value, 6) for key, value in figures.items()}
        return {**rounded, "n": self.n, **({"why": self.why} if self.why else {})}


def missing(why: str, n: int = 0) -> Figure:
    return Figure(None, None, None, n, why)


def wilson(count: int, n: int) -> Figure:
    """A proportion of ``n`` independent units with its Wilson (1927) score interval."""
    if n == 0:
        return missing("nothing was judged")
    low, high = bounds(count, n, LEVEL)
    return Figure(count / n, float(low), float(high), n)


def proportion(count: npt.ArrayLike, of: npt.ArrayLike, purpose: str, seed: int) -> Figure:
    """A share of judgements with an interval that is bootstrapped over items; ``n`` counts judgements.

    ``count`` and ``of`` hold each item's judgements of the kind and all of its judgements. Where all judgements are
    alike a bootstrap knows no variation, and Wilson's interval for the number of items stands in for it.
    """
    added = np.column_stack([np.asarray(count, float), np.asarray(of, float)])
    added = added[added[:, 1] > 0]
    n, found = int(added[:, 1].sum()), int(added[:, 0].sum())
    if n == 0:
        return missing("nothing was judged")
    if found in (0, n):
        plain = wilson(len(added) if found else 0, len(added))
        return Figure(found / n, plain.low, plain.high, n)
    low, high, why = bootstrap(added, lambda sums: sums[..., 0] / sums[..., 1], purpose, seed)
    return Figure(found / n, low, high, n, why)


def bootstrap(
    added: Array, statistic: Statistic, purpose: str, seed: int, replicates: int = REPLICATES
) -> tuple[float | None, float | None, str | None]:
    """A 95 % interval (low, high, None), bias-corrected and accelerated; (None, None, why) where there is none.

    ``added`` (items x k) is what each item adds to the k sums of which the figure is a function. BCa after Efron
    (1987); the acceleration comes from the jackknife over items.
    """
    from scipy.stats import norm

    items = len(added)
    if items < 2:
        return None, None, "one item is too little for an interval"
    estimate = float(statistic(added.sum(axis=0)))
    weights = resample(items, replicates, generator(seed, purpose, whose="bootstrap"))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = statistic(weights @ added)
        left_out = statistic(added.sum(axis=0) - added)
    defined = found[np.isfinite(found)]
    if len(defined) < (1 - UNDEFINED) * replicates or not np.isfinite(left_out).all():
        return None, None, "the answers vary too little for an interval"
    if np.ptp(defined) == 0:
        return None, None, "the answers do not vary, so that there is no interval"
    # Ties at the estimate count half: shares of few items are discrete.
    below = np.mean(defined < estimate) + np.mean(defined == estimate) / 2
    bias = norm.ppf(np.clip(below, 1 / replicates, 1 - 1 / replicates))
    spread = left_out.mean() - left_out
    scale = (spread**2).sum() ** 1.5
    acceleration = (spread**3).sum() / (6 * scale) if scale > 0 else 0.0
    z = bias + norm.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    levels = norm.cdf(bias + z / (1 - acceleration * z))
    low, high = np.quantile(defined, levels)
    return float(low), float(high), None

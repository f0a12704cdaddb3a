"""Cluster bootstrap: scenarios are drawn with replacement, and everything that belongs to a scenario comes along.

The questions of a scenario, the wordings, modes and repeats of each, and the answers of all respondents are drawn
together (A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8), so that
differences between respondents and between modes are paired. A draw is a row of weights over scenarios; a statistic of
sums is that row times the sums by scenario, one matrix product for all draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats

from pipeline.statistics import wilson
from pipeline.statistics.resampling import Array, Index, generator, resample

# Parts with fewer of the scenarios than this share are multiplied alone; others together, up to so many columns.
FEW, COLUMNS = 0.1, 400


@dataclass(frozen=True, slots=True)
class Draws:
    """``weights`` (scenarios x draws): how often each draw holds each scenario."""

    weights: Array
    confidence: float

    @classmethod
    def of(cls, scenarios: int, draws: int, confidence: float, seed: int) -> Draws:
        """Multinomial weights: ``scenarios`` out of ``scenarios`` with replacement, ``draws`` times."""
        weights = resample(scenarios, draws, generator(seed, "scenarios"))
        return cls(np.ascontiguousarray(weights.T), confidence)

    def __len__(self) -> int:
        return self.weights.shape[1]

    def totals(self, *parts: tuple[Array, Index]) -> list[Array]:
        """Sums by scenario as totals of each draw.

        A part has sums (scenarios x k) and the numbers of these scenarios; its totals are draws x k. Parts that hold
        many of the scenarios share matrix products, for which time goes with the size of the weights, not of k.
        """
        found: list[Array | None] = [None] * len(parts)
        together: list[int] = []
        for n, (sums, scenarios) in enumerate(parts):
            if len(scenarios) < FEW * len(self.weights):
                found[n] = self.weights[scenarios].T @ sums
                continue
            together.append(n)
            if sum(parts[i][0].shape[1] for i in together) >= COLUMNS:
                self._multiply(parts, together, found)
                together = []
        self._multiply(parts, together, found)
        return [part for part in found if part is not None]

    def _multiply(
        self, parts: Sequence[tuple[Array, Index]], together: Sequence[int], found: list[Array | None]
    ) -> None:
        if not together:
            return
        edges = np.cumsum([0, *(parts[n][0].shape[1] for n in together)])
        stacked = np.zeros((len(self.weights), edges[-1]))
        for n, first, last in zip(together, edges, edges[1:], strict=False):
            stacked[parts[n][1], first:last] = parts[n][0]
        product = self.weights.T @ stacked
        for n, first, last in zip(together, edges, edges[1:], strict=False):
            found[n] = product[:, first:last]

    def interval(self, drawn: Array, clusters: int) -> tuple[Array, Array]:
        """Bounds from the statistic's values in the draws (draws x k); nan where fewer than two clusters are.

        Expanded percentiles (T. C. Hesterberg, "What Teachers Should Know About the Bootstrap", The American
        Statistician 69, 2015, section 4.1): the tails are so far out that a mean of ``clusters`` normal
        observations gets the width of Student's interval.
        """
        if clusters < 2:
            return np.full(drawn.shape[1:], np.nan), np.full(drawn.shape[1:], np.nan)
        tail = expanded_tail(self.confidence, clusters)
        low, high = (
            np.nanquantile(drawn, [tail, 1 - tail], axis=0)
            if np.isnan(drawn).any()
            else _quantiles(drawn, tail)
        )
        return low, high

    def share_intervals(self, *parts: tuple[Array, Array, Index]) -> list[tuple[Array, Array]]:
        """Bounds of shares, each part with numerators and denominators by scenario (scenarios x k, and x k or x 1) and
        the numbers of the scenarios."""
        totals = self.totals(*((np.column_stack([below, above]), where) for below, above, where in parts))
        return [
            self.bounds_of_shares(below, above, drawn[:, : below.shape[1]], drawn[:, below.shape[1] :])
            for (below, above, _), drawn in zip(parts, totals, strict=True)
        ]

    def bounds_of_shares(
        self, numerator: Array, denominator: Array, drawn_numerator: Array, drawn_denominator: Array
    ) -> tuple[Array, Array]:
        """Bounds of ratios of sums, from the sums by scenario and their totals in the draws.

        A share of 0 or 1 is the same in every draw. It gets Wilson's interval, each scenario one observation.
        """
        clusters = np.broadcast_to((denominator > 0).sum(axis=0), numerator.shape[1])
        drawn = ratio(drawn_numerator, drawn_denominator)
        share = ratio(numerator.sum(axis=0), denominator.sum(axis=0))
        low, high = np.full(share.shape, np.nan), np.full(share.shape, np.nan)
        for count in np.unique(clusters[clusters >= 2]):
            same = clusters == count
            low[same], high[same] = self.interval(drawn[:, same], int(count))
        edge = (clusters >= 1) & ((share == 0) | (share == 1))
        if edge.any():
            low[edge], high[edge] = wilson.bounds(
                share[edge] * clusters[edge], clusters[edge], self.confidence
            )
        return low, high

    def correlation_interval(
        self, r: float, drawn: Array, freedom: float, reliability: float = 1.0
    ) -> tuple[float, float]:
        """Bounds of a correlation from its draws: 2 r - mean of the draws, -+ t times their standard deviation.

        Noise in a profile pulls its correlations towards zero, in a draw once more than in the sample: the mean of the
        draws says how far, and the interval is moved back by as much (B. Efron and R. J. Tibshirani, "An Introduction
        to the Bootstrap", 1993, sections 10.2 and 12.4). Noise also makes a profile longer, by which one draw turns it
        less than it was turned itself: the standard deviation is divided by the product of the profiles'
        ``reliability``. The interval ends at -1 and 1, and goes from one to the other where nothing is reliable.
        """
        centre = 2 * r - drawn.mean()
        t = stats.t.ppf((1 + self.confidence) / 2, freedom)
        half = t * drawn.std(ddof=1) / reliability if reliability > 0 else 2.0
        return float(np.clip(centre - half, -1, 1)), float(np.clip(centre + half, -1, 1))


def reliability(profile: Array, drawn: Array | None) -> float:
    """Share of a profile's variance over the values that is not noise, from its draws (draws x 10); 1 without draws."""
    if drawn is None:
        return 1.0
    noise = (drawn - drawn.mean(axis=1, keepdims=True)).var(axis=0, ddof=1).sum()
    whole = ((profile - profile.mean()) ** 2).sum()
    return float(max(0.0, 1 - noise / whole)) if whole > 0 else 0.0


def freedom(*sources: tuple[float, int]) -> float:
    """Degrees of freedom of a sum of independent errors, from the variance and the units of each
    (F. E. Satterthwaite, Biometrics Bulletin 2, 1946)."""
    whole = sum(variance for variance, _ in sources)
    parts = sum(variance**2 / (units - 1) for variance, units in sources if units > 1)
    return float(whole**2 / parts) if parts > 0 else float("inf")


def ratio(numerator: Array, denominator: Array) -> Array:
    """nan where the denominator is 0."""
    shape = np.broadcast_shapes(numerator.shape, denominator.shape)
    return np.divide(numerator, denominator, out=np.full(shape, np.nan), where=denominator > 0)


@cache
def expanded_tail(confidence: float, clusters: int) -> float:
    """Share of draws to leave out at each end."""
    t = stats.t.ppf((1 - confidence) / 2, clusters - 1)
    return float(stats.norm.cdf(t * np.sqrt(clusters / (clusters - 1))))


def _quantiles(drawn: Array, tail: float) -> tuple[Array, Array]:
    ordered = np.sort(drawn, axis=0)
    place = tail * (len(drawn) - 1)
    first = int(place)
    rest = place - first
    low = ordered[first] * (1 - rest) + ordered[first + 1] * rest
    high = ordered[-1 - first] * (1 - rest) + ordered[-2 - first] * rest
    return low, high

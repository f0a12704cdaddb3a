"""The interval of a correlation of two noisy profiles, by inverting a test.

Noise turns a profile and lengthens it, so that the r of two noisy profiles lies below the true one, the more the
nearer that is to 1: percentiles of draws around the sample do not cover there, and a bound moved by their bias ends
at 1 whatever the truth. Here each possible r is tested instead: two profiles that correlate so are made of the sample's
(their length without its noise, the second turned in the plane of the two), the draws' noise is added, and the interval
holds the r under which the observed one is within the middle of the draws (J. Carpenter, "Test inversion bootstrap
confidence intervals", Journal of the Royal Statistical Society B 61, 1999).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from pipeline.statistics.resampling import Array

EXACT = 1e-6


def correlation_interval(
    x: Array, y: Array, drawn_x: Array, drawn_y: Array, *, freedom: float, confidence: float
) -> tuple[float, float]:
    """Bounds for the r of two profiles (values) from their draws (draws x values each, drawn together).

    ``freedom``: degrees of freedom of the noise. The tails of the draws are stretched to Student's t, and their
    variance by (freedom + 1) / freedom, which a draw with replacement of so many units lacks.
    """
    stretch = stats.t.ppf((1 + confidence) / 2, freedom) / stats.norm.ppf((1 + confidence) / 2)
    if np.isfinite(freedom):
        stretch *= np.sqrt((freedom + 1) / freedom)
    first, second = _Profile.of(x, drawn_x, stretch), _Profile.of(y, drawn_y, stretch)
    along = first.mean / np.linalg.norm(first.mean)
    across = second.mean - (second.mean @ along) * along
    apart = np.linalg.norm(across)
    across = across / apart if apart > 0 else across
    length = np.linalg.norm(second.mean)
    one = first.mean + first.noise
    # |a b| of the draws with the second profile at r along the first and sqrt(1 - r²) across it, in its parts.
    sizes, own = np.einsum("dv,dv->d", one, one), np.einsum("dv,dv->d", second.noise, second.noise)
    shared = np.einsum("dv,dv->d", one, second.noise)
    one_along, one_across = one @ along, one @ across
    noise_along, noise_across = second.noise @ along, second.noise @ across
    observed = float(np.corrcoef(x, y)[0, 1])

    def excess(r: float, tail: float) -> float:
        """A quantile of the draws where the truth is ``r``, less what was observed."""
        rest = np.sqrt(max(0.0, 1 - r * r))
        product = length * (r * one_along + rest * one_across) + shared
        size = length**2 + own + 2 * length * (r * noise_along + rest * noise_across)
        return _quantile(product / np.sqrt(sizes * size), tail) - observed

    tail = (1 - confidence) / 2
    return _root(excess, 1 - tail), _root(excess, tail)


@dataclass(frozen=True, slots=True)
class _Profile:
    """A profile without its mean: what of it is no noise, and the noise of the draws (draws x values)."""

    mean: Array
    noise: Array

    @classmethod
    def of(cls, profile: Array, drawn: Array, stretch: float) -> _Profile:
        centred = profile - profile.mean()
        noise = drawn - drawn.mean(axis=0)
        noise = noise - noise.mean(axis=1, keepdims=True)
        whole = float(centred @ centred)
        share = 1 - noise.var(axis=0, ddof=1).sum() / whole
        return cls(centred * np.sqrt(max(share, EXACT)), noise * stretch)


def _quantile(numbers: Array, tail: float) -> float:
    """The order statistic nearest to the quantile, without a sort."""
    place = round(tail * (len(numbers) - 1))
    return float(np.partition(numbers, place)[place])


def _root(excess: Callable[[float, float], float], tail: float) -> float:
    """The r at which a quantile of the draws is what was observed; an end of the scale where none is."""
    if excess(1.0, tail) <= 0:
        return 1.0
    if excess(-1.0, tail) >= 0:
        return -1.0
    return float(optimize.brentq(excess, -1.0, 1.0, args=(tail,), xtol=1e-4))

"""Wilson's score interval (E. B. Wilson, Journal of the American Statistical Association 22, 1927)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.statistics.resampling import Array


def bounds(count: npt.ArrayLike, n: npt.ArrayLike, confidence: float) -> tuple[Array, Array]:
    """Lower and upper bounds of proportions ``count`` of ``n`` independent units, of the shape of both together."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, n, alpha=1 - confidence, method="wilson")
    return np.asarray(low), np.asarray(high)

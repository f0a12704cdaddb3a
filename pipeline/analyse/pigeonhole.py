"""Respondents and scenarios both as samples of more: each is drawn, and what is of both is weighted by both.

A draw holds a respondent w times and a scenario v times, and an answer of the one to the other w v times (A. B. Owen,
"The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007). Its variance is never too small in large samples;
what is particular to a respondent in a scenario it counts more than once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from pipeline.statistics.resampling import Array, resample

# Two respondents have one difference: nothing to judge a spread by.
ENOUGH = 3


def interval(
    estimate: float,
    drawn: Array,
    respondents: Sequence[tuple[str, ...]],
    confidence: float,
    rng: np.random.Generator,
) -> tuple[float, float] | None:
    """Bounds of a mean over respondents, or pairs of them, from its draws over scenarios (draws x n).

    One respondent fewer is drawn than there are, which gives the mean of a few the variance that it has (J. N. K. Rao
    and C. F. J. Wu, JASA 83, 1988); a pair has the product of its two weights. On the scale of Fisher's z, Student's t
    on one degree of freedom less than there are respondents. None for fewer than three of them, and at an end of the
    scale.
    """
    names = sorted({name for whose in respondents for name in whose})
    if len(names) < ENOUGH or abs(estimate) >= 1:
        return None
    weights = resample(len(names), len(drawn), rng, len(names) - 1)
    place = {name: n for n, name in enumerate(names)}
    of = np.ones(drawn.shape)
    for side in zip(*respondents, strict=True):
        of *= weights[:, [place[name] for name in side]]
    there = of.sum(axis=1) > 0
    # Noise in a profile pulls its correlations down, in a draw once more than in the sample.
    means = (of * drawn).sum(axis=1)[there] / of.sum(axis=1)[there] - (drawn.mean() - estimate)
    z = np.arctanh(np.clip(means, -1 + 1e-9, 1 - 1e-9))
    half = stats.t.ppf((1 + confidence) / 2, len(names) - 1) * z.std(ddof=1)
    centre = math.atanh(estimate)
    return math.tanh(centre - half), math.tanh(centre + half)

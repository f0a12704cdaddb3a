"""Planted effects in texts: posts that a model recites, and values that a translation loses."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from pipeline.probe.excess import excesses, mean, permutation_p
from pipeline.translate.findings import checks

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.translated import readings

TEXTS, RUNS = 60, 90
# Mean of the two parts of a rate: what a continuation has in common with any half, and a half with any continuation.
RATE = 0.01
SCENARIOS = 40
Found = tuple[float, float, float, float]


def probe(rng: np.random.Generator, effect: float) -> Found:
    """A model that has a share ``effect`` of the posts by heart, and goes on with the others as anybody might: some
    continuations are near to every half, and some halves to every continuation."""
    rates = rng.gamma(1, RATE, (TEXTS, 1)) + rng.gamma(1, RATE, (1, TEXTS))
    matrix = rng.binomial(RUNS, np.minimum(rates, 1)) / RUNS
    knows = np.flatnonzero(rng.random(TEXTS) < effect)
    matrix[knows, knows] = 1.0
    found, truth = mean(excesses(matrix), 0.95), effect * (1 - 2 * RATE)
    p = permutation_p([matrix], int(rng.integers(1 << 30)))
    return (found.low, found.high, p, truth) if found else (float("nan"), float("nan"), p, truth)


def translation(rng: np.random.Generator, effect: float) -> Found:
    """Actions of which a reader recognises a share ``effect`` less in the other language; scenarios differ."""
    translations, found = readings(rng, effect, SCENARIOS)
    row = checks(translations, found, 0.95).row(0, named=True)
    # The interval is the test.
    p = 1.0 if row["low"] <= 0 <= row["high"] else 0.0
    return row["low"], row["high"], p, -effect

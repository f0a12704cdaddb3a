"""Seeded draws with replacement, as weights: how often each unit is in each draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.core.seeding import seeded_hash

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def generator(seed: int, purpose: str, whose: str = "analysis") -> np.random.Generator:
    """A generator for one purpose, which does not change when another purpose draws more."""
    return np.random.default_rng(seeded_hash(seed, whose, purpose))


def resample(units: int, draws: int, rng: np.random.Generator, size: int | None = None) -> Array:
    """Weights (draws x units): ``size`` units, by default as many as there are, drawn with replacement."""
    weights = np.empty((draws, units))
    for draw in weights:
        draw[:] = np.bincount(rng.integers(0, units, units if size is None else size), minlength=units)
    return weights

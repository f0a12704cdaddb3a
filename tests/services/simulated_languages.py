"""One agent asked in two languages, of which the second shifts one value by known log odds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.analyse.study import Scored
from services.simulated_study import SLUGS, Truth, study

SHIFTED = "tradition"


def utilities_of(rng: np.random.Generator, effect: float) -> np.ndarray:
    """Of both languages (2 x 10)."""
    found = np.tile(rng.normal(0, 0.8, len(SLUGS)), (2, 1))
    found[1, SLUGS.index(SHIFTED)] += effect
    return found


def in_two_languages(
    rng: np.random.Generator, utilities: np.ndarray, scenarios: int, pull: float = 0.7
) -> Scored:
    """m00 in English and m01 in Chinese, default mode in two wordings."""
    what = Truth(utilities, np.full(utilities.shape, 3.5), pull=pull)
    scored = study(what, rng, scenarios=scenarios, administrations=2, modes=("default",))
    chinese = pl.col("respondent") == "m01"
    return replace(
        scored,
        choices=scored.choices.with_columns(
            language=pl.when(chinese).then(pl.lit("zh")).otherwise(pl.lit("en"))
        ),
        respondents=scored.respondents.with_columns(
            agent=pl.lit("one"), condition=pl.Series(["main", "language zh"])
        ),
    )

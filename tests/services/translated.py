"""Readings of translations with a planted loss, for tests and benchmarks."""

from __future__ import annotations

import numpy as np
import polars as pl

from services.values import SLUGS


def readings(
    rng: np.random.Generator, shift: float, scenarios: int = 40
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Readings of ten actions a scenario: recognised with a chance of its own in English, less ``shift`` in xx."""
    texts, rows = [], []
    for number in range(scenarios):
        scenario, chance = f"s{number:010x}", rng.beta(12, 3)
        for value in SLUGS:
            action = f"{scenario}.{value}.w"
            texts.append({"id": action, "language": "xx", "text": "t", "fault": None, "similarity": 1.0})
            for language, right in (("en", chance), ("xx", chance - shift)):
                label = value if rng.random() < right else "none"
                rows.append(
                    {"action_id": action, "language": language, "reader": "r", "value": value, "label": label}
                )
    return pl.DataFrame(texts, schema_overrides={"fault": pl.String}), pl.DataFrame(rows)

"""Attention checks: actions shown in a scenario that they were not written for, where the answer is that none fits.

An action that shows its value whatever the scenario tempts an attentive rater to name that value, and is no check.
Which actions do is known where models read them blindly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.tables import NO_VALUE

# Of what one model alone says it cannot be told whether others see the same.
READERS = 2


def usable(actions: pl.DataFrame, readings: pl.DataFrame, doubtful: pl.DataFrame) -> pl.DataFrame:
    """The actions in which two readers or more saw no value, or not the same one, and that are not ``doubtful``.

    ``readings`` are Readings; those of texts that were replaced since do not count.
    """
    seen = (
        readings.drop_nulls("label")
        .join(actions.select("action_id", "attempt"), on=["action_id", "attempt"])
        .group_by("action_id")
        .agg(readers=pl.len(), labels=pl.col("label").n_unique(), none=(pl.col("label") == NO_VALUE).all())
    )
    unlike = seen.filter(pl.col("readers") >= READERS, (pl.col("labels") > 1) | pl.col("none"))
    return actions.join(unlike, on="action_id", how="semi").join(
        doubtful.select("action_id"), on="action_id", how="anti"
    )


def another_scenario(row: Mapping[str, Any], categories: Mapping[str, str], seed: int) -> str | None:
    """A scenario that the action of this row was not written for, of another category where there is one; None where
    there is only one scenario. ``categories`` has that of each."""
    others = [s for s, category in categories.items() if category != row["category"]] or [
        s for s in categories if s != row["scenario_id"]
    ]
    # The least hash of all: a new scenario takes the place of another one or changes nothing.
    return min(others, key=lambda s: seeded_hash(seed, f"elsewhere {row['action_id']}", s), default=None)


def there_and_wanted(items: pl.DataFrame, share: float) -> tuple[int, int]:
    """Attention checks that a round's Items have, and that they should have: ``share`` for each action drawn."""
    drawn = items.filter(~pl.col("distractor"), ~pl.col("doubtful"), task="value").height
    return items.filter("distractor").height, round(share * drawn)

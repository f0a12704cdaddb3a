"""Discussions whose truth is known."""

from __future__ import annotations

import numpy as np
import polars as pl

from services.values import SLUGS


def turns_of(follows: float, rng: np.random.Generator, scenarios: int = 60) -> pl.DataFrame:
    """Three who choose at random; asked again, one in ten answers is drawn anew; who hears a majority follows it with
    that chance."""
    rows = []
    for s in range(scenarios):
        for q in range(1, 6):
            first = rng.integers(1, 5, 3)
            for who in range(3):
                others = [first[other] for other in range(3) if other != who]
                agreed = others[0] if others[0] == others[1] else None
                for setting in ("together", "alone"):
                    last = rng.integers(1, 5) if rng.random() < 0.1 else first[who]
                    if setting == "together" and agreed is not None and rng.random() < follows:
                        last = agreed
                    for number, position in ((0, first[who]), (1, last)):
                        rows.append(
                            (setting, number, f"r{who}", f"s{s:010x}.q{q}", f"s{s:010x}", int(position))
                        )
    columns = ["setting", "round", "respondent", "question_id", "scenario_id", "position"]
    table = pl.DataFrame(rows, schema=columns, orient="row")
    return table.with_columns(
        value=pl.col("position").replace_strict(dict(enumerate(SLUGS)), return_dtype=pl.String)
    )

"""Discussions whose truth is known."""

from __future__ import annotations

import numpy as np
import polars as pl

from services.values import SLUGS

PEOPLE = 3


def turns_of(follows: float, rng: np.random.Generator, scenarios: int = 60) -> pl.DataFrame:
    """Three who choose at random; asked again, one in ten answers is drawn anew; who hears a majority follows it with
    that chance."""
    questions = 5 * scenarios
    shape = questions, PEOPLE
    first = rng.integers(1, 5, shape)
    others = [np.delete(first, who, axis=1) for who in range(PEOPLE)]
    agreed = np.column_stack([np.where(of[:, 0] == of[:, 1], of[:, 0], 0) for of in others])
    ends = {
        setting: np.where(rng.random(shape) < 0.1, rng.integers(1, 5, shape), first)
        for setting in ("together", "alone")
    }
    ends["together"] = np.where((agreed > 0) & (rng.random(shape) < follows), agreed, ends["together"])
    ids = [f"s{n // 5:010x}" for n in range(questions)]
    names = [f"{scenario}.q{n % 5 + 1}" for n, scenario in enumerate(ids)]
    table = pl.concat(
        pl.DataFrame(
            {
                "setting": setting,
                "round": number,
                "respondent": f"r{who}",
                "question_id": names,
                "scenario_id": ids,
                "position": positions[:, who],
            }
        )
        for setting, end in ends.items()
        for number, positions in ((0, first), (1, end))
        for who in range(PEOPLE)
    )
    return table.with_columns(
        value=pl.col("position").replace_strict(dict(enumerate(SLUGS)), return_dtype=pl.String)
    )

"""A simulated respondent in the lens's two tasks: strengths that we set, as in ValAct's, hence V and A that are known.

Of a pair it takes the expressing action with the chance s² / (1 + s²) for a value of enacted strength s (times its
biases for a place, and for a value that is named); it rates by declared strengths.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.administer.respondents.simulated import Settings, choose, rate_declared
from pipeline.lens.administer.answers import Chosen, Rated
from pipeline.lens.administer.design import Design
from pipeline.lens.administer.requests import SCALE
from pipeline.lens.params import Params
from pipeline.tables.columns import STANCES


def ratings(name: str, agent: Settings, design: Design, params: Params) -> list[Rated]:
    """Answers to each row of ``design.ratings``; 1 is most agreement, as it is for models."""
    columns = ("scenario_id", "wording", "order", "repeat", "values")
    asked = [
        (f"stated {scenario} {wording} {order} {repeat}", values)
        for scenario, wording, order, repeat, values in design.ratings.select(columns).iter_rows()
    ]
    held = rate_declared(name, agent, asked, SCALE, params.values, params.seed)
    return [
        [(status, _turned(rating), raw, key, origin) for status, rating, raw, key, origin in said]
        for said in held
    ]


def choices(name: str, agent: Settings, design: Design, params: Params) -> list[Chosen]:
    """Answers to each row of ``design.choices``."""
    number = pl.col("value").replace_strict(params.values.index, return_dtype=pl.Int64) + 1
    shown = design.choices.with_columns(
        question_id=pl.format("{}.q{}", "scenario_id", number),
        order=pl.when(pl.col("order") == "expressing_first").then(pl.lit("12")).otherwise(pl.lit("21")),
        mode=pl.when("abstain").then(pl.lit("abstain")).otherwise(pl.lit("default")),
        language=pl.when("explained").then(pl.lit("en, explained")).otherwise(pl.lit("en")),
        target_value=pl.lit(None, pl.String),
    )
    favour = np.where(shown["named"].to_numpy(), agent.naming, 1.0)
    answers = choose(name, agent, shown.drop("value"), _options(shown), params.values, params.seed, favour)
    return [(status, letter, None, None, None) for status, letter in answers.iter_rows()]


def _options(shown: pl.DataFrame) -> pl.DataFrame:
    """The two actions of each pair, as the table Options has them: the expressing one first."""
    pairs = shown.select("question_id", "value").unique(maintain_order=True)
    stances = pl.DataFrame({"position": [1, 2], "stance": STANCES}, schema_overrides={"position": pl.Int8})
    return pairs.join(stances, how="cross")


def _turned(rating: int | None) -> int | None:
    return None if rating is None else SCALE[0] + SCALE[-1] - rating

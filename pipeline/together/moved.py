"""Who moved, to whom, and towards which values: from the first choice to the last, together less alone.

The first choice is the same in both settings, so that every question is its own control: what asking again does by
itself is in both.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.analyse.bootstrap import Draws, ratio
from pipeline.analyse.drops import cluster_mcnemar
from pipeline.statistics.resampling import Array
from pipeline.together.talk import ALONE, TOGETHER
from pipeline.values import Inventory

KEY = ["respondent", "question_id"]
MOVED, JOINED = "moved", "joined_majority"
SCHEMA = {
    "respondent": pl.String,
    "measure": pl.String,
    "questions": pl.Int64,
    "together": pl.Float64,
    "alone": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p": pl.Float64,
}


def moved(
    turns: pl.DataFrame, inventory: Inventory, draws: int, confidence: float, seed: int
) -> pl.DataFrame:
    """One row a respondent and measure (SCHEMA): the share of questions on which the last choice is another than the
    first (``moved``); of those on which more than half of the others had first chosen one option that was not its
    own, the share that ends there (``joined_majority``); and the change of the share of each value. ``turns``: table
    Turns."""
    ends = _ends(turns)
    rows: list[dict[str, object]] = []
    for (respondent,), part in sorted(ends.partition_by("respondent", as_dict=True).items()):
        for measure, some in _measures(part, inventory):
            rows.append({"respondent": respondent, "measure": measure} | _row(some, draws, confidence, seed))
    return pl.DataFrame(rows, schema=SCHEMA)


def _ends(turns: pl.DataFrame) -> pl.DataFrame:
    """First and last choices of what was answered at both ends of both settings, with the others' first majority."""
    last = turns["round"].max()
    at = {
        (setting, number): turns.filter(pl.col("setting") == setting, pl.col("round") == number).filter(
            pl.col("position").is_not_null()
        )
        for setting, number in ((TOGETHER, 0), (TOGETHER, last), (ALONE, last))
    }
    first = at[TOGETHER, 0].select(*KEY, "scenario_id", "position", "value")
    for setting in (TOGETHER, ALONE):
        ended = at[setting, last].select(*KEY, position_end="position", value_end="value")
        first = first.join(
            ended.rename({name: f"{name}_{setting}" for name in ("position_end", "value_end")}),
            on=KEY,
            validate="1:1",
        )
    return first.join(_majority(at[TOGETHER, 0]), on=KEY, how="left", validate="1:1")


def _majority(first: pl.DataFrame) -> pl.DataFrame:
    """The option that more than half of the others chose first: majority, empty where there is none."""
    others = first.select(*KEY).join(
        first.select("question_id", other="respondent", theirs="position"), on="question_id"
    )
    counted = others.filter(pl.col("other") != pl.col("respondent")).group_by(*KEY, "theirs").len()
    return (
        counted.with_columns(of=pl.col("len").sum().over(KEY))
        .filter(2 * pl.col("len") > pl.col("of"))
        .select(*KEY, majority="theirs")
    )


def _measures(part: pl.DataFrame, inventory: Inventory) -> Iterator[tuple[str, pl.DataFrame]]:
    """Rows with what is counted in each setting: together and alone, by scenario."""

    def counted(rows: pl.DataFrame, **of: pl.Expr) -> pl.DataFrame:
        return rows.select("scenario_id", **{name: each.cast(pl.Float64) for name, each in of.items()})

    settings = (TOGETHER, ALONE)
    yield MOVED, counted(part, **{s: pl.col(f"position_end_{s}") != pl.col("position") for s in settings})
    against = part.filter(pl.col("majority").is_not_null(), pl.col("majority") != pl.col("position"))
    if against.height:
        yield (
            JOINED,
            counted(against, **{s: pl.col(f"position_end_{s}") == pl.col("majority") for s in settings}),
        )
    for slug in inventory.slugs:
        yield (
            slug,
            counted(
                part,
                **{
                    s: (pl.col(f"value_end_{s}") == slug).cast(pl.Int8)
                    - (pl.col("value") == slug).cast(pl.Int8)
                    for s in settings
                },
            ),
        )


def _row(rows: pl.DataFrame, draws: int, confidence: float, seed: int) -> dict[str, object]:
    sums = rows.group_by("scenario_id").agg(pl.col(TOGETHER, ALONE).sum(), n=pl.len()).sort("scenario_id")
    n, together, alone = (sums[name].to_numpy().astype(float) for name in ("n", TOGETHER, ALONE))
    difference = together - alone
    low, high = _bounds(difference, n, draws, confidence, seed)
    return {
        "questions": rows.height,
        "together": together.sum() / n.sum(),
        "alone": alone.sum() / n.sum(),
        "difference": difference.sum() / n.sum(),
        "low": low,
        "high": high,
        "p": cluster_mcnemar(difference),
    }


def _bounds(
    difference: Array, n: Array, draws: int, confidence: float, seed: int
) -> tuple[float | None, float | None]:
    # Without any difference every draw is 0, which says nothing about the next question.
    if len(n) < 2 or not difference.any():
        return None, None
    of = Draws.of(len(n), draws, confidence, seed)
    (totals,) = of.totals((np.column_stack([difference, n]), np.arange(len(n))))
    low, high = of.interval(ratio(totals[:, :1], totals[:, 1:]), len(n))
    return float(low[0]), float(high[0])

"""What each rater did: how much, how accurately, how fast, and whether attention checks were noticed."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.statistics.intervals import wilson
from pipeline.tables import Raters, conform
from pipeline.tables.scalars import real
from pipeline.verdict.judged import Judged


def raters(judged: Judged) -> pl.DataFrame:
    """One row a rater. A rater sees an item once, so that accuracies have Wilson intervals."""
    names = pl.concat([judged.answers["rater"], judged.skipped["rater"]]).unique().sort()
    value, checks = judged.of("value"), judged.of("value", distractors=True)
    rows = []
    for name in names:
        mine = pl.col("rater") == name
        first = value.filter(mine)
        found = wilson(int(first["matches"].sum()), first.height)
        seconds = judged.answers.filter(mine)["seconds"].drop_nulls()
        rows.append(
            {
                "rater": name,
                "judgements": judged.answers.filter(mine).height,
                "skipped": judged.skipped.filter(mine).height,
                "value_judgements": first.height,
                "accuracy": found.estimate,
                "low": found.low,
                "high": found.high,
                "checks": checks.filter(mine).height,
                "checks_passed": int(checks.filter(mine)["matches"].sum()),
                "seconds": real(seconds.median()) if seconds.len() else None,
            }
        )
    return conform(Raters, rows, where="raters")


def apart(people: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Raters whom a person should look at: half of the attention checks or more missed, or an accuracy whose interval
    lies below that of each other rater."""
    found = {}
    for row in people.iter_rows(named=True):
        others = people.filter(pl.col("rater") != row["rater"])["low"].drop_nulls()
        lowest = real(others.min()) if others.len() else None
        below = None not in (row["high"], lowest) and row["high"] < lowest
        if below or (row["checks"] and 2 * row["checks_passed"] <= row["checks"]):
            found[row["rater"]] = {
                "checks": row["checks"],
                "checks_passed": row["checks_passed"],
                "accuracy": row["accuracy"],
                "judgements": row["value_judgements"],
            }
    return found

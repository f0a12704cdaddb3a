"""The card's account of where the models' answers came from: asked for in this run, or brought from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.release.markdown import markdown_table

UNKNOWN = "no answer"


def origins(tables: Mapping[str, pl.DataFrame]) -> str:
    """A table: of the rows of each of ``tables`` (name for people -> table with a column ``origin``), how many came
    from where, the most first."""
    rows = [
        (name, origin, count, f"{100 * count / table.height:.1f} %")
        for name, table in tables.items()
        for origin, count in _counts(table)
    ]
    if not rows:
        return ""
    return (
        "Where the models' answers came from (`live` and `batch`: asked for by whoever built this; `recorded` and "
        "`imported`: taken from a file of recorded answers):\n\n"
        + markdown_table(("what", "origin", "rows", "share"), rows)
    )


def _counts(table: pl.DataFrame) -> list[tuple[str, int]]:
    counts = table.group_by(pl.col("origin").fill_null(UNKNOWN)).len()
    return list(counts.sort(pl.col("len"), pl.col("origin"), descending=[True, False]).iter_rows())

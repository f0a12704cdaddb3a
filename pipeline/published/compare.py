"""Published aggregate tables beside the same numbers from the imported rows."""

from __future__ import annotations

import polars as pl

from pipeline.published.aggregates import printed_alike
from pipeline.published.asked import INSTRUMENT, VALUES
from pipeline.tables import conform
from pipeline.tables.published import PublishedCells

_KEY = ["respondent", "measure", "wording", "value"]


def compare(aggregates: pl.DataFrame, choices: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Table PublishedCells: every cell of the aggregate tables, recomputed where the answers behind it were imported.

    As published: of the answers that count only, and PVQ means without any exclusion. The accuracy of adoption where
    selection was right is not recomputed, because what makes a majority is not published.
    """
    recomputed = pl.concat([_enacted(choices), _declared(answers), _accuracy(choices)])
    cells = aggregates.join(recomputed, on=_KEY, how="left", validate="m:1").with_columns(
        agrees=printed_alike(pl.col("printed"), pl.col("recomputed"), pl.col("measure"))
    )
    return conform(PublishedCells, cells, where="published tables").sort(PublishedCells.primary_key())


def _enacted(choices: pl.DataFrame) -> pl.DataFrame:
    """Share of each value in the choices of a wording, in percent; 0 for a value that was never chosen."""
    chosen = choices.filter((pl.col("mode") == "default") & (pl.col("status") == "answered"))
    counts = chosen.group_by("respondent", "wording", "value").len()
    return (
        chosen.group_by("respondent", "wording")
        .len("all")
        .join(pl.DataFrame({"value": VALUES.slugs}), how="cross")
        .join(counts, on=["respondent", "wording", "value"], how="left", validate="1:1")
        .select(
            "respondent",
            pl.lit("enacted").alias("measure"),
            "wording",
            "value",
            recomputed=100 * pl.col("len").fill_null(0) / pl.col("all"),
        )
    )


def _declared(answers: pl.DataFrame) -> pl.DataFrame:
    """Mean answer to the items of each value in the administrations of a wording."""
    value = pl.col("item").replace_strict(INSTRUMENT.value_of, return_dtype=pl.String)
    return (
        answers.filter(pl.col("status") == "answered")
        .group_by("respondent", pl.lit("declared").alias("measure"), "wording", value.alias("value"))
        .agg(recomputed=pl.col("answer").mean())
    )


def _accuracy(choices: pl.DataFrame) -> pl.DataFrame:
    """Share of the answers that choose the target, by the target's value."""
    return (
        choices.filter(pl.col("target_value").is_not_null() & (pl.col("status") == "answered"))
        .group_by(
            "respondent", pl.col("mode").alias("measure"), "wording", pl.col("target_value").alias("value")
        )
        .agg(recomputed=(pl.col("value") == pl.col("target_value")).mean())
    )

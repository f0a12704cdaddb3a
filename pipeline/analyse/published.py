"""Published numbers beside ours: each figure of the publication, recomputed by its authors' rule, with the row of our
tables that answers the same question, and its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.declared import Declarations
from pipeline.tables import MAIN, PublishedComparison, conform

KEY = ["figure", "respondent", "value", "wording"]
# The questionnaire of the published study.
INSTRUMENT = "pvq40"
KIND = "published"
TESTS = ("selection_adoption_t", "majority_adoption_t")
Row = tuple[str, str, str, int, float | None, float | None, float | None, int | None]
_SCHEMA = {
    "figure": pl.String,
    "respondent": pl.String,
    "value": pl.String,
    "wording": pl.Int16,
    "ours": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "ours_n": pl.Int64,
}


def compared(
    numbers: pl.DataFrame, tables: Mapping[str, pl.DataFrame], declared: Declarations, confidence: float
) -> pl.DataFrame:
    """Table PublishedComparison, a row for each row of table PublishedNumbers; ``tables`` are those of the analysis.

    Tests have no number of ours in their unit: beside Welch's t stands the paired drop.
    """
    rows = [
        *_shares(tables["profiles"]),
        *_means(declared, confidence),
        *_accuracies(tables["accuracy"]),
        *_drops(tables["drops"]),
        *_correlations(tables),
        *_letters(tables["positions"]),
    ]
    ours = pl.DataFrame(rows, schema=_SCHEMA, orient="row").unique(KEY, keep="first", maintain_order=True)
    beside = numbers.join(ours, on=KEY, how="left", validate="m:1").with_columns(
        difference=pl.when(~pl.col("figure").is_in(TESTS)).then(
            pl.col("ours") - pl.coalesce("published", "recomputed")
        )
    )
    fewer = pl.col("respondent").eq("all") & (pl.col("ours_n") != pl.col("n"))
    beside = beside.with_columns(
        why=pl.when(fewer)
        .then(
            pl.concat_str(
                pl.format("theirs is over {}, ours over the {} whose answers were imported", "n", "ours_n"),
                "why",
                separator="; ",
                ignore_nulls=True,
            )
        )
        .otherwise("why")
    )
    return conform(PublishedComparison, beside, where="published numbers")


def _shares(profiles: pl.DataFrame) -> Iterator[Row]:
    """In percent, as the authors' tables have them."""
    of = profiles.filter(
        pl.col("mode") == "default",
        pl.col("category") == "all",
        pl.col("language") == "en",
        pl.col("wording") > 0,
    )
    for row in of.iter_rows(named=True):
        numbers = [_percent(row[name]) for name in ("share_of_choices", "low", "high")]
        yield "enacted", row["respondent"], row["value"], row["wording"], *numbers, row["choices"]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _means(declared: Declarations, confidence: float) -> Iterator[Row]:
    """Mean of the administrations of a wording that count, with Student's interval."""
    for name, one in declared.get(INSTRUMENT, {}).items():
        if one.only_centred:
            continue
        wordings = np.array([facet.split()[-1] for facet in one.facets["wordings"]])
        for wording in filter(str.isdigit, np.unique(wordings)):
            means = one.means[wordings == wording]
            n = len(means)
            half = np.full(means.shape[1], np.nan)
            if n > 1:
                half = stats.t.ppf((1 + confidence) / 2, n - 1) * means.std(axis=0, ddof=1) / np.sqrt(n)
            for value, mean, width in zip(one.inventory.slugs, means.mean(axis=0), half, strict=True):
                bounds = (None, None) if np.isnan(width) else (float(mean - width), float(mean + width))
                yield "declared", name, value, int(wording), float(mean), *bounds, n


def _accuracies(accuracy: pl.DataFrame) -> Iterator[Row]:
    """By wording and value, and over all."""
    of = accuracy.filter((pl.col("language") == "all") == (pl.col("wording") == 0))
    for row in of.iter_rows(named=True):
        numbers = row["accuracy"], row["low"], row["high"]
        yield row["mode"], row["respondent"], row["value"], row["wording"], *numbers, row["answered"]


def _drops(drops: pl.DataFrame) -> Iterator[Row]:
    given = "adoption_given_selection"
    for row in drops.iter_rows(named=True):
        who, value, n = row["respondent"], row["value"], row["pairs"]
        for figure in ("drop", TESTS[0]):
            yield figure, who, value, 0, row["drop"], row["low"], row["high"], n
        yield given, who, value, 0, row[given], row[f"{given}_low"], row[f"{given}_high"], n


def _correlations(tables: Mapping[str, pl.DataFrame]) -> Iterator[Row]:
    for row in tables["gaps"].filter(instrument=INSTRUMENT).iter_rows(named=True):
        yield (
            "declared_enacted_r",
            row["respondent"],
            "all",
            0,
            row["r"],
            row["low"],
            row["high"],
            row["choices"],
        )
    for row in tables["summaries"].filter(kind=KIND).iter_rows(named=True):
        if row["instrument"] not in (INSTRUMENT, "questions"):
            continue
        bounds = row["low"], row["high"]
        if row["statistic"] == "declared_enacted_r":
            yield "declared_enacted_r_mean", "all", "all", 0, row["mean"], *bounds, row["n"]
        elif row["statistic"] in ("enacted_r", "declared_r"):
            yield f"{row['statistic']}_mean", "all", "all", 0, row["mean"], *bounds, row["n"]
            for end in ("min", "max"):
                yield f"{row['statistic']}_{end}", "all", "all", 0, row[end], None, None, row["n"]
    for row in tables["conditions"].filter(condition_a=MAIN).iter_rows(named=True):
        figure = "temperature_r" if row["kind"] == "enacted" else "chinese_english_r"
        yield figure, row["b"], "all", 0, row["r"], row["low"], row["high"], row["n"]


def _letters(positions: pl.DataFrame) -> Iterator[Row]:
    for row in positions.filter(mode="default").iter_rows(named=True):
        numbers = row["share"], row["low"], row["high"]
        yield "letter_share", row["respondent"], row["letter"], 0, *numbers, row["choices"]

"""The report of an import of the second paper's data, for people."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.tables.measures import OVERALL

# Figures by country and topic, and what no paper prints, are in the table alone.
_SHOWN = (
    pl.col("published").is_not_null()
    | pl.col("figure").is_in(["prediction_f1", "judged_right", "kappa"])
    | pl.col("figure").str.ends_with("_agreement")
    | ((pl.col("level") == OVERALL) & pl.col("figure").is_in(["rate_best", "auc", "distance"]))
)


def file_rows(files: pl.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Headers and cells of the table of files that were read."""
    numbers = ["lines", "rows", "answered"]
    rows = [
        [row["file"], row["read_as"], row["respondent"] or "", *(f"{row[name]:,}" for name in numbers)]
        for row in files.filter(~pl.col("read_as").is_in(["nothing", "beside"])).iter_rows(named=True)
    ]
    return ["file", "read as", "respondent", *numbers], rows


def unread_lines(files: pl.DataFrame) -> Iterator[str]:
    """Every file that was not read, with the reason; then those of other kinds."""
    for row in files.filter(pl.col("read_as") == "nothing").iter_rows(named=True):
        yield f"{row['file']}  {row['reason'] or 'it holds no rows'}"
    if (beside := files.filter(pl.col("read_as") == "beside")["file"]).len():
        yield f"{beside.len():,} files of other kinds, in which no results are looked for"


def figure_lines(figures: pl.DataFrame) -> Iterator[str]:
    """The main figures, beside the printed ones where these are known."""
    for row in figures.filter(_SHOWN).iter_rows(named=True):
        printed = "" if row["published"] is None else f"; printed {row['published']:.3f}"
        number = "cannot be told" if row["recomputed"] is None else f"{row['recomputed']:.4f}"
        yield f"{row['respondent']}  {row['figure']}, {row['level']}: {number}{printed}"

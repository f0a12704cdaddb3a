"""The report of an import, for people: what was read from each file, what was not, and where that stands."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.published.faults import FAULTS
from pipeline.published.problems import REASONS

# Rows of a kind that are shown one by one; all are in the tables.
SHOWN = 3


def file_rows(files: pl.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Headers and cells of the table of files that were read."""
    numbers = ["blocks", "unreadable", "rows", "answered", "invalid", "failed"]
    rows = [
        [row["file"], row["respondent"], row["instrument"], *(f"{row[name]:,}" for name in numbers)]
        for row in files.filter(pl.col("instrument").is_not_null()).iter_rows(named=True)
    ]
    return ["file", "respondent", "instrument", *numbers], rows


def problem_lines(problems: pl.DataFrame) -> Iterator[str]:
    """A line for each reason, and under it the first few places, in the order of ``REASONS``."""
    for reason, (lost, meaning) in REASONS.items():
        of_reason = problems.filter(pl.col("reason") == reason)
        yield from _listed(of_reason, f"{reason}{'' if lost == 'note' else f' ({lost} lost)'}: {meaning}")


def cell_lines(cells: pl.DataFrame) -> Iterator[str]:
    """How many cells of the published tables agree, and every one that does not."""
    recomputed = cells.filter(pl.col("agrees").is_not_null())
    agreeing = recomputed.filter("agrees").height
    yield (
        f"{agreeing:,} of {recomputed.height:,} recomputed cells agree to the printed precision; "
        f"{cells.height - recomputed.height:,} others have no imported answers behind them"
    )
    for row in recomputed.filter(~pl.col("agrees")).iter_rows(named=True):
        yield f"    {row['table']}  {row['respondent']}, {row['value']}: {row['printed']}; here {row['recomputed']:.4f}"


def fault_lines(faults: pl.DataFrame) -> Iterator[str]:
    """A line for each known fault of the publication that touches these files, with the first few rows."""
    for fault, meaning in FAULTS.items():
        yield from _listed(faults.filter(pl.col("fault") == fault), f"{fault}: {meaning}")


def _listed(rows: pl.DataFrame, title: str) -> Iterator[str]:
    if rows.is_empty():
        return
    yield f"{rows.height:,} x {title}"
    for row in rows.head(SHOWN).iter_rows(named=True):
        at = f"{row['file']}:{row['line']}" if row["line"] else row["file"]
        yield f"    {at}  {': '.join(part for part in (row['subject'], row['detail']) if part)}"
    if rows.height > SHOWN:
        yield f"    ... and {rows.height - SHOWN:,} more"

"""The report of an import, for people: what was read from each file, what was not, and where that stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.published.faults import FAULTS
from pipeline.published.files import BESIDE
from pipeline.published.problems import REASONS
from pipeline.tables.published import PAPER

# Rows of a kind that are shown one by one; all are in the tables.
SHOWN = 3
BESIDE_SHOWN = 12


def file_rows(files: pl.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Headers and cells of the table of files of answers."""
    numbers = ["blocks", "unreadable", "rows", "answered", "invalid", "failed"]
    rows = [
        [row["file"], row["respondent"], row["instrument"], *(f"{row[name]:,}" for name in numbers)]
        for row in files.filter(pl.col("instrument").is_not_null()).iter_rows(named=True)
    ]
    return ["file", "respondent", "instrument", *numbers], rows


def read_lines(files: pl.DataFrame) -> Iterator[str]:
    """How many files were taken for what, beside those of answers."""
    counts = (
        files.filter(~pl.col("read_as").is_in(["answers", "nothing", "beside"])).group_by("read_as").len()
    )
    for kind, number in counts.sort("read_as").iter_rows():
        yield f"{number:,} x {kind}"


def unread_lines(files: pl.DataFrame) -> Iterator[str]:
    """Every file that was not understood, by name; those that hold no results by what they are."""
    lost = files.filter(pl.col("read_as") == "nothing")
    if lost.height:
        tables = lost.filter(pl.col("file").str.contains(r"(?i)\.(csv|xlsx?|xlsm|ods)$")).height
        yield f"NOT READ: {lost.height:,} files, {tables:,} of them tables"
        for row in lost.iter_rows(named=True):
            yield f"    {row['file']}  {row['reason']}"
    beside = files.filter(pl.col("read_as") == "beside")["file"]
    if beside.len():
        names = ", ".join(beside.head(BESIDE_SHOWN)) + (", ..." if beside.len() > BESIDE_SHOWN else "")
        yield f"{beside.len():,} other files, {BESIDE}: {names}"


def problem_lines(problems: pl.DataFrame, reasons: Mapping[str, tuple[str, str]] = REASONS) -> Iterator[str]:
    """A line for each reason, and under it the first few places, in the order of ``reasons``."""
    for reason, (lost, meaning) in reasons.items():
        of_reason = problems.filter(pl.col("reason") == reason)
        if of_reason.is_empty():
            continue
        places = of_reason["places"].sum()
        yield f"{places:,} x {reason}{'' if lost == 'note' else f' ({lost} lost)'}: {meaning}"
        for row in of_reason.head(SHOWN).iter_rows(named=True):
            at = f"{row['file']}:{row['line']}" if row["line"] else row["file"]
            yield f"    {at}  {': '.join(part for part in (row['subject'], row['detail']) if part)}"
        if places > SHOWN:
            yield f"    ... and {places - SHOWN:,} more"


def cell_lines(cells: pl.DataFrame) -> Iterator[str]:
    """How many cells of the published tables agree, counted as the authors count, and every one that does not."""
    recomputed = cells.filter(pl.col("agrees").is_not_null())
    agreeing = recomputed.filter("agrees").height
    yield (
        f"{agreeing:,} of {recomputed.height:,} recomputed cells agree to the printed precision, by the authors' "
        f"rules; {cells.height - recomputed.height:,} others have no imported answers behind them"
    )
    for row in recomputed.filter(~pl.col("agrees")).iter_rows(named=True):
        yield f"    {row['table']}  {row['respondent']}, {row['value']}: {row['printed']}; here {row['recomputed']:.4f}"
    explained = recomputed.filter(pl.col("why").is_not_null())
    for (why,), of in sorted(explained.partition_by("why", as_dict=True).items()):
        yield f"    {of.height:,} cells: {why} ({', '.join(of['respondent'].unique().sort().head(4))})"
    missing = cells["missing"].drop_nulls().unique().sort()
    if missing.len():
        yield f"    {missing.len():,} files are missing: {', '.join(missing)}"


def number_lines(numbers: pl.DataFrame) -> Iterator[str]:
    """The figures of the paper itself: published, and recomputed."""
    of_paper = numbers.filter(pl.col("source") == PAPER)
    for row in of_paper.filter(pl.col("recomputed").is_not_null()).iter_rows(named=True):
        name = " ".join(word for word in (row["figure"], row["respondent"], row["value"]) if word != "all")
        published = "not printed" if row["published"] is None else f"{row['published']:.{row['decimals']}f}"
        yield f"{name}: {published}; recomputed {row['recomputed']:.{row['decimals'] + 1}f} from {row['basis']}"
    if lacking := of_paper.filter(pl.col("recomputed").is_null()).height:
        yield f"{lacking:,} figures cannot be recomputed; numbers.parquet says which file each one needs"


def fault_lines(faults: pl.DataFrame) -> Iterator[str]:
    """A line for each known fault of the publication that touches these files, with examples."""
    by_name = {row["fault"]: row for row in faults.iter_rows(named=True)}
    for fault in FAULTS:
        if row := by_name.get(fault):
            yield f"{row['places']:,} x {fault}: {row['meaning']}"
            yield from (f"    {example}" for example in row["examples"])
            if row["places"] > len(row["examples"]):
                yield f"    ... in {row['files']:,} files"

"""What keeps a post that was taken back from coming in again: at the scrape, and once more before a release."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipeline.core.errors import InputError
from pipeline.tables import ScrapeLedger, read_table, write_table
from pipeline.withdrawn.register import Register
from pipeline.withdrawn.rows import Names, column, parquet_files, without

SOURCE, REASON = "takedowns", "taken_down"


def keep_out(folder: Path, register: Register) -> int:
    """Takes every post in the register out of a fresh scrape (posts and ledger in ``folder``), and says how many."""
    if not register.entries:
        return 0
    files = (folder / "posts.parquet", folder / "ledger.parquet")
    found = register.taken(value for file in files for (value,) in column(file, "post_id") if value)
    return shut_out(folder, Names(found)) if found else 0


def none_is_left(folders: Iterable[Path], register: Register) -> None:
    """InputError where a table still holds a post that was taken back, such as one that an older cache brought."""
    if not register.entries:
        return
    for file in parquet_files(folders):
        if left := register.taken(value for (value,) in column(file, "post_id") if value):
            raise InputError(
                f"it holds {len(left)} posts that were taken back",
                where=str(file),
                remedy="run `valact takedown` without an id: it takes them out of everything here",
            )


def shut_out(folder: Path, names: Names) -> int:
    """Takes posts out of the scrape tables; their records are counted as ``taken_down`` in the ledger, unnamed."""
    if not (folder / "posts.parquet").exists():
        return 0
    path = folder / "ledger.parquet"
    ledger = read_table(ScrapeLedger, path)
    theirs = pl.col("post_id").is_in(list(names.posts)).fill_null(False)
    # Named first, row by row, so that a stop before the last step neither loses a record nor counts it twice.
    leaving = sorted(post for (post,) in column(folder / "posts.parquet", "post_id") if names.mean(post))
    if leaving:
        ours = pl.col("source") == SOURCE
        others = ledger.filter(~(ours & pl.col("post_id").is_in(leaving).fill_null(False)))
        last = max(others.filter(ours)["line"], default=0)
        named = [_taken(1, last + number, post) for number, post in enumerate(leaving, 1)]
        ledger = pl.concat([others, pl.DataFrame(named, schema=ledger.schema)])
        write_table(ScrapeLedger, ledger, path)
    without(folder / "posts.parquet", names)
    earlier = (pl.col("reason") == REASON) & (pl.col("line") == 0)
    records = int(ledger.filter(theirs)["count"].sum())
    if records:
        count = records + int(ledger.filter(earlier)["count"].sum())
        kept = ledger.filter(~theirs & ~earlier)
        write_table(
            ScrapeLedger, pl.concat([kept, pl.DataFrame([_taken(count)], schema=ledger.schema)]), path
        )
    return records


def _taken(count: int, line: int = 0, post: str | None = None) -> dict[str, object]:
    """A row of the scrape ledger for records that were taken back."""
    return {
        "source": SOURCE,
        "reason": REASON,
        "line": line,
        "count": count,
        "post_id": post,
        "detail": None,
    }

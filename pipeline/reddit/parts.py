"""What a source leaves behind, and how the parts become the posts table and the scrape ledger.

Every file, listing or id list becomes one part: a Parquet file with its posts and, for people, where each
stood. Parts are made independently of one another, then joined in the order of their sources, so that the
result does not depend on which was ready first. Memory holds a few thousand posts and all ids, never all posts.
"""

from __future__ import annotations

import shutil
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.atomic import writing
from pipeline.params.posts import Run
from pipeline.reddit.post import Rejected, normalise
from pipeline.tables import Posts, ScrapeLedger, conform, write_table

# A source that is wrong throughout must not fill the memory: from here on a reason is only counted.
DETAILED_ROWS = 1000
# Where parts wait beside the tables, and how long the names of those are that are kept.
PARTS, NAMED = ".parts", 64
# A row group: large enough to compress well, small enough to be nothing in memory.
GROUP_POSTS = 4096
GROUP_CHARACTERS = 16 << 20

POSTS_SCHEMA = pa.schema(
    {
        "post_id": pa.string(),
        "subreddit": pa.string(),
        "created_at": pa.timestamp("ms", "UTC"),
        "title": pa.string(),
        "body": pa.string(),
        "score": pa.int64(),
        "comments": pa.int64(),
        "flair": pa.string(),
        "is_self": pa.bool_(),
        "state": pa.string(),
        "over_18": pa.bool_(),
        "by_moderator": pa.bool_(),
        "crosspost": pa.bool_(),
    }
)
_in_order = itemgetter(*POSTS_SCHEMA.names)
# Texts differ from post to post: looking for repeated ones would take longer than compressing them.
PARQUET = {"compression": "zstd", "use_dictionary": ["subreddit", "flair", "state"]}


class Tally:
    """The ledger of one source: a row for each record that is no post, or a count where there are many."""

    def __init__(self, source: str, most: int = DETAILED_ROWS) -> None:
        self.source = source
        self._most = most
        self._rows: list[dict[str, Any]] = []
        self._detailed: Counter[str] = Counter()
        self._counted: Counter[str] = Counter()

    def line(self, reason: str, line: int, detail: str, post_id: str | None = None) -> None:
        """One record, at a line (or place in a listing) from 1."""
        if self._detailed[reason] == self._most:
            self._counted[reason] += 1
            return
        self._detailed[reason] += 1
        self._rows.append(self._row(reason, line, 1, post_id, detail))

    def count(self, reason: str, records: int = 1) -> None:
        """Records that need no row each."""
        self._counted[reason] += records

    def rows(self) -> list[dict[str, Any]]:
        return self._rows + [
            self._row(reason, 0, count, None, "more of the same" if self._detailed[reason] else None)
            for reason, count in self._counted.items()
            if count
        ]

    def _row(
        self, reason: str, line: int, count: int, post_id: str | None, detail: str | None
    ) -> dict[str, Any]:
        return {
            "source": self.source,
            "reason": reason,
            "line": line,
            "count": count,
            "post_id": post_id,
            "detail": detail,
        }


class Part(NamedTuple):
    """One source, read: ``records`` = posts in the Parquet file at ``path`` + the counts of ``ledger``.

    ``lines`` holds the line (or place in a listing) of each post, in the file's order.
    """

    source: str
    path: Path
    records: int
    lines: array[int]
    ledger: list[dict[str, Any]]


class Outcome(NamedTuple):
    """What a scrape came to; ``reasons`` sums the ledger's counts."""

    records: int
    posts: int
    reasons: dict[str, int]


class PartWriter:
    """Appends rows of ``tables.Posts`` to a Parquet file, a row group at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = array("q")
        self._writer = pq.ParquetWriter(path, POSTS_SCHEMA, **PARQUET)
        self._encoder = ThreadPoolExecutor(1)
        self._written: Future[None] = self._encoder.submit(lambda: None)
        self._rows: list[dict[str, Any]] = []
        self._characters = 0

    def add(self, row: dict[str, Any], line: int) -> None:
        self._rows.append(row)
        self.lines.append(line)
        self._characters += len(row["body"])
        if len(self._rows) == GROUP_POSTS or self._characters > GROUP_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        columns = zip(*map(_in_order, self._rows), strict=True)
        arrays = [
            pa.array(column, type=field.type) for column, field in zip(columns, POSTS_SCHEMA, strict=True)
        ]
        self._rows.clear()
        self._characters = 0
        # Checking and compressing need no Python, so they run beside the reading; one group at a time.
        self._written.result()
        self._written = self._encoder.submit(self._write, pa.table(arrays, schema=POSTS_SCHEMA))

    def _write(self, group: pa.Table) -> None:
        conform(Posts, pl.DataFrame(group).unique("post_id"), where=str(self.path))
        self._writer.write_table(group)

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                if self._rows:
                    self._flush()
                self._written.result()
        finally:
            self._encoder.shutdown()
            self._writer.close()


def write_part(
    source: str,
    posts: Iterable[tuple[int, Mapping[str, Any]]],
    subreddits: Mapping[str, str],
    tally: Tally,
    path: Path,
) -> Part:
    """API objects with their places as a part; what ``tally`` holds already counts among its records."""
    with PartWriter(path) as writer:
        for place, raw in posts:
            row = normalise(raw, subreddits)
            if isinstance(row, Rejected):
                tally.line(row.reason, place, row.detail, row.post_id)
            elif row["subreddit"].lower() not in subreddits:
                tally.line(
                    "other_subreddit", place, "not in a subreddit of params.categories", row["post_id"]
                )
            else:
                writer.add(row, place)
    rows = tally.rows()
    return Part(source, path, len(writer.lines) + sum(row["count"] for row in rows), writer.lines, rows)


def parts_folder(run: Run, folder: Path) -> Path:
    """Where parts of the tables in ``folder`` wait: beside them, or where params say that all machines see it."""
    return (Path(run.shared) if run.shared else folder) / PARTS


@contextmanager
def workspace(work: Path, *, keep: bool = False) -> Iterator[Path]:
    """The folder for parts, made where it is not there; gone once all is done, unless it is to be kept.

    After an error the parts that were kept (``saved``) stay for the next run; other processes may be at work there.
    """
    work.mkdir(parents=True, exist_ok=True)
    try:
        yield work
    except BaseException:
        for part in work.glob("*.parquet"):
            if len(part.stem) != NAMED:
                part.unlink(missing_ok=True)
        raise
    if not keep:
        shutil.rmtree(work, ignore_errors=True)


def join(
    parts: Iterable[Part], ledger: Iterable[dict[str, Any]], folder: Path, *, keep: bool = False
) -> Outcome:
    """Writes ``posts.parquet`` and ``ledger.parquet`` into ``folder``, parts in the order given, which stay only where
    they are to be kept.

    Of posts with one id the first stays; the others go to the ledger as ``duplicate_id``. ``ledger`` holds
    rows about no part. Posts keep the order of their sources: sorting them would need all in memory.
    """
    parts, ledger = list(parts), list(ledger)
    ids = _ids(parts)
    first = ids["post_id"].is_first_distinct()
    posts = folder / "posts.parquet"
    if len(parts) == 1 and first.all():
        with writing(posts) as whole:
            # The part may lie on another disk.
            shutil.copyfile(parts[0].path, whole) if keep else shutil.move(parts[0].path, whole)
    else:
        _copy_kept(parts, first, posts)
    rows = [*ledger, *(row for part in parts for row in part.ledger), *_duplicates(parts, ids, first)]
    written = write_table(ScrapeLedger, rows, folder / "ledger.parquet")
    records = sum(part.records for part in parts) + sum(row["count"] for row in ledger)
    reasons = dict(written.group_by("reason").agg(pl.col("count").sum()).sort("reason").iter_rows())
    return Outcome(records, int(first.sum()), reasons)


def _copy_kept(parts: list[Part], keep: pl.Series, to: Path) -> None:
    at = 0
    with pq.ParquetWriter(to, POSTS_SCHEMA, **PARQUET) as writer:
        for part in parts:
            with pq.ParquetFile(part.path) as file:
                for number in range(file.num_row_groups):
                    group = file.read_row_group(number)
                    kept = keep.slice(at, len(group))
                    at += len(group)
                    if kept.any():
                        writer.write_table(group if kept.all() else group.filter(kept.to_arrow()))


def _ids(parts: list[Part]) -> pl.DataFrame:
    """Part number, line and id of every post, in order."""
    frames = [pl.DataFrame(schema={"part": pl.UInt32, "line": pl.Int64, "post_id": pl.String})]
    for number, part in enumerate(parts):
        ids = pl.read_parquet(part.path, columns=["post_id"])
        frames.append(
            ids.select(
                pl.lit(number, pl.UInt32).alias("part"), pl.Series("line", part.lines, pl.Int64), "post_id"
            )
        )
    return pl.concat(frames)


def _duplicates(parts: list[Part], ids: pl.DataFrame, keep: pl.Series) -> Iterator[dict[str, Any]]:
    repeated = ids.filter(~keep)
    if repeated.is_empty():
        return
    first = ids.filter(keep).join(repeated.select("post_id").unique(), on="post_id", how="semi")
    origin = {post_id: (parts[part].source, line) for part, line, post_id in first.iter_rows()}
    tallies = [Tally(part.source) for part in parts]
    for part, line, post_id in repeated.iter_rows():
        source, at = origin[post_id]
        tallies[part].line("duplicate_id", line, f"came before: {source}, line {at:,}", post_id)
    for tally in tallies:
        yield from tally.rows()

"""Parquet files of others: no more of one is taken into memory than a reader can bear.

A few kilobytes can say one long text millions of times. So texts are read as a dictionary and the places where its
words stand, which takes no more than the file, and what they would take written out is counted before they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.core.errors import InputError
from pipeline.tables import footer

# Of one table in memory. The largest of a release of 15,000 questions takes some 50 MB.
MOST_BYTES = 2_000_000_000
# Of one column, those in lists included: a run of equal ones takes no room in the file, and some bytes each here.
MOST_VALUES = 100_000_000
_ROWS = 4_096


def read(path: Path) -> pl.DataFrame:
    """The table; InputError where it is no readable Parquet, or would take more than ``MOST_BYTES``."""
    check(path)
    with _readable(path):
        return pl.read_parquet(path)


def check(path: Path, columns: Sequence[str] | None = None) -> None:
    """InputError as of ``read``, for a table of which others will read these columns (all, where none are named)."""
    taken = 0
    with _opened(path) as parquet:
        for batch in _by_group(parquet, _ROWS, columns):
            taken += _written_out(batch)
            if taken > MOST_BYTES:
                raise _too_large(path)


def batches(path: Path, rows: int) -> Iterator[pa.RecordBatch]:
    """The rows in order, at most ``rows`` and ``MOST_BYTES`` at a time; InputError as of ``read``, for one row that
    takes more."""
    with _opened(path) as parquet:
        plain = pq.read_schema(path)
        for batch in _by_group(parquet, rows):
            for part in _portions(batch, path):
                yield pa.Table.from_batches([part]).cast(plain).combine_chunks().to_batches()[0]


def _by_group(
    parquet: pq.ParquetFile, rows: int, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """At most ``rows`` at a time, and none of two row groups: each has a dictionary of its own, and pyarrow cannot put
    texts in lists of two dictionaries into one batch."""
    for group in range(parquet.num_row_groups):
        yield from parquet.iter_batches(rows, row_groups=[group], columns=columns)


def _portions(batch: pa.RecordBatch, path: Path) -> Iterator[pa.RecordBatch]:
    """Halves of halves that fit; nothing for no rows."""
    if not batch.num_rows:
        return
    if _written_out(batch) <= MOST_BYTES:
        yield batch
        return
    if batch.num_rows == 1:
        raise _too_large(path)
    half = batch.num_rows // 2
    yield from _portions(batch.slice(0, half), path)
    yield from _portions(batch.slice(half), path)


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    with _readable(path):
        for chunks in footer.columns(path):
            if sum(chunk.values for chunk in chunks) > MOST_VALUES:
                raise _too_large(path)
            if max(chunk.bytes for chunk in chunks) > MOST_BYTES:
                raise _too_large(path)
        described = pq.read_metadata(path).schema
        every = [described.column(number) for number in range(len(described))]
        texts = [column.path for column in every if column.physical_type == "BYTE_ARRAY"]
        with pq.ParquetFile(path, read_dictionary=texts) as parquet:
            yield parquet


def _written_out(part: pa.RecordBatch | pa.Array) -> int:
    """The bytes that it takes with every text in its place."""
    if isinstance(part, pa.RecordBatch):
        return sum(_written_out(column) for column in part.columns)
    if pa.types.is_dictionary(part.type):
        lengths = pc.binary_length(part.dictionary)
        return int(pc.sum(lengths.take(part.indices)).as_py() or 0) + 8 * len(part)
    if pa.types.is_struct(part.type):
        return sum(_written_out(field) for field in part.flatten())
    if pa.types.is_list(part.type) or pa.types.is_large_list(part.type):
        return _written_out(part.flatten()) + 8 * len(part)
    return int(part.nbytes)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    if not path.exists():
        raise InputError("the file is missing", where=str(path))
    try:
        yield
    except (
        pa.ArrowException,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
        OSError,
        MemoryError,
        ValueError,
    ):
        raise InputError("the file is not readable Parquet", where=str(path)) from None


def _too_large(path: Path) -> InputError:
    return InputError(
        f"the file would take more than {MOST_BYTES / 1e9:.0f} GB in memory, which no table of ours does",
        where=str(path),
        remedy="do not use this copy",
    )

"""Transcripts: recorded answers as Parquet, without prompts. What a release carries to be rebuilt from.

Reading: every ``*.parquet`` of a folder is indexed once in a store of its own beside the response store,
and looked up there by key; the index is made anew whenever a file comes, goes or changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.atomic import writing
from pipeline.core.errors import InputError
from pipeline.engine.request import Request
from pipeline.engine.response import Response
from pipeline.engine.store import Store
from pipeline.tables import Transcripts, conform, write_table

INDEX = "transcripts.sqlite"
ROWS = 65_536
# The years 2000 to 2999, in milliseconds: no recording is from elsewhen, and Python has no date for some of that.
EARLIEST, LATEST = 946_684_800_000, 32_503_680_000_000

_SCHEMA = Transcripts.create_empty().schema
_INSERT = (
    "INSERT OR IGNORE INTO answers (key, subject, stage, provider, base_url, model, served_model, status, "
    "text, finish_reason, error, input_tokens, cached_tokens, output_tokens, attempts, recorded_at) "
    "VALUES (?, ?, 'transcript', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"
)


class Taken(msgspec.Struct):
    """Answers of a transcript that a store took in, had already, or has other ones for."""

    added: int = 0
    known: int = 0
    different: int = 0


def open_index(folder: Path | str, beside: Path | str) -> Store | None:
    """The transcripts in ``folder`` as a store to look answers up in, or None where there is none.

    ``beside`` is the path of the response store. Where two files answer one key, the first by file name
    counts. InputError names the file that is no transcript.
    """
    files = sorted(Path(folder).glob("*.parquet"))
    if not files:
        return None
    index = Store(Path(beside).parent / INDEX)
    stats = [(file.name, file.stat()) for file in files]
    contents = msgspec.json.encode([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]).decode()
    with index.transaction() as connection:
        row = connection.execute("SELECT value FROM notes WHERE name = 'files'").fetchone()
        if row is None or row[0] != contents:
            connection.execute("DELETE FROM answers")
            for file in files:
                for rows in _read(file):
                    connection.executemany(_INSERT, rows)
            connection.execute("INSERT OR REPLACE INTO notes VALUES ('files', ?)", [contents])
    return index


def table(stores: Iterable[Store]) -> pl.DataFrame:
    """The answers that a run used (``Store.mark_used``) as tables.Transcripts, by key."""
    rows = chain.from_iterable(store.used() for store in stores)
    parts = [_frame([])]
    while part := list(islice(rows, ROWS)):
        parts.append(_frame(part))
    return conform(Transcripts, pl.concat(parts).sort("request_key"), where="transcript of this run")


def write(pairs: Iterable[tuple[Request, Response]], path: Path | str) -> pl.DataFrame:
    """Writes answers as a transcript that ``open_index`` reads; failed calls are no answers and left out."""
    rows = [_row(request, response) for request, response in pairs if response.status != "failed"]
    return write_table(Transcripts, _frame(rows), path)


def save(rows: Iterable[tuple[Any, ...]], path: Path | str) -> int:
    """Writes rows of tables.Transcripts (recorded_at in milliseconds), given by key, as a transcript, some at a
    time, and says how many; the file appears only when it is whole."""
    path, count = Path(path), 0
    rows, schema = iter(rows), _frame([]).to_arrow().schema
    with writing(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as parquet:
        while some := list(islice(rows, ROWS)):
            parquet.write_table(conform(Transcripts, _frame(some), where=str(path)).to_arrow())
            count += len(some)
    return count


def take_in(file: Path, store: Store) -> Taken:
    """Adds the answers of a transcript to a store; where it has one under a key already, that one stands.

    All of the file or nothing: InputError for a file that is no transcript.
    """
    before = "SELECT status, text FROM answers WHERE key = ?"
    taken = Taken()
    with store.transaction() as connection:
        for rows in _read(file):
            for row in rows:
                if connection.execute(_INSERT, row).rowcount:
                    taken.added += 1
                elif connection.execute(before, row[:1]).fetchone() == (row[6], row[7]):
                    taken.known += 1
                else:
                    taken.different += 1
    return taken


def _frame(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={**_SCHEMA, "recorded_at": pl.Int64}, orient="row").cast(_SCHEMA)


def _read(file: Path) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Rows for the index, some at a time, so that the size of a file does not matter."""
    try:
        with pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(ROWS):
                part = conform(Transcripts, pl.DataFrame(batch), where=str(file))
                _check_times(part, file)
                answers = part.filter(pl.col("status") != "failed").with_columns(
                    pl.col("request_key").str.decode("hex"), pl.col("recorded_at").dt.epoch("ms")
                )
                yield answers.iter_rows()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"not a readable transcript: {error}",
            where=str(file),
            remedy="put back the file as it was released, or take it out of the folder",
        ) from error


def _check_times(part: pl.DataFrame, file: Path) -> None:
    """InputError for a moment that cannot be one of a recording, and that no Python date could hold."""
    moments = part.select("request_key", at=pl.col("recorded_at").cast(pl.Int64))
    odd = moments.filter(~pl.col("at").is_between(EARLIEST, LATEST))
    if odd.height:
        key, at = odd.row(0)
        year = 1970 + round(at / 31_556_952_000)
        raise InputError(
            f"the answer under key {key[:12]} was recorded in the year {year}: this is no transcript of a run",
            where=str(file),
            remedy="put back the file as it was released, or take it out of the folder",
        )


def _row(request: Request, response: Response) -> tuple[Any, ...]:
    return (
        request.key,
        request.subject,
        request.provider,
        request.base_url,
        request.model,
        response.served_model,
        response.status,
        response.text,
        response.finish_reason,
        response.error,
        response.input_tokens,
        response.cached_tokens,
        response.output_tokens,
        round(response.recorded_at.timestamp() * 1000),
    )

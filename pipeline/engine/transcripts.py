"""Transcripts: recorded answers as Parquet, each with its request. What a run can be rebuilt from.

Reading: every ``*.parquet`` of a folder is indexed once in a store of its own beside the response store,
and looked up there by key; the index is made anew whenever a file comes, goes or changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow.parquet as pq
import zstandard

from pipeline.core.atomic import writing
from pipeline.engine.answer_rows import INSERT, milliseconds
from pipeline.engine.origin import imported, recorded
from pipeline.engine.request import Request
from pipeline.engine.response import Response
from pipeline.engine.store import Store
from pipeline.engine.transcript_rows import Reader
from pipeline.tables import Transcripts, conform, write_table

INDEX = "transcripts.sqlite"
# An index that was made otherwise is made anew.
INDEX_VERSION = 2
ROWS = 65_536

_SCHEMA = Transcripts.create_empty().schema


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
    seen = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    contents = msgspec.json.encode([INDEX_VERSION, seen]).decode()
    with index.transaction() as connection:
        row = connection.execute("SELECT value FROM notes WHERE name = 'files'").fetchone()
        if row is None or row[0] != contents:
            connection.execute("DELETE FROM answers")
            for file in files:
                for rows in Reader(file, recorded(file), index.compress).parts():
                    connection.executemany(INSERT, rows)
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


def take_in(file: Path, store: Store, *, unchecked: bool = False) -> Taken:
    """Adds the answers of a transcript to a store; where it has one under a key already, that one stands.

    All of the file or nothing: InputError for a file that is no transcript, and for a row that no run can have
    recorded. ``unchecked`` takes answers without their requests too.
    """
    before = "SELECT status, text FROM answers WHERE key = ?"
    taken = Taken()
    with store.transaction() as connection:
        for rows in Reader(file, imported(file), store.compress, unchecked).parts():
            for row in rows:
                if connection.execute(INSERT, row).rowcount:
                    taken.added += 1
                elif connection.execute(before, row[:1]).fetchone() == row[1:3]:
                    taken.known += 1
                else:
                    taken.different += 1
    return taken


def _frame(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """``request`` may be compressed, as the store has it."""
    whole = ((*row[:-1], _text(row[-1])) for row in rows)
    return pl.DataFrame(list(whole), schema={**_SCHEMA, "recorded_at": pl.Int64}, orient="row").cast(_SCHEMA)


def _text(request: bytes | str | None) -> str | None:
    return zstandard.decompress(request).decode() if isinstance(request, bytes) else request


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
        milliseconds(response.recorded_at),
        response.origin,
        request.canonical_json().decode(),
    )

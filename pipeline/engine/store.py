"""The response store: one row an answer, in SQLite, outside everything that DVC deletes.

Safe against ``kill -9`` and power cuts (write-ahead log, synced at each commit) and for several
processes at once. The first answer asked for and recorded under a key is the answer: a second one never replaces it.
An answer that was brought from elsewhere gives way to one that was asked for here, and is set aside.
Calls without an answer are rows of ``failures``, which no lookup ever reads. What every call used, whatever
came of it, is added up (``spend``) in the same transaction as its answer.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import zstandard
from msgspec import structs

from pipeline.core.atomic import private_file
from pipeline.core.errors import InputError
from pipeline.engine import answer_rows
from pipeline.engine.answer_rows import RESPONSE
from pipeline.engine.origin import BATCH, OWN
from pipeline.engine.request import Request
from pipeline.engine.response import Response, Usage
from pipeline.engine.spend import Spend, add_spend, spend_in
from pipeline.engine.store_file import check_readable, connect, connect_for_reading, prepare, transaction

# The index of a million keys stays in memory.
CACHE_KB = 65_536
# Bytes that have to be free before anything is asked: for SQLite's log, and for every answer in the air.
ROOM, ROOM_FOR_ANSWER = 8_000_000, 64_000
# Keys a query; SQLite takes more, but the gain ends here.
LOOKUP = 500

_FIND = f"SELECT {RESPONSE} FROM answers WHERE key"
_ABOUT = "key, subject, stage, provider, base_url, model"
_INSERT_FAILURE = f"INSERT INTO failures ({_ABOUT}, error, attempts, failed_at) VALUES ({', '.join('?' * 9)})"
# Rows used in this run live in a temporary table: on disk, so that a million of them cost no memory, and without
# an index, so that they cost little time either. Two subjects may share one request; the smaller one is told.
_MARK_USED = "INSERT INTO temp.used VALUES (?, ?)"
_USED = (
    "SELECT lower(hex(a.key)), u.subject, a.provider, a.base_url, a.model, a.served_model, a.status, a.text, "
    "a.finish_reason, a.error, a.input_tokens, a.cached_tokens, a.output_tokens, a.recorded_at, a.origin, a.request "
    "FROM (SELECT key, min(subject) AS subject FROM temp.used GROUP BY key) u JOIN answers a USING (key) "
    "ORDER BY u.key"
)


class _Enough(Exception):
    """Takes a trial back."""


class Store:
    """A file of recorded answers. Lookups belong to one thread; ``record`` may run in another one.

    Raises InputError when the file cannot be opened, read or written: damaged, no store, written by a
    newer version, no space left. One that cannot be written can still be read, where ``read_only`` is allowed.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self._writing = threading.Lock()
        self._compressor = zstandard.ZstdCompressor()
        with self._explained():
            if read_only and self._cannot_be_written():
                self._writer = self._reader = connect_for_reading(self.path)
                check_readable(self._reader, self.path)
            else:
                private_file(self.path)
                self._writer = connect(self.path)
                prepare(self._writer, self.path)
                self._reader = connect(self.path)
            self._reader.execute(f"PRAGMA cache_size = -{CACHE_KB}")
            self._reader.execute("CREATE TEMP TABLE used (key BLOB, subject TEXT)")

    def find(self, keys: Iterable[str]) -> dict[str, Response]:
        """The recorded answers among ``keys``, by key; about 100,000 lookups a second."""
        wanted = [bytes.fromhex(key) for key in keys]
        found: dict[str, Response] = {}
        with self._explained():
            for start in range(0, len(wanted), LOOKUP):
                some = wanted[start : start + LOOKUP]
                query = f"{_FIND} IN ({','.join('?' * len(some))})"
                for row in self._reader.execute(query, some):
                    response = self._response(row)
                    found[response.key] = response
        return found

    def record(
        self,
        answers: Sequence[tuple[Request, Response]],
        *,
        stage: str,
        lost: Iterable[tuple[Request, Usage]] = (),
    ) -> list[tuple[Request, Response]]:
        """Commits answers in one transaction and gives back what is recorded now.

        That differs from what came in where another process was first with a key: its answer stands. ``lost``
        is what calls used that gave no answer.
        """
        with self.transaction() as connection:
            return self.add(connection, answers, stage=stage, lost=lost)

    def add(
        self,
        connection: sqlite3.Connection,
        answers: Sequence[tuple[Request, Response]],
        *,
        stage: str,
        lost: Iterable[tuple[Request, Usage]] = (),
        batch: bool = False,
        most: Mapping[str, Usage] | None = None,
    ) -> list[tuple[Request, Response]]:
        """``record`` inside a transaction; ``batch`` says that all of this is billed at the batch price, ``most`` what
        a call may have used that does not say it (by key; without it, as much as its request allows)."""
        if batch:
            answers = [(request, structs.replace(response, origin=BATCH)) for request, response in answers]
        recorded = [(request, response) for request, response in answers if response.status != "failed"]
        failed = [(request, response) for request, response in answers if response.status == "failed"]
        added = self._insert(connection, recorded, stage)
        connection.executemany(_INSERT_FAILURE, [_failure_row(*pair, stage) for pair in failed])
        paid = chain(((request, response.usage) for request, response in recorded), lost)
        add_spend(connection, paid, stage, batch, most or {})
        if added in (len(recorded), -1):
            return list(answers)
        if self._take_their_places(connection, recorded):
            self._insert(connection, recorded, stage)
        standing = {}
        for request, _ in recorded:
            row = connection.execute(f"{_FIND} = ?", [bytes.fromhex(request.key)]).fetchone()
            standing[request.key] = self._response(row)
        return [(request, standing.get(request.key, response)) for request, response in answers]

    def _insert(
        self, connection: sqlite3.Connection, answers: Sequence[tuple[Request, Response]], stage: str
    ) -> int:
        rows = [answer_rows.row(*pair, stage, self.compress) for pair in answers]
        return connection.executemany(answer_rows.INSERT, rows).rowcount

    def _take_their_places(
        self, connection: sqlite3.Connection, own: Sequence[tuple[Request, Response]]
    ) -> int:
        """Sets aside answers that were brought where there is one now that was asked for here."""
        now = answer_rows.milliseconds(dt.datetime.now(dt.UTC))
        brought = f"key = ? AND origin NOT IN {OWN}"
        return sum(
            set_aside(connection, brought, [bytes.fromhex(request.key)], now, None) for request, _ in own
        )

    def mark_used(self, pairs: Iterable[tuple[Request, Response]]) -> None:
        """Notes that this run used these answers, for ``used``."""
        rows = [(bytes.fromhex(request.key), request.subject) for request, _ in pairs]
        with self._explained(), transaction(self._reader, "BEGIN"):
            self._reader.executemany(_MARK_USED, rows)

    def used(self) -> Iterator[tuple[Any, ...]]:
        """Rows of the answers marked as used, by key: tables.Transcripts, recorded_at in milliseconds, the request
        compressed."""
        with self._explained():
            yield from self._reader.execute(_USED)

    def spend(self) -> list[Spend]:
        """What all calls recorded here used, by stage, model and day; a few rows, however many calls."""
        with self._explained():
            return spend_in(self._reader)

    def rows(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of any query, one after the other."""
        with self._explained():
            yield from self._reader.execute(query, values)

    def longer_answers(self) -> dict[str, int]:
        """Token limits of requests that are to be asked anew with another one than their own, by key."""
        limits: dict[str, int] = {}
        for key, limit in self.rows("SELECT lower(hex(key)), max_tokens FROM superseded ORDER BY rowid"):
            limits.pop(key, None)
            if limit is not None:
                limits[key] = limit
        return limits

    def show(self, key: str) -> tuple[dict[str, Any] | None, Response] | None:
        """The request as sent (None where only a transcript is held) and its answer; None if unknown."""
        query = f"SELECT {RESPONSE}, extra, request FROM answers WHERE key = ?"
        with self._explained():
            row = self._reader.execute(query, [bytes.fromhex(key)]).fetchone()
        if row is None:
            return None
        *found, extra, body = row
        response = self._response(found, extra)
        try:
            return answer_rows.request_of(body), response
        except (ValueError, zstandard.ZstdError) as error:
            raise answer_rows.changed(
                key, f"its request cannot be read: {error}", where=str(self.path)
            ) from error

    def compress(self, data: bytes) -> bytes:
        """For rows that are written in a transaction of this store: not for two threads at once."""
        return self._compressor.compress(data)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The writing connection, alone among all threads and processes; commits at the end."""
        with self._writing, self._explained(), transaction(self._writer):
            yield self._writer

    @contextmanager
    def transaction_beside(self, path: Path) -> Iterator[sqlite3.Connection]:
        """As ``transaction``, with the tables of another store under the name ``other``, to be read."""
        with self._writing, self._explained():
            self._writer.execute("ATTACH DATABASE ? AS other", [str(path)])
            try:
                with transaction(self._writer):
                    yield self._writer
            finally:
                self._writer.execute("DETACH DATABASE other")

    def check_space(self, answers: int) -> None:
        """InputError where there may be no room for so many answers: they would be paid for, and lost."""
        needed = ROOM + answers * ROOM_FOR_ANSWER
        free = shutil.disk_usage(self.path.parent).free
        if free < needed:
            raise InputError(
                f"only {free / 1e6:.1f} MB are free, too few for answers that are to be paid for",
                where=str(self.path),
                remedy="make room, or name a file on another disk in responses.store",
            )
        # Quotas show only when something is written.
        with suppress(_Enough), self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO notes VALUES ('room', zeroblob(?))", [needed - ROOM])
            raise _Enough

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _response(self, row: Sequence[Any], extra: bytes | None = None) -> Response:
        try:
            return answer_rows.response_of(row, extra)
        except answer_rows.ChangedRow as error:
            raise answer_rows.changed(row[0].hex(), str(error), where=str(self.path)) from error

    def _cannot_be_written(self) -> bool:
        return self.path.exists() and not (
            os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns SQLite's errors into ours."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise InputError(
                f"recorded responses cannot be read or written: {error}",
                where=str(self.path),
                remedy="check free space and permissions, and that no other program locks the file; "
                "what was answered so far is kept",
            ) from error
        except sqlite3.DatabaseError as error:
            # Its other subclasses are defects of ours.
            if type(error) is not sqlite3.DatabaseError:
                raise
            raise InputError(
                f"the store of recorded responses is damaged: {error}",
                where=str(self.path),
                remedy="put back a copy, or move the file away and run again: answers that no transcript in "
                "responses.transcripts holds will be asked for anew",
            ) from error


def set_aside(
    connection: sqlite3.Connection, where: str, values: Sequence[Any], now: int, max_tokens: int | None
) -> int:
    """Moves answers out of the way of lookups, so that they can be asked anew, and says how many. ``now`` is in
    milliseconds, ``max_tokens`` the limit that the next asking gets."""
    columns = ", ".join(name for _, name, *_ in connection.execute("PRAGMA table_info(answers)"))
    moved = connection.execute(
        f"INSERT INTO superseded ({columns}, superseded_at, max_tokens) "
        f"SELECT {columns}, ?, ? FROM answers WHERE {where} ORDER BY key",
        [now, max_tokens, *values],
    ).rowcount
    if moved:
        connection.execute(f"DELETE FROM answers WHERE {where}", values)
    return moved


def response_in(connection: sqlite3.Connection, key: str, path: Path) -> Response | None:
    """The recorded answer under a key as a transaction sees it."""
    row = connection.execute(f"{_FIND} = ?", [bytes.fromhex(key)]).fetchone()
    try:
        return None if row is None else answer_rows.response_of(row)
    except answer_rows.ChangedRow as error:
        raise answer_rows.changed(key, str(error), where=str(path)) from error


def _failure_row(request: Request, response: Response, stage: str) -> tuple[Any, ...]:
    about = request.subject, stage, request.provider, request.base_url, request.model
    failed_at = answer_rows.milliseconds(response.recorded_at)
    return (bytes.fromhex(request.key), *about, response.error, response.attempts, failed_at)

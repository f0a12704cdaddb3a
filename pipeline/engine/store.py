"""The response store: one row an answer, in SQLite, outside everything that DVC deletes.

Safe against ``kill -9`` and power cuts (write-ahead log, synced at each commit) and for several
processes at once. The first answer recorded under a key is the answer: a second one never replaces it.
Calls without an answer are rows of ``failures``, which no lookup ever reads. What every call used, whatever
came of it, is added up in ``spend``, in the same transaction as its answer. Counts that cannot be (negative, larger
than any model could use) are no counts: the answer is kept, and its call counts as the most it may have used.
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

import msgspec
import zstandard

from pipeline.core.errors import InputError
from pipeline.engine.request import Request
from pipeline.engine.response import Extra, Response, Usage
from pipeline.engine.store_file import check_readable, connect, connect_for_reading, prepare, transaction
from pipeline.engine.usual import counts, most_usage, size

# The index of a million keys stays in memory.
CACHE_KB = 65_536
# Bytes that have to be free before anything is asked: for SQLite's log, and for every answer in the air.
ROOM, ROOM_FOR_ANSWER = 8_000_000, 64_000
# Keys a query; SQLite takes more, but the gain ends here.
LOOKUP = 500

_ORIGIN = "key, subject, stage, provider, base_url, model"
_RESPONSE = (
    "key, status, text, finish_reason, error, served_model, "
    "input_tokens, cached_tokens, output_tokens, attempts, recorded_at"
)
_INSERT_ANSWER = (
    f"INSERT OR IGNORE INTO answers ({_ORIGIN}, status, text, finish_reason, error, served_model, input_tokens, "
    f"cached_tokens, output_tokens, attempts, recorded_at, request, extra) VALUES ({', '.join('?' * 18)})"
)
_INSERT_FAILURE = f"INSERT INTO failures VALUES ({', '.join('?' * 9)})"
_ADD_SPEND = (
    f"INSERT INTO spend VALUES ({', '.join('?' * 13)}) "
    "ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, unmetered = unmetered + excluded.unmetered, "
    "input_tokens = input_tokens + excluded.input_tokens, "
    "cached_tokens = cached_tokens + excluded.cached_tokens, "
    "output_tokens = output_tokens + excluded.output_tokens, "
    "guessed_input = guessed_input + excluded.guessed_input, "
    "guessed_output = guessed_output + excluded.guessed_output"
)
# Rows used in this run live in a temporary table: on disk, so that a million of them cost no memory, and without
# an index, so that they cost little time either. Two subjects may share one request; the smaller one is told.
_MARK_USED = "INSERT INTO temp.used VALUES (?, ?)"
_USED = (
    "SELECT lower(hex(a.key)), u.subject, a.provider, a.base_url, a.model, a.served_model, a.status, a.text, "
    "a.finish_reason, a.error, a.input_tokens, a.cached_tokens, a.output_tokens, a.recorded_at "
    "FROM (SELECT key, min(subject) AS subject FROM temp.used GROUP BY key) u JOIN answers a USING (key) "
    "ORDER BY u.key"
)


class _Enough(Exception):
    """Takes a trial back."""


class Spend(msgspec.Struct, frozen=True, array_like=True):
    """What the calls of one stage to one model on one day (UTC) used. ``unmetered`` of the ``calls`` may have been
    billed, and nobody said how much: ``guessed_*`` are the most tokens they may have used, and are in no other
    count. ``batch`` calls have a price of their own.
    """

    stage: str
    provider: str
    base_url: str
    model: str
    day: str
    batch: bool
    calls: int
    unmetered: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    guessed_input: int = 0
    guessed_output: int = 0


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
                self.path.parent.mkdir(parents=True, exist_ok=True)
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
                query = f"SELECT {_RESPONSE} FROM answers WHERE key IN ({','.join('?' * len(some))})"
                for row in self._reader.execute(query, some):
                    response = _response(row)
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
        recorded = [(request, response) for request, response in answers if response.status != "failed"]
        failed = [(request, response) for request, response in answers if response.status == "failed"]
        added = connection.executemany(
            _INSERT_ANSWER, [self._answer_row(*pair, stage) for pair in recorded]
        ).rowcount
        connection.executemany(_INSERT_FAILURE, [_failure_row(*pair, stage) for pair in failed])
        paid = chain(((request, response.usage) for request, response in recorded), lost)
        connection.executemany(_ADD_SPEND, _spend_rows(paid, stage, batch, most or {}))
        if added in (len(recorded), -1):
            return list(answers)
        standing = {}
        for request, _ in recorded:
            query = f"SELECT {_RESPONSE} FROM answers WHERE key = ?"
            standing[request.key] = _response(
                connection.execute(query, [bytes.fromhex(request.key)]).fetchone()
            )
        return [(request, standing.get(request.key, response)) for request, response in answers]

    def mark_used(self, pairs: Iterable[tuple[Request, Response]]) -> None:
        """Notes that this run used these answers, for ``used``."""
        rows = [(bytes.fromhex(request.key), request.subject) for request, _ in pairs]
        with self._explained(), transaction(self._reader, "BEGIN"):
            self._reader.executemany(_MARK_USED, rows)

    def used(self) -> Iterator[tuple[Any, ...]]:
        """Rows of the answers marked as used, by key: tables.Transcripts, recorded_at in milliseconds."""
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
        with self._explained():
            query = f"SELECT {_RESPONSE}, request, extra FROM answers WHERE key = ?"
            row = self._reader.execute(query, [bytes.fromhex(key)]).fetchone()
        if row is None:
            return None
        *response, body, extra = row
        request = msgspec.json.decode(zstandard.decompress(body)) if body is not None else None
        return request, msgspec.structs.replace(_response(response), extra=_extra(extra))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The writing connection, alone among all threads and processes; commits at the end."""
        with self._writing, self._explained(), transaction(self._writer):
            yield self._writer

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

    def _answer_row(self, request: Request, response: Response, stage: str) -> tuple[Any, ...]:
        return (
            *_origin(request, stage),
            response.status,
            response.text,
            response.finish_reason,
            response.error,
            response.served_model,
            *counts(response.usage),
            response.attempts,
            _milliseconds(response.recorded_at),
            self._compressor.compress(request.canonical_json()),
            response.extra and self._compressor.compress(msgspec.json.encode(response.extra)),
        )

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


def _origin(request: Request, stage: str) -> tuple[Any, ...]:
    return (
        bytes.fromhex(request.key),
        request.subject,
        stage,
        request.provider,
        request.base_url,
        request.model,
    )


def _failure_row(request: Request, response: Response, stage: str) -> tuple[Any, ...]:
    failed_at = _milliseconds(response.recorded_at)
    return (*_origin(request, stage), response.error, response.attempts, failed_at)


def response_in(connection: sqlite3.Connection, key: str) -> Response | None:
    """The recorded answer under a key as a transaction sees it."""
    query = f"SELECT {_RESPONSE} FROM answers WHERE key = ?"
    row = connection.execute(query, [bytes.fromhex(key)]).fetchone()
    return None if row is None else _response(row)


def spend_in(connection: sqlite3.Connection) -> list[Spend]:
    """``Store.spend`` as a transaction sees it."""
    names = ", ".join(Spend.__struct_fields__)
    rows = connection.execute(f"SELECT {names} FROM spend").fetchall()
    return msgspec.convert(rows, list[Spend], strict=False)


def _spend_rows(
    calls: Iterable[tuple[Request, Usage]], stage: str, batch: bool, most: Mapping[str, Usage]
) -> list[tuple[Any, ...]]:
    """Rows to add to ``spend``: one for each model, not for each call."""
    sums: dict[tuple[str, ...], list[int]] = {}
    for request, usage in calls:
        total = sums.setdefault((request.provider, request.base_url, request.model), [0] * 7)
        total[0] += 1
        input_tokens, cached_tokens, output_tokens = counts(usage)
        if input_tokens is None or output_tokens is None:
            guess = most.get(request.key) or most_usage(size(request), request.max_tokens)
            total[1] += 1
            total[5] += max(input_tokens or 0, guess.input_tokens or 0)
            total[6] += max(output_tokens or 0, guess.output_tokens or 0)
        else:
            total[2] += input_tokens
            total[3] += min(cached_tokens or 0, input_tokens)
            total[4] += output_tokens
    day = today()
    return [(stage, *model, day, batch, *total) for model, total in sums.items()]


def today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


def _response(row: Sequence[Any]) -> Response:
    key, status, text, finish_reason, error, served_model, given, cached, answered, attempts, recorded_at = (
        row
    )
    return Response(
        key.hex(),
        status,
        text,
        finish_reason,
        error,
        served_model,
        given,
        cached,
        answered,
        attempts,
        dt.datetime.fromtimestamp(recorded_at / 1000, dt.UTC),
    )


def _extra(kept: bytes | None) -> Extra | None:
    return None if kept is None else msgspec.json.decode(zstandard.decompress(kept), type=Extra)


def _milliseconds(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)

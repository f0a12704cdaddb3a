"""The response store: one row an answer, in SQLite, outside everything that DVC deletes.

Safe against ``kill -9`` and power cuts (write-ahead log, synced at each commit) and for several
processes at once. The first answer recorded under a key is the answer: a second one never replaces it.
Calls without an answer are rows of ``failures``, which no lookup ever reads.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from pipeline.errors import InputError
from pipeline.llm.request import Request
from pipeline.llm.response import Response

SCHEMA_VERSION = 1
APPLICATION_ID = 0x56414C41  # "VALA"
# Two processes may write at once; a transaction is short except when transcripts are read in.
BUSY_SECONDS = 120
# Keys a query; SQLite takes more, but the gain ends here.
LOOKUP = 500

# `request` comes last: SQLite then never touches its pages when the columns before it are read.
_TABLES = """
CREATE TABLE answers (
    key BLOB NOT NULL UNIQUE, subject TEXT NOT NULL, stage TEXT NOT NULL,
    provider TEXT NOT NULL, base_url TEXT NOT NULL, model TEXT NOT NULL,
    status TEXT NOT NULL, text TEXT NOT NULL, finish_reason TEXT, error TEXT, served_model TEXT,
    input_tokens INTEGER, cached_tokens INTEGER, output_tokens INTEGER,
    attempts INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
    request BLOB
);
CREATE INDEX answers_subject ON answers (subject);
CREATE TABLE failures (
    key BLOB NOT NULL, subject TEXT NOT NULL, stage TEXT NOT NULL,
    provider TEXT NOT NULL, base_url TEXT NOT NULL, model TEXT NOT NULL,
    error TEXT NOT NULL, attempts INTEGER NOT NULL, failed_at INTEGER NOT NULL
);
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_RESPONSE = (
    "key, status, text, finish_reason, error, served_model, "
    "input_tokens, cached_tokens, output_tokens, attempts, recorded_at"
)
_INSERT_ANSWER = f"INSERT OR IGNORE INTO answers VALUES ({', '.join('?' * 17)})"
_INSERT_FAILURE = f"INSERT INTO failures VALUES ({', '.join('?' * 9)})"
# Rows used in this run live in a temporary table: on disk, so that a million of them cost no memory.
# Two subjects may share one request; the smaller one is told, whichever came first.
_MARK_USED = (
    "INSERT INTO temp.used VALUES (?, ?) "
    "ON CONFLICT (key) DO UPDATE SET subject = min(subject, excluded.subject)"
)
_USED = (
    "SELECT lower(hex(a.key)), u.subject, a.provider, a.base_url, a.model, a.served_model, a.status, a.text, "
    "a.finish_reason, a.error, a.input_tokens, a.cached_tokens, a.output_tokens, a.recorded_at "
    "FROM temp.used u JOIN answers a USING (key) ORDER BY u.key"
)


class Store:
    """A file of recorded answers. Lookups belong to one thread; ``record`` may run in another one.

    Raises InputError when the file cannot be opened, read or written: damaged, no store, written by a
    newer version, no space left.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._writing = threading.Lock()
        self._compressor = zstandard.ZstdCompressor()
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            self._prepare()
            self._reader = self._connect()
            self._reader.execute("CREATE TEMP TABLE used (key BLOB PRIMARY KEY, subject TEXT) WITHOUT ROWID")

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
        self, answers: Sequence[tuple[Request, Response]], *, stage: str
    ) -> list[tuple[Request, Response]]:
        """Commits answers in one transaction and gives back what is recorded now.

        That differs from what came in where another process was first with a key: its answer stands.
        """
        recorded = [(request, response) for request, response in answers if response.status != "failed"]
        failed = [(request, response) for request, response in answers if response.status == "failed"]
        with self.transaction() as connection:
            added = connection.executemany(
                _INSERT_ANSWER, [self._answer_row(*pair, stage) for pair in recorded]
            ).rowcount
            connection.executemany(_INSERT_FAILURE, [_failure_row(*pair, stage) for pair in failed])
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
        with self._explained(), _transaction(self._reader, "BEGIN"):
            self._reader.executemany(_MARK_USED, rows)

    def used(self) -> Iterator[tuple[Any, ...]]:
        """Rows of the answers marked as used, by key: tables.Transcripts, recorded_at in milliseconds."""
        with self._explained():
            yield from self._reader.execute(_USED)

    def show(self, key: str) -> tuple[dict[str, Any] | None, Response] | None:
        """The request as sent (None where only a transcript is held) and its answer; None if unknown."""
        with self._explained():
            query = f"SELECT {_RESPONSE}, request FROM answers WHERE key = ?"
            row = self._reader.execute(query, [bytes.fromhex(key)]).fetchone()
        if row is None:
            return None
        *response, body = row
        request = msgspec.json.decode(zstandard.decompress(body)) if body is not None else None
        return request, _response(response)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The writing connection, alone among all threads and processes; commits at the end."""
        with self._writing, self._explained(), _transaction(self._writer):
            yield self._writer

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _prepare(self) -> None:
        """Makes the tables of a new file; refuses a file that is not ours or newer than we are."""
        with _transaction(self._writer):
            version = self._writer.execute("PRAGMA user_version").fetchone()[0]
            owner = self._writer.execute("PRAGMA application_id").fetchone()[0]
            tables = self._writer.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not tables:
                for statement in _TABLES.split(";"):
                    self._writer.execute(statement)
                self._writer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif owner != APPLICATION_ID:
                raise InputError(
                    "a SQLite database, but not a store of recorded responses",
                    where=str(self.path),
                    remedy="name another file in responses.store",
                )
            elif version != SCHEMA_VERSION:
                raise InputError(
                    f"written by another version of ValAct: store version {version}, but this one knows "
                    f"{SCHEMA_VERSION}",
                    where=str(self.path),
                    remedy="update ValAct, or name another file in responses.store",
                )
        self._writer.execute("PRAGMA journal_mode = WAL")

    def _answer_row(self, request: Request, response: Response, stage: str) -> tuple[Any, ...]:
        return (
            *_origin(request, stage),
            response.status,
            response.text,
            response.finish_reason,
            response.error,
            response.served_model,
            response.input_tokens,
            response.cached_tokens,
            response.output_tokens,
            response.attempts,
            _milliseconds(response.recorded_at),
            self._compressor.compress(request.canonical_json()),
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


def _response(row: Sequence[Any]) -> Response:
    key, *facts, milliseconds = row
    return Response(key.hex(), *facts, dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC))


def _milliseconds(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        # A full disk has already rolled it back.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

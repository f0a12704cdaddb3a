"""The file of the response store: its tables, version by version, and how it is opened."""

from __future__ import annotations

import sqlite3
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.engine import identity
from pipeline.engine.answer_rows import FUNCTIONS, SAID

APPLICATION_ID = 0x56414C41  # "VALA"
# Two processes may write at once; a transaction is short except when transcripts are read in.
BUSY_SECONDS = 120

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
# Sums, so that they can be read at every commit. `calls` are those that used tokens or may have; `unmetered`
# those among them of which nobody said how many. `day` is in UTC, `batch` is 1 for calls at the batch price.
_SPEND = """
CREATE TABLE spend (
    stage TEXT, provider TEXT, base_url TEXT, model TEXT, day TEXT, batch INTEGER,
    calls INTEGER NOT NULL, unmetered INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    PRIMARY KEY (stage, provider, base_url, model, day, batch)
) WITHOUT ROWID;
INSERT INTO spend
    SELECT stage, provider, base_url, model, date(recorded_at / 1000, 'unixepoch'), 0,
        count(*), sum(input_tokens IS NULL OR output_tokens IS NULL),
        coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0), coalesce(sum(output_tokens), 0)
    FROM answers WHERE stage != 'transcript' GROUP BY 1, 2, 3, 4, 5;
"""
# Answers that somebody wants asked anew (`valact responses retry`): kept here, out of the way of every lookup.
# `max_tokens` is the token limit that the next asking gets instead of the request's own.
_SUPERSEDED = """
CREATE TABLE superseded (
    key BLOB NOT NULL, subject TEXT NOT NULL, stage TEXT NOT NULL,
    provider TEXT NOT NULL, base_url TEXT NOT NULL, model TEXT NOT NULL,
    status TEXT NOT NULL, text TEXT NOT NULL, finish_reason TEXT, error TEXT, served_model TEXT,
    input_tokens INTEGER, cached_tokens INTEGER, output_tokens INTEGER,
    attempts INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
    request BLOB, superseded_at INTEGER NOT NULL, max_tokens INTEGER
);
CREATE INDEX superseded_key ON superseded (key);
"""
# What is out in batches (``batches.ledger``). `ended_at` is null as long as there is something to collect, `outcome`
# null while a request is out; `token` is our mark on the batch, `remote` the provider's id for it.
_BATCHES = """
CREATE TABLE batches (
    id INTEGER PRIMARY KEY, token TEXT NOT NULL, stage TEXT NOT NULL,
    name TEXT NOT NULL, variable TEXT NOT NULL, base_url TEXT NOT NULL, model TEXT NOT NULL,
    remote TEXT, state TEXT NOT NULL, requests INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
    reserved TEXT NOT NULL DEFAULT '0', submitted_at REAL NOT NULL, due_at REAL, ended_at REAL, problem TEXT
);
CREATE TABLE batch_requests (
    key BLOB NOT NULL, batch INTEGER NOT NULL, outcome TEXT, request BLOB, PRIMARY KEY (batch, key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX batch_requests_out ON batch_requests (key) WHERE outcome IS NULL;
"""
# Calls in the air (``register``): written before they leave, gone when their end is recorded. The two token counts are
# the most that a call may use. `lease` names the process that makes it; its lock on a file beside the store dies with
# it. What is left by a dead one may have been billed, and is added to `spend` as such.
# `batches.tokens` is what a batch is expected to be sent; `extra` what else an answer came with.
# In `spend`, `unmetered` calls count as the most they may have used: `guessed_input` and `guessed_output`. For those
# recorded before this version that is the average call, or an answer of 2,048 tokens where there is none.
_AIR = """
CREATE TABLE leases (id INTEGER PRIMARY KEY, pid INTEGER NOT NULL, since REAL NOT NULL);
CREATE TABLE air (
    key BLOB PRIMARY KEY, lease INTEGER NOT NULL, stage TEXT NOT NULL,
    provider TEXT NOT NULL, base_url TEXT NOT NULL, model TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL
) WITHOUT ROWID;
ALTER TABLE batches ADD COLUMN tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE answers ADD COLUMN extra BLOB;
ALTER TABLE superseded ADD COLUMN extra BLOB;
ALTER TABLE spend ADD COLUMN guessed_input INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spend ADD COLUMN guessed_output INTEGER NOT NULL DEFAULT 0;
UPDATE spend SET
    guessed_input = CASE WHEN calls > unmetered
        THEN (input_tokens * unmetered + calls - unmetered - 1) / (calls - unmetered) ELSE 0 END,
    guessed_output = CASE WHEN calls > unmetered
        THEN (output_tokens * unmetered + calls - unmetered - 1) / (calls - unmetered) ELSE 2048 * unmetered END
    WHERE unmetered > 0;
"""
# Where answers came from, and a digest of each (``answer_rows``). Answers of before: what a transcript brought has no
# name of a file, what a batch brought is known from its list.
_PROOFS = f"""
ALTER TABLE answers ADD COLUMN origin TEXT NOT NULL DEFAULT 'live';
ALTER TABLE answers ADD COLUMN digest BLOB;
ALTER TABLE superseded ADD COLUMN origin TEXT NOT NULL DEFAULT 'live';
ALTER TABLE superseded ADD COLUMN digest BLOB;
UPDATE answers SET origin = 'imported: a transcript' WHERE stage = 'transcript';
UPDATE answers SET origin = 'batch' WHERE key IN (SELECT key FROM batch_requests WHERE outcome = 'answered');
UPDATE answers SET digest = answer_digest(extra, {SAID});
UPDATE superseded SET digest = answer_digest(extra, {SAID});
"""
# Whose batch it is.
_PROVIDERS = "ALTER TABLE batches ADD COLUMN provider TEXT NOT NULL DEFAULT 'openai'"
# What other stores have recorded as spent (``responses.merge``), by the id of each: sums that only grow, so that the
# larger one is the later one, and a store that is merged twice counts once. ``notes`` has this store's own id.
_ELSEWHERE = """
CREATE TABLE spend_elsewhere (
    store TEXT, stage TEXT, provider TEXT, base_url TEXT, model TEXT, day TEXT, batch INTEGER,
    calls INTEGER NOT NULL, unmetered INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    guessed_input INTEGER NOT NULL, guessed_output INTEGER NOT NULL,
    PRIMARY KEY (store, stage, provider, base_url, model, day, batch)
) WITHOUT ROWID;
CREATE INDEX failures_key ON failures (key)
"""
# Script number n makes version n of the store out of the one before; they are never changed, only added to.
_VERSIONS = (_TABLES, _SPEND, _SUPERSEDED, _BATCHES, _AIR, _PROOFS, _PROVIDERS, _ELSEWHERE)
SCHEMA_VERSION = len(_VERSIONS)


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """A connection to a file that cannot be written, with its write-ahead log where there is one."""
    log = path.with_name(path.name + "-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    address = f"file:{urllib.parse.quote(str(path))}?{how}"
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)


def check_readable(reader: sqlite3.Connection, path: Path) -> None:
    """Refuses a file that is not ours, or of another version than this one: it cannot be brought up to date."""
    version = reader.execute("PRAGMA user_version").fetchone()[0]
    owner = reader.execute("PRAGMA application_id").fetchone()[0]
    if owner != APPLICATION_ID or version != SCHEMA_VERSION:
        raise InputError(
            f"it cannot be written, and is no store of version {SCHEMA_VERSION}, so that it cannot be read either",
            where=str(path),
            remedy="copy it to where it can be written, and name that copy in responses.store",
        )


def prepare(writer: sqlite3.Connection, path: Path) -> None:
    """Makes or adds the tables that a file lacks; refuses a file that is not ours or newer than we are."""
    with transaction(writer):
        version = writer.execute("PRAGMA user_version").fetchone()[0]
        owner = writer.execute("PRAGMA application_id").fetchone()[0]
        tables = writer.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and owner != APPLICATION_ID:
            raise InputError(
                "a SQLite database, but not a store of recorded responses",
                where=str(path),
                remedy="name another file in responses.store",
            )
        if version > SCHEMA_VERSION:
            raise InputError(
                f"written by a newer ValAct: store version {version}, but this one knows {SCHEMA_VERSION}",
                where=str(path),
                remedy="update ValAct, or name another file in responses.store",
            )
        for name, function in FUNCTIONS.items():
            writer.create_function(name, -1, function, deterministic=True)
        for script in _VERSIONS[version:]:
            for statement in script.split(";"):
                writer.execute(statement)
        if version < SCHEMA_VERSION:
            writer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        identity.settle(writer, path)
    into_wal(writer)


def into_wal(writer: sqlite3.Connection) -> None:
    """WAL mode. SQLite does not wait by itself here while another process has the new file open, so we do."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            writer.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        # A full disk has already rolled it back.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

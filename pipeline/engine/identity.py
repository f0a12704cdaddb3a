"""Which store a file is, so that what it has spent counts once wherever stores are merged.

A store has an id of its own, and so has each copy of it that is written to: what was spent before was spent by the
original, and both go on adding up. A copy is told by its file being another one, on this machine or elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sqlite3
import uuid
from pathlib import Path

NOTE = "identity"
_GET = "SELECT value FROM {}.notes WHERE name = 'identity'"
_TO_THE_ORIGINAL = (
    "INSERT OR REPLACE INTO spend_elsewhere SELECT ?, stage, provider, base_url, model, day, batch, calls, unmetered, "
    "input_tokens, cached_tokens, output_tokens, guessed_input, guessed_output FROM spend"
)


def settle(connection: sqlite3.Connection, path: Path) -> None:
    """Gives a new store, or a copy, an id; inside the transaction that opens it for writing."""
    known, file = _note(connection), _file(path)
    if known is not None:
        store, its_file = known
        if its_file == file:
            return
        connection.execute(_TO_THE_ORIGINAL, [store])
        connection.execute("DELETE FROM spend")
    value = f"{uuid.uuid4().hex} {file}"
    connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", [NOTE, value])


def of(connection: sqlite3.Connection, schema: str = "main") -> str:
    """The id of the store that a connection has under that name."""
    known = _note(connection, schema)
    return known[0] if known is not None else ""


def _note(connection: sqlite3.Connection, schema: str = "main") -> tuple[str, str] | None:
    row = connection.execute(_GET.format(schema)).fetchone()
    if row is None:
        return None
    store, _, file = str(row[0]).partition(" ")
    return store, file


def _file(path: Path) -> str:
    """What tells this file from a copy of it; no name of a machine is kept."""
    return hashlib.blake2b(f"{platform.node()} {os.stat(path).st_ino}".encode(), digest_size=16).hexdigest()

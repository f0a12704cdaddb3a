"""Calls in the air, written into the store before they leave: what they may cost is known whatever happens.

A call is claimed under its key, so that no two processes on one store ask the same question. The claim is a lease
of this process, whose lock on a file beside the store dies with it. Calls that a dead process left in the air may have
been billed, and are added to what is spent as the most they may have used. What is claimed counts against the budget
of all processes.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import IO, Final

import msgspec

from pipeline.core.errors import InputError
from pipeline.engine.budget import Budget
from pipeline.engine.calls import Call
from pipeline.engine.request import Request
from pipeline.engine.response import Response
from pipeline.engine.spend import today
from pipeline.engine.store import Store, response_in


class Verdict(Enum):
    """What comes of a claim: it is ours; another process has it; there is no money for it."""

    GRANTED = "granted"
    ELSEWHERE = "elsewhere"
    BROKE = "broke"


GRANTED: Final = Verdict.GRANTED
ELSEWHERE: Final = Verdict.ELSEWHERE
BROKE: Final = Verdict.BROKE

# Seconds between two looks whether other processes are alive.
LOOK = 1.0

_CLAIM = (
    "INSERT OR IGNORE INTO air SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 "
    "WHERE NOT EXISTS (SELECT 1 FROM answers WHERE key = ?1)"
)
_RELEASE = "DELETE FROM air WHERE key = ? AND lease = ?"
_WHAT_DIED = (
    "INSERT INTO spend SELECT stage, provider, base_url, model, ?, 0, count(*), count(*), 0, 0, 0, "
    "sum(input_tokens), sum(output_tokens) FROM air WHERE lease = ? GROUP BY stage, provider, base_url, model "
    "ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, unmetered = unmetered + excluded.unmetered, "
    "guessed_input = guessed_input + excluded.guessed_input, "
    "guessed_output = guessed_output + excluded.guessed_output"
)


class Settled(msgspec.Struct):
    """What a commit brought: requests with the answers that are recorded for them, and for each claim a verdict, or
    the answer that is there already."""

    recorded: list[tuple[Request, Response]]
    verdicts: list[Verdict | Response]


class Register:
    """The calls in the air of one engine. ``settle`` may be called from any thread."""

    def __init__(self, store: Store, stage: str, budget: Budget) -> None:
        self._store = store
        self._stage = stage
        self._budget = budget
        self._lease = 0
        self._file: IO[bytes] | None = None
        self._looked_at = 0.0
        # Keys that are in the air here: two streams of one engine may want the same answer.
        self._mine: set[str] = set()

    def settle(self, ended: Sequence[Call], claims: Sequence[Call]) -> Settled:
        """Records what ended and claims what is to start, in one transaction."""
        with self._store.transaction() as connection:
            if claims and self._file is None:
                self._open(connection)
            recorded = self._store.add(
                connection,
                [(call.request, call.response) for call in ended if call.response is not None],
                stage=self._stage,
                lost=[(call.request, call.usage) for call in ended if call.usage is not None],
                most={call.request.key: call.most for call in ended},
            )
            connection.executemany(
                _RELEASE, [(bytes.fromhex(call.request.key), self._lease) for call in ended]
            )
            self._mine.difference_update(call.request.key for call in ended)
            verdicts = self._claim(connection, claims)
        return Settled(recorded, verdicts)

    def recover(self) -> None:
        """Adds to what is spent the calls that processes left in the air which are no more."""
        self._looked_at = time.monotonic()
        leases = [lease for (lease,) in self._store.rows("SELECT id FROM leases")]
        for lease in leases:
            if lease != self._lease and _is_dead(self._path(lease)):
                with self._store.transaction() as connection:
                    self._end(connection, lease)
                self._path(lease).unlink(missing_ok=True)

    def close(self) -> None:
        """Gives the lease back. Calls that nobody heard the end of may have been billed."""
        if self._file is None:
            return
        # Where the disk is full, whoever opens the store next does it.
        with suppress(InputError):
            with self._store.transaction() as connection:
                self._end(connection, self._lease)
            self._path(self._lease).unlink(missing_ok=True)
        self._file.close()
        self._file = None

    def _claim(self, connection: sqlite3.Connection, claims: Sequence[Call]) -> list[Verdict | Response]:
        if not claims:
            self._budget.look(connection)
            return []
        affordable = self._budget.affordable(connection, claims)
        asked = [call for call in claims[:affordable] if call.request.key not in self._mine]
        granted = connection.executemany(_CLAIM, [self._row(call) for call in asked]).rowcount if asked else 0
        if granted == affordable:
            self._mine.update(call.request.key for call in asked)
            verdicts: list[Verdict | Response] = [GRANTED] * affordable
        else:
            verdicts = [self._verdict(connection, call) for call in claims[:affordable]]
            self._look_for_the_dead(connection)
        return verdicts + [BROKE] * (len(claims) - affordable)

    def _verdict(self, connection: sqlite3.Connection, call: Call) -> Verdict | Response:
        """After the claim was made: whether it succeeded, or why not."""
        key = call.request.key
        row = connection.execute("SELECT lease FROM air WHERE key = ?", [bytes.fromhex(key)]).fetchone()
        if row is None:
            return response_in(connection, key, self._store.path) or ELSEWHERE
        if row[0] != self._lease or key in self._mine:
            return ELSEWHERE
        self._mine.add(key)
        return GRANTED

    def _row(self, call: Call) -> tuple[object, ...]:
        request, most = call.request, call.most
        return (
            bytes.fromhex(request.key),
            self._lease,
            self._stage,
            request.provider,
            request.base_url,
            request.model,
            most.input_tokens,
            most.output_tokens,
        )

    def _look_for_the_dead(self, connection: sqlite3.Connection) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK:
            return
        self._looked_at = now
        for (lease,) in connection.execute("SELECT id FROM leases").fetchall():
            if lease != self._lease and _is_dead(self._path(lease)):
                self._end(connection, lease)
                self._path(lease).unlink(missing_ok=True)

    def _end(self, connection: sqlite3.Connection, lease: int) -> None:
        connection.execute(_WHAT_DIED, [today(), lease])
        connection.execute("DELETE FROM air WHERE lease = ?", [lease])
        connection.execute("DELETE FROM leases WHERE id = ?", [lease])

    def _open(self, connection: sqlite3.Connection) -> None:
        """Takes a lease; locked before anybody else can see it."""
        cursor = connection.execute(
            "INSERT INTO leases (pid, since) VALUES (?, ?)", [os.getpid(), time.time()]
        )
        self._lease = cursor.lastrowid or 0
        self._file = open(self._path(self._lease), "wb")  # noqa: SIM115 - open as long as the lease
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _path(self, lease: int) -> Path:
        return self._store.path.with_name(f"{self._store.path.name}.lease-{lease}")


def _is_dead(path: Path) -> bool:
    """Whether nobody holds a lease any more."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True

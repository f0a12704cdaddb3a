"""Which requests are out in which batch: rows beside the recorded answers, in the same file.

A request is out in one batch at a time. Its answer is recorded, its cost added up and its row settled in one
transaction, so that neither a kill nor a second process that collects can count it twice.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, Any

import msgspec
import zstandard

from pipeline.engine.endpoints import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.response import Response, Usage
from pipeline.engine.store import LOOKUP, Store

# States of ours, before the provider has given the batch an id.
PREPARED, CREATING = "prepared", "creating"

_COLUMNS = (
    "id, token, stage, name, variable, base_url, model, remote, state, requests, done, reserved, "
    "submitted_at, due_at, problem, tokens, provider"
)
_OPEN = "SELECT key FROM batch_requests WHERE outcome IS NULL AND key IN ({})"
_CLAIM = (
    "INSERT OR IGNORE INTO batch_requests "
    "SELECT ?1, ?2, NULL, ?3 WHERE NOT EXISTS (SELECT 1 FROM answers WHERE key = ?1) "
    "AND NOT EXISTS (SELECT 1 FROM air WHERE key = ?1)"
)
# A result may carry a name that is none of ours.
_KEY = re.compile(r"[0-9a-f]{64}")


class Batch(msgspec.Struct, frozen=True):
    """One batch. ``remote`` is the provider's id for it, None until it is known; ``state`` the provider's word;
    ``requests`` how many it asks, ``done`` how many of them the provider says are done; ``reserved`` US dollars
    that it is expected to cost, ``tokens`` what it is expected to be sent; times in seconds since 1970, ``due_at`` None
    where nobody said.
    """

    id: int
    token: str
    stage: str
    name: str
    variable: str
    base_url: str
    model: str
    remote: str | None
    state: str
    requests: int
    done: int
    reserved: Decimal
    submitted_at: float
    due_at: float | None
    problem: str | None
    tokens: int
    provider: str = "openai"

    @property
    def endpoint(self) -> Endpoint:
        """Where it was submitted, whatever params say today."""
        return Endpoint(self.name, self.provider, self.variable, self.base_url, self.model, True, 0)


class Ledger:
    """The batches recorded in one store. An open batch is one of which something is still to be collected."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._compressor = zstandard.ZstdCompressor()

    def out(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that are out in a batch."""
        found: set[str] = set()
        for start in range(0, len(keys), LOOKUP):
            some = [bytes.fromhex(key) for key in keys[start : start + LOOKUP]]
            rows = self._store.rows(_OPEN.format(",".join("?" * len(some))), some)
            found.update(key.hex() for (key,) in rows)
        return found

    def open(self) -> list[Batch]:
        return self._select("WHERE ended_at IS NULL")

    def all(self) -> list[Batch]:
        return self._select()

    def outcomes(self, batch: Batch) -> dict[str, int]:
        """How many of its requests were ``answered``, ``failed`` or ``returned``; the rest are out."""
        query = (
            "SELECT outcome, count(*) FROM batch_requests WHERE batch = ? AND outcome IS NOT NULL GROUP BY 1"
        )
        return dict(self._store.rows(query, [batch.id]))

    def reserved(self) -> Decimal:
        """US dollars that all open batches are expected to cost."""
        return sum((batch.reserved for batch in self.open()), Decimal(0))

    def prepare(
        self, endpoint: Endpoint, stage: str, asked: Iterable[tuple[Request, bytes]], file: IO[bytes]
    ) -> Batch | None:
        """A new batch of the requests that are neither answered nor out elsewhere, None where there are none.
        What is to be sent for them (the second of each pair) is written to ``file``.

        One transaction: a batch that is not complete is not there.
        """
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO batches (token, stage, name, variable, base_url, model, provider, state, submitted_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [uuid.uuid4().hex, stage, *_place(endpoint), PREPARED, _now()],
            )
            number, count = cursor.lastrowid, 0
            for request, sent in asked:
                body = self._compressor.compress(msgspec.msgpack.encode(request))
                if connection.execute(_CLAIM, [bytes.fromhex(request.key), number, body]).rowcount:
                    file.write(sent)
                    count += 1
            if count:
                connection.execute("UPDATE batches SET requests = ? WHERE id = ?", [count, number])
            else:
                connection.execute("DELETE FROM batches WHERE id = ?", [number])
        return self._select("WHERE id = ?", [number])[0] if count else None

    def update(self, batch: Batch, **changes: Any) -> Batch:
        """Writes and gives back the batch with these fields changed."""
        names = ", ".join(f"{name} = ?" for name in changes)
        values = [str(value) if isinstance(value, Decimal) else value for value in changes.values()]
        with self._store.transaction() as connection:
            connection.execute(f"UPDATE batches SET {names} WHERE id = ?", [*values, batch.id])
        return msgspec.structs.replace(batch, **changes)

    def release(self, batch: Batch) -> None:
        """Forgets a batch that was never started: its requests are free again."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM batch_requests WHERE batch = ?", [batch.id])
            connection.execute("DELETE FROM batches WHERE id = ?", [batch.id])

    def requests(self, batch: Batch, keys: Iterable[str]) -> dict[str, Request]:
        """The requests of a batch that are still out, among ``keys``."""
        found = {}
        query = "SELECT request FROM batch_requests WHERE key = ? AND batch = ? AND outcome IS NULL"
        with self._store.transaction() as connection:
            for key in filter(_KEY.fullmatch, keys):
                row = connection.execute(query, [bytes.fromhex(key), batch.id]).fetchone()
                if row is not None:
                    found[key] = msgspec.msgpack.decode(zstandard.decompress(row[0]), type=Request)
        return found

    def settle(
        self,
        batch: Batch,
        answers: list[tuple[Request, Response]],
        lost: list[tuple[Request, Usage]],
        returned: list[str],
    ) -> None:
        """Records answers and failures, what was used without an answer (``lost``), and frees the requests that
        came back without either."""
        with self._store.transaction() as connection:
            mine = []
            for request, response in answers:
                outcome = "failed" if response.status == "failed" else "answered"
                if _close(connection, batch, request.key, outcome):
                    mine.append((request, response))
            self._store.add(connection, mine, stage=batch.stage, lost=lost, batch=True)
            for key in returned:
                _close(connection, batch, key, "returned")

    def end(self, batch: Batch) -> None:
        """Frees what is still out of a batch from which nothing more will come."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE batch_requests SET outcome = 'returned', request = NULL "
                "WHERE batch = ? AND outcome IS NULL",
                [batch.id],
            )
            connection.execute("UPDATE batches SET ended_at = ? WHERE id = ?", [_now(), batch.id])

    def _select(self, where: str = "", values: Sequence[Any] = ()) -> list[Batch]:
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM batches {where} ORDER BY id", values)
        names = Batch.__struct_fields__
        return [msgspec.convert(dict(zip(names, row, strict=True)), Batch) for row in rows]


def _place(endpoint: Endpoint) -> tuple[str, ...]:
    return endpoint.name, endpoint.variable, endpoint.base_url, endpoint.model, endpoint.provider


def _close(connection: Any, batch: Batch, key: str, outcome: str) -> bool:
    """Whether the request was still out; then it no longer is."""
    changed = connection.execute(
        "UPDATE batch_requests SET outcome = ?, request = NULL "
        "WHERE key = ? AND batch = ? AND outcome IS NULL",
        [outcome, bytes.fromhex(key), batch.id],
    )
    return bool(changed.rowcount)


def _now() -> float:
    return dt.datetime.now(dt.UTC).timestamp()

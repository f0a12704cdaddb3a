"""Everything that another store has recorded, taken into this one: clones of a project that asked apart, joined.

What is set aside in one of them is set aside in both. Sums of money are kept by the store that spent them
(``engine.identity``), so that nothing counts twice, however often and in whatever order stores are merged. All of
it is one transaction.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from pipeline.core.errors import InputError, PendingError
from pipeline.engine import identity
from pipeline.engine.answer_rows import COLUMNS, SAID, milliseconds
from pipeline.engine.budget import Budget
from pipeline.engine.origin import OWN
from pipeline.engine.register import Register
from pipeline.engine.spend import SUMS
from pipeline.engine.store import Store

# Contradictions that are listed, and characters of an answer that are shown of each.
SHOWN, WIDEST = 20, 60

_ABOUT = ("key", "subject", "stage", "provider", "base_url", "model", "error", "attempts", "failed_at")
_BATCH = (
    "token, stage, name, variable, base_url, model, remote, state, requests, done, reserved, submitted_at, due_at, "
    "ended_at, problem, tokens, provider"
)
_GROUP = "stage, provider, base_url, model, day, batch"


class Merged(msgspec.Struct):
    """Answers that came and that were there already (the same ones); answers set aside, failures and batches that
    came."""

    answers: int = 0
    known: int = 0
    set_aside: int = 0
    failures: int = 0
    batches: int = 0


def merge(source: Path, store: Store, *, keep: str | None = None) -> Merged:
    """Takes in the store in the file ``source``; ``keep`` says whose answer stands (``here`` or ``there``) where both
    have another one.

    InputError for a file that is no store, for a row that is not what was recorded, and for contradictions; then
    nothing is merged. PendingError while a run is at work on the other store.
    """
    _make_ready(source, store)
    with store.transaction_beside(source) as connection:
        _check_rows(connection, source)
        merged = Merged()
        merged.set_aside = _superseded(connection)
        clashes = _clashes(connection)
        if keep is None and clashes:
            raise _contradictions(clashes, source)
        merged.set_aside += _alike(connection) + _decided(connection, keep)
        merged.answers = _answers(connection)
        merged.known = (
            connection.execute(
                "SELECT count(*) FROM other.answers b JOIN main.answers a USING (key) WHERE a.digest IS b.digest"
            ).fetchone()[0]
            - merged.answers
        )
        merged.failures = _failures(connection)
        _spend(connection)
        merged.batches = _batches(connection, source)
    return merged


def _make_ready(source: Path, store: Store) -> None:
    """Brings the other store up to date, and counts there what killed runs left in the air."""
    if not source.is_file():
        raise InputError(
            "there is no store of recorded answers",
            where=str(source),
            remedy="name the file of the other clone, such as ../other/.responses/store.sqlite",
        )
    if source.samefile(store.path):
        raise InputError("this is the store itself", where=str(source), remedy="name that of another clone")
    with closing(Store(source)) as other:
        Register(other, "merge", Budget(None, other)).recover()
        (calls,) = next(other.rows("SELECT count(*) FROM air"))
    if calls:
        raise PendingError(
            f"a run is at work there, with {calls:,} calls in the air",
            where=str(source),
            remedy="merge when it has ended",
        )


def _check_rows(connection: sqlite3.Connection, source: Path) -> None:
    for table in ("answers", "superseded"):
        query = f"SELECT lower(hex(key)) FROM other.{table} WHERE digest IS NOT answer_digest(extra, {SAID}) LIMIT 1"
        if (row := connection.execute(query).fetchone()) is not None:
            raise InputError(
                f"the answer under key {row[0][:12]} is not what was recorded: its digest differs",
                where=str(source),
                remedy="`valact responses verify` looks at all of them there",
            )


def _superseded(connection: sqlite3.Connection) -> int:
    """What was set aside there is set aside here; the rows that came."""
    came = connection.execute(
        f"INSERT INTO main.superseded ({COLUMNS}, superseded_at, max_tokens) "
        f"SELECT {COLUMNS}, superseded_at, max_tokens FROM other.superseded b WHERE NOT EXISTS "
        "(SELECT 1 FROM main.superseded a WHERE a.key = b.key AND a.digest IS b.digest) ORDER BY b.rowid"
    ).rowcount
    connection.execute(
        "DELETE FROM main.answers WHERE EXISTS (SELECT 1 FROM main.superseded s "
        "WHERE s.key = answers.key AND s.digest IS answers.digest)"
    )
    return came


# Answers of both under one key that are not one answer, and that neither has set aside.
_BOTH = (
    "FROM main.answers a JOIN other.answers b USING (key) WHERE a.digest IS NOT b.digest AND NOT EXISTS "
    "(SELECT 1 FROM main.superseded s WHERE s.key = b.key AND s.digest IS b.digest)"
)
_SAME = "a.status = b.status AND a.text = b.text"
_OURS, _THEIRS = f"a.origin IN {OWN}", f"b.origin IN {OWN}"
_CONTRADICT = f"{_BOTH} AND NOT ({_SAME}) AND ({_OURS}) = ({_THEIRS})"


def _clashes(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Key, stage, model, subject and both texts of each contradiction."""
    return connection.execute(
        f"SELECT lower(hex(key)), a.stage, a.model, a.subject, a.text, b.text {_CONTRADICT} ORDER BY key"
    ).fetchall()


def _alike(connection: sqlite3.Connection) -> int:
    """Of two recordings of the same answer the one that was asked for comes first, then the earlier one."""
    ours_is_later = (
        f"CASE WHEN ({_OURS}) != ({_THEIRS}) THEN ({_THEIRS}) "
        "ELSE (a.recorded_at, a.digest) > (b.recorded_at, b.digest) END"
    )
    # Another answer gives way only to one that was asked for.
    settled = f"{_BOTH} AND (({_SAME}) OR ({_OURS}) != ({_THEIRS}))"
    return _give_way(connection, f"{settled} AND {ours_is_later}", f"{settled} AND NOT ({ours_is_later})")


def _decided(connection: sqlite3.Connection, keep: str | None) -> int:
    if keep is None:
        return 0
    nobody = f"{_BOTH} AND 0"
    return _give_way(
        connection,
        _CONTRADICT if keep == "there" else nobody,
        _CONTRADICT if keep == "here" else nobody,
    )


def _give_way(connection: sqlite3.Connection, ours: str, theirs: str) -> int:
    """Sets aside our answers, and theirs, of which the conditions hold; says how many."""
    now = milliseconds(dt.datetime.now(dt.UTC))
    into = f"INSERT INTO main.superseded ({COLUMNS}, superseded_at)"
    columns = {side: ", ".join(f"{side}.{name}" for name in COLUMNS.split(", ")) for side in "ab"}
    count = connection.execute(f"{into} SELECT {columns['b']}, ? {theirs}", [now]).rowcount
    moved = [key for (key,) in connection.execute(f"SELECT key {ours}").fetchall()]
    for key in moved:
        connection.execute(f"{into} SELECT {COLUMNS}, ? FROM main.answers WHERE key = ?", [now, key])
        connection.execute("DELETE FROM main.answers WHERE key = ?", [key])
    return count + len(moved)


def _answers(connection: sqlite3.Connection) -> int:
    return connection.execute(
        f"INSERT INTO main.answers ({COLUMNS}) SELECT {COLUMNS} FROM other.answers b WHERE NOT EXISTS "
        "(SELECT 1 FROM main.superseded s WHERE s.key = b.key AND s.digest IS b.digest) "
        "AND NOT EXISTS (SELECT 1 FROM main.answers a WHERE a.key = b.key)"
    ).rowcount


def _failures(connection: sqlite3.Connection) -> int:
    names = ", ".join(_ABOUT)
    same = " AND ".join(f"a.{name} IS b.{name}" for name in _ABOUT)
    return connection.execute(
        f"INSERT INTO main.failures ({names}) SELECT {names} FROM other.failures b "
        f"WHERE NOT EXISTS (SELECT 1 FROM main.failures a WHERE {same})"
    ).rowcount


def _spend(connection: sqlite3.Connection) -> None:
    """Each store's sums, the larger ones of two; those of this store are its own."""
    here, there = identity.of(connection), identity.of(connection, "other")
    sums = ", ".join(SUMS)
    larger = ", ".join(f"{name} = max({name}, excluded.{name})" for name in SUMS)
    connection.execute(
        f"INSERT INTO main.spend_elsewhere (store, {_GROUP}, {sums}) "
        f"SELECT store, {_GROUP}, {sums} FROM "
        f"(SELECT ? AS store, {_GROUP}, {sums} FROM other.spend "
        f"UNION ALL SELECT store, {_GROUP}, {sums} FROM other.spend_elsewhere) "
        f"WHERE store != ? ON CONFLICT DO UPDATE SET {larger}",
        [there, here],
    )


def _batches(connection: sqlite3.Connection, source: Path) -> int:
    """Batches that are out there are out here; whichever of the two collects them first has them."""
    twice = connection.execute(
        "SELECT lower(hex(r.key)) FROM other.batch_requests r JOIN other.batches b ON b.id = r.batch "
        "JOIN main.batch_requests ours ON ours.key = r.key AND ours.outcome IS NULL "
        "JOIN main.batches mine ON mine.id = ours.batch "
        "WHERE r.outcome IS NULL AND b.token != mine.token LIMIT 1"
    ).fetchone()
    if twice is not None:
        raise InputError(
            f"the request {twice[0][:12]} is out in a batch there and in another one here",
            where=str(source),
            remedy="`valact batches collect` in one of the clones, then merge",
        )
    came = 0
    for token, ended in connection.execute(
        "SELECT token, ended_at FROM other.batches ORDER BY id"
    ).fetchall():
        mine = connection.execute("SELECT id, ended_at FROM main.batches WHERE token = ?", [token]).fetchone()
        if mine is None:
            connection.execute(
                f"INSERT INTO main.batches ({_BATCH}) SELECT {_BATCH} FROM other.batches WHERE token = ?",
                [token],
            )
            came += 1
        elif mine[1] is None and ended is not None:
            # It was collected there.
            names = _BATCH.replace("token, ", "", 1)
            connection.execute(
                f"UPDATE main.batches SET ({names}) = (SELECT {names} FROM other.batches WHERE token = ?) "
                "WHERE token = ?",
                [token, token],
            )
            connection.execute("DELETE FROM main.batch_requests WHERE batch = ?", [mine[0]])
        else:
            continue
        connection.execute(
            "INSERT INTO main.batch_requests (key, batch, outcome, request) SELECT r.key, m.id, r.outcome, r.request "
            "FROM other.batch_requests r JOIN other.batches b ON b.id = r.batch "
            "JOIN main.batches m ON m.token = b.token WHERE b.token = ?",
            [token],
        )
    return came


def _contradictions(clashes: list[tuple[str, ...]], source: Path) -> InputError:
    return InputError(
        f"{len(clashes):,} requests have another answer there than here:\n" + "\n".join(_listed(clashes)),
        where=str(source),
        remedy="nothing was merged; `--keep here` or `--keep there` says whose answers stand, the others are set aside "
        "(`valact responses show KEY` shows both)",
    )


def _listed(clashes: list[tuple[str, ...]]) -> Iterator[str]:
    for key, stage, model, subject, ours, theirs in clashes[:SHOWN]:
        yield f"    {key[:12]} {stage} {model} {subject}: here {ours[:WIDEST]!r}, there {theirs[:WIDEST]!r}"
    if len(clashes) > SHOWN:
        yield f"    ... and {len(clashes) - SHOWN:,} more"

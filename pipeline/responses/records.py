"""What people do with recorded answers: find, count, look through, set aside to have them asked anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from pipeline.core.errors import InputError
from pipeline.engine.store import Store, set_aside
from pipeline.tables import RESPONSE_STATUSES

FIELDS = ("key", "status", "stage", "provider", "model", "served_model", "subject", "origin")
# What is known of a call that got no answer.
FAILURE_FIELDS = ("key", "stage", "provider", "model", "subject")
_TERM = re.compile(r"""\s*(\w+)\s*(!=|=)\s*(?:"([^"]*)"|'([^']*)'|(\S+))\s*(?:$|(and)\b)""")
_KEY = re.compile(r"[0-9a-f]{6,64}")
# The columns of tables.Transcripts, recorded_at in milliseconds, the request compressed.
_TRANSCRIPT = (
    "lower(hex(key)), subject, provider, base_url, model, served_model, status, text, "
    "finish_reason, error, input_tokens, cached_tokens, output_tokens, recorded_at, origin, request"
)


class Where(msgspec.Struct, frozen=True):
    """A condition on answers, as SQL with its values; it holds for all answers by itself."""

    sql: str = "1"
    values: tuple[str, ...] = ()


class Count(msgspec.Struct, frozen=True):
    """How many answers of one kind there are, and the tokens that they were billed for."""

    stage: str
    provider: str
    model: str
    status: str
    answers: int
    input_tokens: int
    output_tokens: int


class Line(msgspec.Struct, frozen=True):
    """One answer in a list; ``recorded_at`` is in milliseconds since 1970 (UTC)."""

    key: str
    status: str
    stage: str
    model: str
    subject: str
    output_tokens: int | None
    recorded_at: int


class Failure(msgspec.Struct, frozen=True):
    """A call that got no answer: how often it was made, and why it failed; ``failed_at`` is in milliseconds."""

    key: str
    stage: str
    model: str
    subject: str
    error: str
    attempts: int
    failed_at: int


class Old(msgspec.Struct, frozen=True):
    """An answer that was set aside, and the token limit that its successor gets, None for the same one."""

    status: str
    text: str
    error: str | None
    recorded_at: int
    superseded_at: int
    max_tokens: int | None


def where(text: str, fields: tuple[str, ...] = FIELDS) -> Where:
    """A condition on ``fields`` such as ``status = truncated and model != gpt-4o``; InputError says what it may be."""
    terms, values = [], []
    at, more = 0, True
    while more:
        match = _TERM.match(text, at)
        if match is None or match[1] not in fields:
            raise InputError(
                f"{text[at:].strip()!r} is no condition",
                where=f"--where {text!r}",
                remedy=f"write FIELD = VALUE or FIELD != VALUE, several with 'and'; fields: {', '.join(fields)}",
            )
        column = "lower(hex(key))" if match[1] == "key" else match[1]
        terms.append(f"{column} {'IS' if match[2] == '=' else 'IS NOT'} ?")
        values.append(next(value for value in match.groups()[2:5] if value is not None))
        if match[1] == "status" and values[-1] not in RESPONSE_STATUSES:
            raise InputError(
                f"there is no status {values[-1]!r}",
                where=f"--where {text!r}",
                remedy=f"statuses: {', '.join(RESPONSE_STATUSES)}",
            )
        at, more = match.end(), match[6] is not None
    return Where(" AND ".join(terms), tuple(values))


def both(one: Where, other: Where) -> Where:
    return Where(f"({one.sql}) AND ({other.sql})", one.values + other.values)


def count(store: Store, condition: Where) -> list[Count]:
    """Answers by stage, model and status."""
    query = (
        "SELECT stage, provider, model, status, count(*), coalesce(sum(input_tokens), 0), "
        f"coalesce(sum(output_tokens), 0) FROM answers WHERE {condition.sql} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    )
    return [Count(*row) for row in store.rows(query, condition.values)]


def lines(store: Store, condition: Where, limit: int) -> Iterator[Line]:
    """The newest answers first."""
    query = (
        "SELECT lower(hex(key)), status, stage, model, subject, output_tokens, recorded_at "
        f"FROM answers WHERE {condition.sql} ORDER BY recorded_at DESC, key LIMIT ?"
    )
    for row in store.rows(query, [*condition.values, limit]):
        yield Line(*row)


def failures(store: Store, condition: Where, limit: int) -> Iterator[Failure]:
    """Requests whose last call failed and that have no answer since, the newest first."""
    query = (
        "SELECT lower(hex(key)), stage, model, subject, error, attempts, max(failed_at) FROM failures "
        f"WHERE ({condition.sql}) AND NOT EXISTS (SELECT 1 FROM answers WHERE answers.key = failures.key) "
        "GROUP BY key ORDER BY 7 DESC, key LIMIT ?"
    )
    for row in store.rows(query, [*condition.values, limit]):
        yield Failure(*row)


def transcript_rows(store: Store, condition: Where) -> Iterator[tuple[Any, ...]]:
    """Rows of tables.Transcripts, by key."""
    query = f"SELECT {_TRANSCRIPT} FROM answers WHERE {condition.sql} ORDER BY key"
    return store.rows(query, condition.values)


def matching_keys(store: Store, start: str) -> list[str]:
    """The keys of answers, set aside or not, that begin with ``start`` (six digits or more), two at most."""
    if not _KEY.fullmatch(start):
        raise InputError(f"{start!r} is no key", remedy="give its first six or more hexadecimal digits")
    low, high = bytes.fromhex(start.ljust(64, "0")), bytes.fromhex(start.ljust(64, "f"))
    query = (
        "SELECT lower(hex(key)) FROM answers WHERE key BETWEEN ?1 AND ?2 "
        "UNION SELECT lower(hex(key)) FROM superseded WHERE key BETWEEN ?1 AND ?2 LIMIT 2"
    )
    return [key for (key,) in store.rows(query, [low, high])]


def superseded(store: Store, key: str) -> list[Old]:
    """The answers under a key that were set aside, oldest first."""
    query = (
        "SELECT status, text, error, recorded_at, superseded_at, max_tokens "
        "FROM superseded WHERE key = ? ORDER BY rowid"
    )
    return [Old(*row) for row in store.rows(query, [bytes.fromhex(key)])]


def supersede(store: Store, condition: Where, max_tokens: int | None, now: int) -> int:
    """Sets answers aside, so that the next run asks for them again (with a token limit of ``max_tokens``, if
    given), and says how many. ``now`` is in milliseconds. Nothing is deleted: the old ones are in ``superseded``.
    """
    with store.transaction() as connection:
        return set_aside(connection, condition.sql, condition.values, now, max_tokens)

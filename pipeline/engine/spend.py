"""What calls used, added up by stage, model and day in the transaction that records their answers.

Counts that cannot be (negative, larger than any model could use) are no counts: such a call counts as the most it may
have used.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from pipeline.engine.request import Request
from pipeline.engine.response import Usage
from pipeline.engine.usual import counts, most_usage, size

_ADD = (
    f"INSERT INTO spend VALUES ({', '.join('?' * 13)}) "
    "ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, unmetered = unmetered + excluded.unmetered, "
    "input_tokens = input_tokens + excluded.input_tokens, "
    "cached_tokens = cached_tokens + excluded.cached_tokens, "
    "output_tokens = output_tokens + excluded.output_tokens, "
    "guessed_input = guessed_input + excluded.guessed_input, "
    "guessed_output = guessed_output + excluded.guessed_output"
)

# The columns that are added up, in the order of the table.
SUMS = (
    "calls",
    "unmetered",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "guessed_input",
    "guessed_output",
)


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


_NAMES = ", ".join(Spend.__struct_fields__)
_SUMS = ", ".join(f"sum({name})" for name in SUMS)
_ALL = (
    f"SELECT stage, provider, base_url, model, day, batch, {_SUMS} FROM "
    f"(SELECT {_NAMES} FROM spend UNION ALL SELECT {_NAMES} FROM spend_elsewhere) "
    "GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"
)


def spend_in(connection: sqlite3.Connection) -> list[Spend]:
    """All of it, that of merged stores included, as a transaction sees it."""
    rows = connection.execute(_ALL).fetchall()
    return msgspec.convert(rows, list[Spend], strict=False)


def add_spend(
    connection: sqlite3.Connection,
    calls: Iterable[tuple[Request, Usage]],
    stage: str,
    batch: bool,
    most: Mapping[str, Usage],
) -> None:
    """``most`` is what a call may have used that does not say it, by key."""
    connection.executemany(_ADD, _rows(calls, stage, batch, most))


def _rows(
    calls: Iterable[tuple[Request, Usage]], stage: str, batch: bool, most: Mapping[str, Usage]
) -> list[tuple[Any, ...]]:
    """Rows to add: one for each model, not for each call."""
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

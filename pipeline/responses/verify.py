"""Whether recorded answers are what they say they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import zstandard

from pipeline.engine import answer_rows
from pipeline.engine.answer_rows import RESPONSE
from pipeline.engine.store import Store
from pipeline.engine.transcript_rows import asked, problem

KEY_BYTES = 32


class Finding(msgspec.Struct, frozen=True):
    """Something wrong with the answer under ``key``; an empty key stands for the file as a whole."""

    key: str
    problem: str


def check_file(store: Store) -> Iterator[Finding]:
    """SQLite's own check of the file: pages, indexes, constraints."""
    for (line,) in store.rows("PRAGMA integrity_check"):
        if line != "ok":
            yield Finding("", line)


def check_answers(store: Store) -> Iterator[list[Finding]]:
    """For each answer what is wrong with it: an empty list where nothing is.

    It must be what was recorded, by its digest; the key must be the hash of the request that is kept (answers that
    were taken in unchecked have none), the columns must repeat that request, the status must be one of those that are
    recorded, and an ``ok`` text must keep to the schema.
    """
    query = f"SELECT {RESPONSE}, extra, provider, base_url, model, request FROM answers"
    for row in store.rows(query):
        yield [Finding(row[0].hex(), problem) for problem in _problems(*_cut(row))]


def _cut(row: Sequence[Any]) -> tuple[Sequence[Any], bytes, bytes | None, Sequence[str], bytes | None]:
    *said, digests, extra, provider, base_url, model, body = row
    return said, digests, extra, (provider, base_url, model), body


def _problems(
    said: Sequence[Any], digests: bytes, extra: bytes | None, columns: Sequence[str], body: bytes | None
) -> Iterator[str]:
    key, status, text, *_ = said
    if len(key) != KEY_BYTES:
        yield "its key is not a SHA-256"
        return
    if wrong := answer_rows.problem(said, digests, extra):
        yield wrong
        return
    about = None
    if body is not None:
        try:
            about = asked(key.hex(), zstandard.decompress(body))
        except (ValueError, zstandard.ZstdError) as error:
            yield f"its request cannot be used: {error}"
            return
        if (its := (about.provider, about.base_url, about.model)) != tuple(columns):
            yield f"its columns say {' '.join(columns)}, its request {' '.join(its)}"
    if isinstance(text, str) and (wrong := problem(about, status, text)):
        yield wrong

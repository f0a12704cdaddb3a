"""Whether recorded answers are what they say they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
import zstandard

from pipeline.engine.request import IN_KEY, IN_KEY_WHERE_SET
from pipeline.engine.schema import Schema
from pipeline.engine.store import Store
from pipeline.tables import RESPONSE_STATUSES

RECORDED = frozenset(RESPONSE_STATUSES) - {"failed"}


class Finding(msgspec.Struct, frozen=True):
    """Something wrong with the answer under ``key``; an empty key stands for the file as a whole."""

    key: str
    problem: str


class Kept(msgspec.Struct):
    """What of a stored request is needed to check it."""

    provider: str
    base_url: str
    model: str
    schema: Schema | None


def check_file(store: Store) -> Iterator[Finding]:
    """SQLite's own check of the file: pages, indexes, constraints."""
    for (line,) in store.rows("PRAGMA integrity_check"):
        if line != "ok":
            yield Finding("", line)


def check_answers(store: Store) -> Iterator[list[Finding]]:
    """For each answer what is wrong with it: an empty list where nothing is.

    The key must be the hash of the request that is kept (transcripts carry none), the columns must repeat that
    request, the status must be one of those that are recorded, and an ``ok`` text must keep to the schema.
    """
    query = "SELECT lower(hex(key)), provider, base_url, model, status, text, request FROM answers"
    for key, provider, base_url, model, status, text, body in store.rows(query):
        problems = list(_problems(key, (provider, base_url, model), status, text, body))
        yield [Finding(key, problem) for problem in problems]


def _problems(
    key: str, origin: tuple[str, str, str], status: str, text: str, body: bytes | None
) -> Iterator[str]:
    if len(key) != 64:
        yield "its key is not a SHA-256"
        return
    if status not in RECORDED:
        yield f"its status {status!r} is none of a recorded answer"
    schema = None
    if body is not None:
        try:
            kept = _read(key, body)
        except (ValueError, zstandard.ZstdError) as error:
            yield f"its request cannot be used: {error}"
            return
        schema = kept.schema
        if (kept.provider, kept.base_url, kept.model) != origin:
            yield f"its columns say {' '.join(origin)}, its request {kept.provider} {kept.base_url} {kept.model}"
    if status == "ok" and not text.strip():
        yield "its status is ok, but it is empty"
    elif status == "ok" and schema is not None and (problem := schema.problem(text)):
        yield f"its status is ok, but its text is not what was asked for: {problem}"


def _read(key: str, body: bytes) -> Kept:
    """The request, once its bytes are those of the key; ValueError says why not."""
    content = zstandard.decompress(body)
    if hashlib.sha256(content).hexdigest() != key:
        raise ValueError("its hash is not the key")
    fields: dict[str, Any] = msgspec.json.decode(content)
    if missing := set(IN_KEY) - set(IN_KEY_WHERE_SET) - set(fields):
        raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    return msgspec.convert(fields, Kept)

"""Answers as rows of the store, each with a digest of what it says: a row that was changed afterwards is found.

The digest shows a change by mistake, by a broken disk or by a hand in the file. It is no signature: who means to
deceive can compute it anew.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import zstandard

from pipeline.core.errors import InputError
from pipeline.engine.request import Request
from pipeline.engine.response import Extra, Response
from pipeline.engine.usual import counts
from pipeline.tables import RESPONSE_STATUSES

# What the digest is taken of, and what a lookup reads.
SAID = (
    "key, status, text, finish_reason, error, served_model, "
    "input_tokens, cached_tokens, output_tokens, attempts, recorded_at, origin"
)
RESPONSE = f"{SAID}, digest"
# The request and its extras are not looked up, and come last.
COLUMNS = f"{SAID}, subject, stage, provider, base_url, model, request, extra, digest"
INSERT = f"INSERT INTO answers ({COLUMNS}) VALUES ({', '.join('?' * 20)}) ON CONFLICT (key) DO NOTHING"
# The years 2000 to 2999, in milliseconds: no recording is from elsewhen, and Python has no date for some of that.
EARLIEST, LATEST = 946_684_800_000, 32_503_680_000_000
RECORDED = frozenset(RESPONSE_STATUSES) - {"failed"}
_BYTES = 16

Compress = Callable[[bytes], bytes]


class ChangedRow(ValueError):
    """What is wrong with a row that says something else than what was recorded."""


def digest(extra: bytes | None, *said: object) -> bytes:
    """16 bytes of BLAKE2b over the columns ``SAID`` of an answer, and as many over its extras where it has any."""
    return _hash(msgspec.msgpack.encode(said)) + (b"" if extra is None else _hash(extra))


def row(request: Request, response: Response, stage: str, compress: Compress) -> tuple[Any, ...]:
    """The row of ``COLUMNS`` for an answer."""
    said = (
        bytes.fromhex(request.key),
        response.status,
        response.text,
        response.finish_reason,
        response.error,
        response.served_model,
        *counts(response.usage),
        response.attempts,
        milliseconds(response.recorded_at),
        response.origin,
    )
    about = request.subject, stage, request.provider, request.base_url, request.model
    return whole(said, about, request.canonical_json(), compress, response.extra)


def whole(
    said: tuple[Any, ...],
    about: tuple[str, ...],
    request: bytes | None,
    compress: Compress,
    extra: Extra | None = None,
) -> tuple[Any, ...]:
    """The row of ``COLUMNS`` from its parts: ``SAID``, what it is about, and the request as JSON."""
    body = None if request is None else compress(request)
    more = None if extra is None else compress(msgspec.json.encode(extra))
    return *said, *about, body, more, digest(more, *said)


def problem(said: Sequence[Any], digests: bytes, extra: bytes | None = None) -> str | None:
    """What is wrong with a row as read, None where it says what was recorded. Where ``extra`` is given it is checked
    too."""
    if not isinstance(digests, bytes) or digests[:_BYTES] != digest(None, *said):
        return "it is not what was recorded: its digest differs"
    if extra is not None and digests[_BYTES:] != _hash(extra):
        return "what came with it (its thinking, its body) is not what was recorded: its digest differs"
    _, status, text, *_, recorded_at, _ = said
    if status not in RECORDED:
        return f"its status {status!r} is none of a recorded answer"
    if not isinstance(text, str):
        return "its text is none"
    if not isinstance(recorded_at, int) or not EARLIEST <= recorded_at < LATEST:
        return f"it was recorded at {recorded_at}, which is no moment of a run"
    return None


def response_of(found: Sequence[Any], extra: bytes | None = None) -> Response:
    """The answer in a row of ``RESPONSE``; ChangedRow where it is not what was recorded."""
    *said, digests = found
    if trouble := problem(said, digests, extra):
        raise ChangedRow(trouble)
    key, status, text, finish_reason, error, served_model, given, cached, answered, attempts, at, origin = (
        said
    )
    return Response(
        key.hex(),
        status,
        text,
        finish_reason,
        error,
        served_model,
        given,
        cached,
        answered,
        attempts,
        dt.datetime.fromtimestamp(at / 1000, dt.UTC),
        extra_of(extra),
        origin,
    )


def changed(key: str, why: str, *, where: str) -> InputError:
    return InputError(
        f"the answer under key {key[:12]}: {why}",
        where=where,
        remedy="put back a copy of the file, or set the answer aside, so that it is asked for anew, by "
        f"`valact responses retry --where 'key = {key}'`; `valact responses verify` looks at all of them",
    )


def request_of(body: bytes | None) -> dict[str, Any] | None:
    """The request as it was sent, None where none is kept."""
    if body is None:
        return None
    fields: dict[str, Any] = msgspec.json.decode(zstandard.decompress(body))
    return fields


def extra_of(kept: bytes | None) -> Extra | None:
    return None if kept is None else msgspec.json.decode(zstandard.decompress(kept), type=Extra)


def milliseconds(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)


def _hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_BYTES).digest()


# By which a store of an older version is brought up to date.
FUNCTIONS: Mapping[str, Callable[..., bytes]] = {"answer_digest": digest}

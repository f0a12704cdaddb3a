"""What came back from a model, and what kind of answer it is.

A provider returns a ``Reply``, the normalised facts of the wire; ``decide`` alone turns it into a
``Response`` with one of ``tables.RESPONSE_STATUSES``. All of them except ``failed`` are recorded
answers, final until someone asks for a repeat.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import msgspec

from pipeline.engine.request import Request

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL | re.IGNORECASE)


class Usage(msgspec.Struct, frozen=True):
    """Tokens that a call was billed for; ``cached_tokens`` are among the input. None: nobody said."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def known(self) -> bool:
        return self.input_tokens is not None and self.output_tokens is not None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as a provider gave it, before it is judged.

    ``refusal`` is the model's own words, ``blocked`` the provider's reason for answering nothing;
    token counts are as billed, None where the provider does not say; ``attempts`` counts calls, from 1.
    """

    text: str = ""
    finish_reason: str | None = None
    refusal: str | None = None
    blocked: str | None = None
    served_model: str | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    attempts: int = 1


class Response(msgspec.Struct, frozen=True):
    """An answer under its request's key. ``text`` is raw and kept whatever the status.

    ``error`` says in words why the status is not ok; ``recorded_at`` is UTC, in whole milliseconds.
    """

    key: str
    status: str
    text: str
    finish_reason: str | None
    error: str | None
    served_model: str | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    attempts: int
    recorded_at: dt.datetime

    @property
    def usage(self) -> Usage:
        return Usage(self.input_tokens, self.cached_tokens, self.output_tokens)

    def json(self) -> Any:
        """The parsed object of an ``ok`` answer to a request with a schema; ValueError otherwise."""
        if self.status != "ok":
            raise ValueError(f"a response that is {self.status!r} has no object: look at its status first")
        return msgspec.json.decode(unfenced(self.text))


def decide(request: Request, reply: Reply, *, at: dt.datetime | None = None) -> Response:
    """The one place where an answer's status is decided, first match first.

    blocked_by_provider (said so, or cut by a content filter), refused, truncated (token limit), invalid
    (empty, or not what the schema asks for), ok.
    """
    status, error = _status(request, reply)
    return Response(
        key=request.key,
        status=status,
        text=reply.text,
        finish_reason=reply.finish_reason,
        error=error,
        served_model=reply.served_model,
        input_tokens=reply.input_tokens,
        cached_tokens=reply.cached_tokens,
        output_tokens=reply.output_tokens,
        attempts=reply.attempts,
        recorded_at=at or _now(),
    )


def failure(request: Request, error: str, attempts: int) -> Response:
    """The Response for a call that got no answer; it is not recorded as one, and asked again next time."""
    return Response(request.key, "failed", "", None, error, None, None, None, None, attempts, _now())


def unfenced(text: str) -> str:
    """The inside of a ```json fence where that is all there is: models without strict schemas like them."""
    fenced = _FENCED.fullmatch(text)
    return fenced[1] if fenced else text


def _status(request: Request, reply: Reply) -> tuple[str, str | None]:
    if reply.blocked is not None:
        return "blocked_by_provider", reply.blocked
    if reply.refusal:
        return "refused", reply.refusal
    if reply.finish_reason == "content_filter":
        return "blocked_by_provider", "the provider's content filter cut the answer"
    if reply.finish_reason == "length":
        return "truncated", f"the answer was cut at {request.max_tokens} tokens"
    if not reply.text.strip():
        return "invalid", "the answer is empty"
    if request.schema is not None and (problem := request.schema.problem(unfenced(reply.text))):
        return "invalid", problem
    return "ok", None


def _now() -> dt.datetime:
    now = dt.datetime.now(dt.UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)

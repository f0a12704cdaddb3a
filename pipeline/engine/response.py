"""What came back from a model, and what kind of answer it is.

A provider returns a ``Reply``, the normalised facts of the wire; ``decide`` alone turns it into a
``Response`` with one of ``tables.RESPONSE_STATUSES``. All of them except ``failed`` are recorded
answers, final until someone asks for a repeat.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from pipeline.engine.origin import LIVE, OWN
from pipeline.engine.reading import readable
from pipeline.engine.request import Request
from pipeline.engine.schema import Schema

# How an answer ended: as it should, at the token limit, stopped by the provider's filter, declined by the model,
# in a way that makes it no answer, or by a fault of the server, so that it may be asked again.
Ending = Literal["whole", "cut", "blocked", "refused", "unusable", "broken"]
# The words that all servers share; each provider's entry has its own table.
COMMON_ENDINGS: Mapping[str, Ending] = {"stop": "whole", "length": "cut", "content_filter": "blocked"}


def ending_of(finish_reason: str | None, words: Mapping[str, Ending]) -> Ending:
    """What a finish reason means. A server that gives none is believed; a word that nobody knows is no good end."""
    return "whole" if finish_reason is None else words.get(finish_reason, "unusable")


class Usage(msgspec.Struct, frozen=True):
    """Tokens that a call was billed for; ``cached_tokens`` are among the input, the tokens of thinking among the
    output. None: nobody said, or nothing that can be a number of tokens.
    """

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def known(self) -> bool:
        return self.input_tokens is not None and self.output_tokens is not None


class Likely(msgspec.Struct, frozen=True):
    """A token of the answer and the natural logarithm of its probability; ``others`` are the likeliest tokens at
    its place with theirs, the token itself among them, where they were asked for.
    """

    token: str
    logprob: float
    others: dict[str, float] = {}


class Extra(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What else came with an answer, kept for whoever wants to look: the text of its thinking and how many tokens
    that took, the provider's id of the call, log probabilities, the body as it came, ``notes`` on what in it
    could not be used (token counts that are none), and the ``seconds`` that the call took.
    """

    reasoning: str | None = None
    reasoning_tokens: int | None = None
    request_id: str | None = None
    logprobs: list[Likely] | None = None
    raw: str | None = None
    notes: list[str] = []
    seconds: float | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as a provider gave it, before it is judged.

    ``refusal`` is the model's own words, ``blocked`` the provider's reason for answering nothing, ``unusable`` why
    what came cannot be an answer; ``ending`` is what the provider's entry makes of ``finish_reason``, None for the
    common words. Token counts are as billed, None where the provider does not say; ``attempts`` counts calls, from 1.
    """

    text: str = ""
    finish_reason: str | None = None
    refusal: str | None = None
    blocked: str | None = None
    unusable: str | None = None
    ending: Ending | None = None
    served_model: str | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    attempts: int = 1
    extra: Extra | None = None


class Response(msgspec.Struct, frozen=True):
    """An answer under its request's key. ``text`` is raw and kept whatever the status.

    ``error`` says in words why the status is not ok; ``recorded_at`` is UTC, in whole milliseconds. ``extra`` is
    None where nothing else came, and where only what a stage needs was looked up. ``origin`` says where it came from
    (``pipeline.engine.origin``), None for a call that got no answer.
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
    extra: Extra | None = None
    origin: str | None = LIVE

    @property
    def is_own(self) -> bool:
        """Asked for here, not brought from elsewhere."""
        return self.origin in OWN

    @property
    def usage(self) -> Usage:
        return Usage(self.input_tokens, self.cached_tokens, self.output_tokens)

    def json(self, schema: Schema | None = None) -> Any:
        """The parsed object of an ``ok`` answer to a request with a schema; ValueError otherwise.

        With the request's ``schema`` it is read as it was when it was judged: a word of the schema in other case
        comes back as the schema writes it.
        """
        if self.status != "ok":
            raise ValueError(f"a response that is {self.status!r} has no object: look at its status first")
        if schema is not None:
            return schema.read(self.text).value
        return msgspec.json.decode(readable(self.text))


def decide(request: Request, reply: Reply, *, at: dt.datetime | None = None) -> Response:
    """The one place where an answer's status is decided, first match first.

    blocked_by_provider (said so, or cut by a content filter), refused, truncated (token limit), invalid
    (no answer by its finish reason, empty, or not what the schema asks for), ok.
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
        extra=reply.extra,
    )


def failure(request: Request, error: str, attempts: int) -> Response:
    """The Response for a call that got no answer; it is not recorded as one, and asked again next time."""
    return Response(
        request.key, "failed", "", None, error, None, None, None, None, attempts, _now(), origin=None
    )


def _status(request: Request, reply: Reply) -> tuple[str, str | None]:
    ending = reply.ending or ending_of(reply.finish_reason, COMMON_ENDINGS)
    if reply.blocked is not None:
        return "blocked_by_provider", reply.blocked
    if reply.refusal:
        return "refused", reply.refusal
    if ending == "blocked":
        return "blocked_by_provider", f"the provider's content filter cut the answer ({reply.finish_reason})"
    if ending == "refused":
        return "refused", f"the model declined ({reply.finish_reason})"
    if ending == "cut":
        return "truncated", f"the answer was cut at {request.max_tokens} tokens"
    if reply.unusable is not None:
        return "invalid", reply.unusable
    if ending != "whole":
        return "invalid", f"the answer ended with {reply.finish_reason!r}, which is no end of a whole answer"
    if not reply.text.strip():
        return "invalid", "the answer is empty"
    if request.schema is not None and (problem := request.schema.problem(reply.text)):
        return "invalid", problem
    return "ok", None


def _now() -> dt.datetime:
    now = dt.datetime.now(dt.UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)

"""What an error of a server means: for this call, for this model, for the key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from pipeline.core.errors import ValActError
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.response import Reply
from pipeline.engine.wire.outcomes import (
    CallFailed,
    ParameterRefused,
    Throttled,
    TryAgain,
    clean,
    denied,
    key_refused,
    no_credit,
    no_model,
)
from pipeline.engine.wire.retry import is_retried, retry_after

# Statuses with which a server can say that it will not take a text.
BLOCKED_STATUSES = {400, 403, 422}
_BAD_KEY = re.compile(
    r"(?i)api.?key.{0,40}(invalid|incorrect|not valid|expired|not found)|(invalid|incorrect) api.?key"
)
# Errors that name a parameter but are about the length of one prompt.
_TOO_LONG = re.compile(
    r"(?i)context.?(length|window)|too long|token limit|maximum.{0,20}length|prompt is too|reduce the length"
)

# Fields of a body that are the prompt or the schema, or a word that an error may use for anything.
_NO_PARAMETERS = {
    *("type", "name"),
    *("model", "messages", "contents", "input", "system", "systemInstruction"),
    *("json_schema", "schema", "responseJsonSchema"),
}


class Codes(msgspec.Struct, frozen=True):
    """The error codes of a provider (or types, or statuses in words), by what they mean; ``throttled`` are
    beginnings of codes. ``say`` are such regular expressions on the message where there is no code.
    """

    blocked: frozenset[str] = frozenset()
    key: frozenset[str] = frozenset()
    credit: frozenset[str] = frozenset()
    model: frozenset[str] = frozenset()
    throttled: tuple[str, ...] = ()
    says_blocked: str | None = None


class Said(msgspec.Struct, frozen=True):
    """An error in whichever of the usual shapes: its codes, its message, the parameter that it names."""

    codes: set[str]
    message: str
    parameter: str | None = None


def error_said(content: bytes) -> Said:
    """What the body of an error says."""
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Said(set(), content[:2000].decode(errors="replace"))
    if isinstance(body, list) and body:
        body = body[0]
    outer = body if isinstance(body, dict) else {}
    error = outer.get("error", body)
    if not isinstance(error, dict):
        # xAI: {"code": words, "error": message}
        codes = {str(code) for name in ("code", "type") if (code := outer.get(name)) is not None}
        return Said(codes, str(error))
    details = error.get("details")
    reasons = (
        [each.get("reason") for each in details if isinstance(each, dict)]
        if isinstance(details, list)
        else []
    )
    found = [error.get(name) for name in ("code", "type", "status")] + reasons
    codes = {str(code) for code in found if isinstance(code, str | int)}
    parameter = error.get("param")
    # FastAPI's servers say "detail"; an error without either is shown as it came.
    message = error.get("message") or error.get("detail") or content[:2000].decode(errors="replace")
    return Said(codes, str(message), parameter if isinstance(parameter, str) else None)


def outcome(
    endpoint: Endpoint,
    codes: Codes,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    key: str,
    body: Any,
    attempt: int,
) -> Reply:
    """Blocked is an answer; everything else is raised: as the end of this model, this try or this call.

    ``headers`` by lower-case name or without regard to case; ``body`` is what was sent.
    """
    said = error_said(content)
    message = clean(said.message, key)
    named = ", ".join(sorted(code for code in said.codes if code != str(status) and code not in message))
    problem = f"HTTP {status}: {message}" + (f" ({named})" if named else "")
    if is_blocked(codes, status, said):
        return Reply(blocked=message or problem, attempts=attempt)
    if fatal := _unusable(endpoint, codes, status, said, message):
        raise fatal
    throttled = any(code.startswith(codes.throttled) for code in said.codes) if codes.throttled else False
    if throttled or (status == 429 and headers.get("x-should-retry") != "false"):
        raise Throttled(problem, retry_after(headers))
    if status in (400, 422) and (parameter := refused_parameter(said, body)):
        raise ParameterRefused(
            f"{endpoint.base_url} does not take the parameter {parameter!r} as it is sent to {endpoint.model}: "
            f"{message}",
            where=f"models.{endpoint.name}",
            remedy=remedy_for(endpoint, parameter),
        )
    if is_retried(status, headers):
        raise TryAgain(problem, retry_after(headers))
    raise CallFailed(problem)


def is_blocked(codes: Codes, status: int, said: Said) -> bool:
    if status not in BLOCKED_STATUSES:
        return False
    in_words = codes.says_blocked and re.search(codes.says_blocked, said.message, re.IGNORECASE)
    return bool(said.codes & codes.blocked or in_words)


def _unusable(endpoint: Endpoint, codes: Codes, status: int, said: Said, message: str) -> ValActError | None:
    """The error that ends the work with a model; None where the next request may fare better."""
    if status == 402 or said.codes & codes.credit:
        return no_credit(endpoint, message)
    # Some providers answer 400 to a key that they do not know.
    if status == 401 or said.codes & codes.key or (status in (400, 403) and _BAD_KEY.search(said.message)):
        return key_refused(endpoint)
    if status == 404 or said.codes & codes.model:
        return no_model(endpoint, message)
    if status == 403:
        return denied(endpoint, message)
    return None


def refused_parameter(said: Said, body: Any) -> str | None:
    """The parameter of ``body`` (what was sent) that an error names; None where it is about the prompt."""
    if _TOO_LONG.search(said.message) or "context_length_exceeded" in said.codes:
        return None
    names = set(_names(body))
    if said.parameter:
        last = re.split(r"[.\[]", said.parameter)[0]
        return said.parameter if last in names else None
    for name in sorted(names, key=lambda name: -len(name)):
        # A short name is a word as well; it counts where it stands in quotes.
        pattern = rf"(?<!\w){re.escape(name)}(?!\w)" if len(name) >= 8 else rf"['\"`]{re.escape(name)}['\"`]"
        if re.search(pattern, said.message):
            return name
    return None


def _names(body: Any) -> Iterator[str]:
    """The parameters in what is sent, those inside of others too; not the prompt and not the schema."""
    if not isinstance(body, Mapping):
        return
    for name, value in body.items():
        if name not in _NO_PARAMETERS:
            yield name
            yield from _names(value)


def remedy_for(endpoint: Endpoint, parameter: str) -> str:
    """How to send it otherwise or not at all."""
    where = f"models.{endpoint.name}"
    if parameter.startswith(("response_format", "output_config", "responseJsonSchema", "responseMimeType")):
        how = f"set {where}.strict_schema: false, or {where}.parameters.response_format: null to send none"
    else:
        name = re.split(r"[.\[]", parameter)[0]
        how = f"set another value in {where}.parameters, or {where}.parameters.{name}: null to leave it out"
    return f"{how}; what was answered so far is recorded"

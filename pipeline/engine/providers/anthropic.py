"""Claude at Anthropic, by the Messages API.

Its compatible address leaves out what matters here: refusals, thinking, cached tokens, and it does not promise to
take what it is sent. There is no JSON mode: without an enforced schema the prompt alone asks for JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.response import Ending, Extra, Reply, Usage, ending_of
from pipeline.engine.wire.batch.messages import message_batches
from pipeline.engine.wire.body import decoded
from pipeline.engine.wire.chat import with_parameters
from pipeline.engine.wire.entry import Listing, ProviderEntry
from pipeline.engine.wire.errors import Codes, error_said
from pipeline.engine.wire.http import connector
from pipeline.engine.wire.listing import json_list
from pipeline.engine.wire.outcomes import CallFailed
from pipeline.engine.wire.usage import Counts, Reader

VERSION = "2023-06-01"
ENDINGS: Mapping[str, Ending] = {
    "end_turn": "whole",
    "stop_sequence": "whole",
    "max_tokens": "cut",
    "model_context_window_exceeded": "cut",
    "refusal": "refused",
    "tool_use": "unusable",
    "pause_turn": "unusable",
}
CODES = Codes(
    key=frozenset({"authentication_error"}),
    credit=frozenset({"billing_error"}),
    model=frozenset({"not_found_error"}),
    throttled=("rate_limit_error",),
    says_blocked=r"output blocked by content filtering",
)
# Answers to a full house with a status of its own (529); the rules for errors of servers hold for it.


class AnthropicDialect:
    codes = CODES

    def url(self, endpoint: Endpoint, request: Request) -> str:
        return f"{endpoint.base_url}/messages"

    def headers(self, key: str, attempt: int) -> Mapping[str, str]:
        return _headers(key)

    def body(self, request: Request) -> Mapping[str, Any]:
        system = "\n\n".join(message.content for message in request.messages if message.role == "system")
        body: dict[str, Any] = {
            "model": request.model,
            "max_tokens": request.max_tokens,
            "messages": [message for message in request.messages if message.role != "system"],
        }
        if system:
            body["system"] = system
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.schema is not None and request.strict:
            schema = msgspec.Raw(request.schema.body)
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        effort = request.parameters.get("effort")
        if effort is not None:
            body["output_config"] = {**body.get("output_config", {}), "effort": effort}
        body = with_parameters(body, request, stop="stop_sequences", response_format="output_config")
        body.pop("effort", None)
        return body

    def read(self, content: bytes, attempt: int) -> Reply:
        try:
            answer = decoded(content)
            blocks = answer["content"]
            text = "".join(block["text"] for block in blocks if block["type"] == "text")
            thinking = "".join(block["thinking"] for block in blocks if block["type"] == "thinking")
            (text + thinking).encode()
        except (ValueError, LookupError, TypeError) as error:
            words = error_said(content).message or error
            raise CallFailed(f"the server's answer is no message: {words}", Usage()) from error
        counts = _counts(answer.get("usage"))
        stop = answer.get("stop_reason")
        stop = stop if stop is None else str(stop)
        ending = ending_of(stop, ENDINGS)
        served, id_ = answer.get("model"), answer.get("id")
        return Reply(
            text=text,
            finish_reason=stop,
            ending=ending,
            refusal=text or None if ending == "refused" else None,
            served_model=served if isinstance(served, str) else None,
            input_tokens=counts.input,
            cached_tokens=counts.cached,
            output_tokens=counts.output,
            attempts=attempt,
            extra=Extra(
                reasoning=thinking or None,
                request_id=id_ if isinstance(id_, str) else None,
                raw=content.decode(errors="replace"),
                notes=counts.notes,
            ),
        )


def _counts(usage: Any) -> Counts:
    """What is read from the cache, or written to it, comes on top of ``input_tokens``; thinking is in the output."""
    reader = Reader(usage)
    fresh = reader.count("input_tokens")
    written, cached = reader.count("cache_creation_input_tokens"), reader.count("cache_read_input_tokens")
    whole = None if fresh is None else fresh + (written or 0) + (cached or 0)
    return reader.counts(whole, cached, reader.count("output_tokens"), None, None)


def _headers(key: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "x-api-key": key, "anthropic-version": VERSION}


DIALECT = AnthropicDialect()


def listing(endpoint: Endpoint, seconds: float) -> Listing:
    url = f"{endpoint.base_url}/models?limit=1000"
    return json_list(endpoint, seconds, url, _headers(endpoint.api_key()), "data", "id")


ENTRY = ProviderEntry(
    says="Anthropic",
    variable="ANTHROPIC",
    base_url="https://api.anthropic.com/v1",
    connect=connector(DIALECT),
    listing=listing,
    batches=message_batches(
        DIALECT,
        _headers,
        documentation="Claude API: Message Batches (create, retrieve, list, cancel, results); half the price",
    ),
    endings=ENDINGS,
    parameters={
        "temperature": float,
        "top_p": float,
        "top_k": int,
        "stop": list[str],
        "thinking": dict[str, Any],
        "effort": Literal["low", "medium", "high", "xhigh", "max"],
        "service_tier": str,
        "max_tokens": None,
        "response_format": None,
    },
    documentation=(
        "Claude API: Messages API reference; Handling stop reasons; Errors",
        "Claude API: Structured outputs; Extended thinking; Prompt caching (token counts); OpenAI SDK compatibility",
    ),
)

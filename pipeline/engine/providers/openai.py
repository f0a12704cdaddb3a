"""OpenAI and every server that speaks its chat completions.

The official SDK decides what is sent along: base URL, key, organisation, user agent, all its headers. Its own way of
sending costs more than the call, so that ours is used (``wire.http``); when a call is made again follows the SDK's
rules (``wire.retry``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.response import COMMON_ENDINGS, Ending
from pipeline.engine.wire.batch.files import file_batches
from pipeline.engine.wire.chat import COMMON_PARAMETERS, LOGPROBS, ChatDialect, Effort, request_body
from pipeline.engine.wire.entry import ProviderEntry
from pipeline.engine.wire.http import HttpProvider
from pipeline.engine.wire.listing import openai_list
from pipeline.engine.wire.outcomes import Learn
from pipeline.params.models import Responses

URL = "https://api.openai.com/v1"
# The words of OpenAI, and those that other servers of the dialect are known to put in their place. Tools are never
# offered, so that a call of one is no answer.
ENDINGS: Mapping[str, Ending] = {
    **COMMON_ENDINGS,
    "eos": "whole",
    "end_turn": "whole",
    "stop_sequence": "whole",
    "max_tokens": "cut",
    "max_output_tokens": "cut",
    "MAX_TOKENS": "cut",
    "model_context_window_exceeded": "cut",
    "STOP": "whole",
    "SAFETY": "blocked",
    "sensitive": "blocked",
    "refusal": "refused",
    "tool_calls": "unusable",
    "function_call": "unusable",
    "network_error": "broken",
    "error": "broken",
    "insufficient_system_resource": "broken",
}


def token_limit(base_url: str) -> str:
    """OpenAI's newer models take the token limit by its new name only, other servers mostly know the old one."""
    return "max_completion_tokens" if base_url == URL else "max_tokens"


class LineDialect(ChatDialect):
    """A line of a batch, in which no header is sent."""

    def __init__(self) -> None:
        super().__init__(endings=ENDINGS)

    def body(self, request: Request) -> Mapping[str, Any]:
        return request_body(request, limit=token_limit(request.base_url))


class OpenAIDialect(ChatDialect):
    """With the SDK's headers and address."""

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        import openai

        super().__init__(endings=ENDINGS)
        self._client = openai.AsyncOpenAI(
            api_key=endpoint.api_key(), base_url=endpoint.base_url, timeout=timeout
        )
        self._address = f"{self._client.base_url}chat/completions"
        self._limit = token_limit(endpoint.base_url)
        self._timeout = timeout
        self._sdk_headers: dict[str, str] = {}

    def url(self, endpoint: Endpoint, request: Request) -> str:
        return self._address

    def headers(self, key: str, attempt: int) -> Mapping[str, str]:
        if not self._sdk_headers:
            # Only inside a running event loop: the SDK's headers name it.
            sent = {**self._client.default_headers, **self._client.auth_headers}
            self._sdk_headers = {name: value for name, value in sent.items() if isinstance(value, str)}
            self._sdk_headers["x-stainless-read-timeout"] = f"{self._timeout:g}"
        return self._sdk_headers | {"x-stainless-retry-count": str(attempt - 1)}

    def body(self, request: Request) -> Mapping[str, Any]:
        return request_body(request, limit=self._limit)


def connect(endpoint: Endpoint, settings: Responses, learn: Learn) -> HttpProvider:
    import httpx2

    dialect = OpenAIDialect(endpoint, settings.timeout)
    return HttpProvider(endpoint, learn, dialect, httpx2.create_ssl_context)


ENTRY = ProviderEntry(
    says="OpenAI or compatible",
    variable="OPENAI",
    base_url=URL,
    connect=connect,
    listing=openai_list,
    batches=file_batches(
        LineDialect(),
        documentation="OpenAI: API reference, Batch; Guides, Batch API (50,000 requests, 200 MB)",
    ),
    endings=ENDINGS,
    parameters={
        **COMMON_PARAMETERS,
        **LOGPROBS,
        "reasoning_effort": Effort,
        "verbosity": Literal["low", "medium", "high"],
        "service_tier": str,
        "top_k": int,
        "min_p": float,
    },
    documentation=(
        "OpenAI: API reference, Chat completions, Create chat completion",
        "OpenAI: Guides, Error codes; Reasoning models; Structured outputs",
    ),
)

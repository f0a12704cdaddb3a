"""Qwen on Alibaba Cloud's Model Studio, by DashScope's own wire.

The SDK says which headers go along (a test compares whole requests with its own). The sending is ours: the SDK sends
a request once more by itself where a connection breaks, unseen by the engine and billed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.response import COMMON_ENDINGS, Ending, Extra, Reply, Usage, ending_of
from pipeline.engine.wire.batch.files import file_batches
from pipeline.engine.wire.body import decoded
from pipeline.engine.wire.chat import LOGPROBS, ChatDialect, likely, with_parameters
from pipeline.engine.wire.entry import Listing, ProviderEntry
from pipeline.engine.wire.errors import Codes
from pipeline.engine.wire.http import connector
from pipeline.engine.wire.listing import openai_list
from pipeline.engine.wire.outcomes import CallFailed
from pipeline.engine.wire.usage import Reader

PATH = "services/aigc/text-generation/generation"
# "null" is what a stream says while it goes on.
ENDINGS: Mapping[str, Ending] = {**COMMON_ENDINGS, "tool_calls": "unusable", "null": "unusable"}
CODES = Codes(
    # Final: asking again, or in other words, would be working around the provider's inspection.
    blocked=frozenset({"DataInspectionFailed", "data_inspection_failed"}),
    key=frozenset({"InvalidApiKey", "invalid_api_key"}),
    credit=frozenset(
        {
            "Arrearage",
            "AllocationQuota.FreeTierOnly",
            "CommodityNotPurchased",
            "PostpaidBillOverdue",
            "PrepaidBillOverdue",
        }
    ),
    model=frozenset({"ModelNotFound", "Model.AccessDenied", "model_not_found"}),
    throttled=("Throttling",),
)
# What is raised on the way into an answer that is not what the API promises.
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class DashScopeDialect:
    codes = CODES

    def url(self, endpoint: Endpoint, request: Request) -> str:
        return f"{endpoint.base_url}/{PATH}"

    def headers(self, key: str, attempt: int) -> Mapping[str, str]:
        # The SDK takes a second to load, and a run that only replays never asks.
        from dashscope.common.utils import default_headers

        return {**default_headers(key, module="aigc"), "Content-Type": "application/json"}

    def body(self, request: Request) -> Mapping[str, Any]:
        parameters: dict[str, Any] = {"result_format": "message"}
        if request.temperature is not None:
            parameters["temperature"] = request.temperature
        parameters["max_tokens"] = request.max_tokens
        if request.schema is not None:
            parameters["response_format"] = {"type": "json_object"}
        parameters = with_parameters(parameters, request)
        return {"model": request.model, "input": {"messages": request.messages}, "parameters": parameters}

    def read(self, content: bytes, attempt: int) -> Reply:
        try:
            answer = decoded(content)
            choice = answer["output"]["choices"][0]
            text = choice["message"]["content"]
            if isinstance(text, list):
                text = "".join(part["text"] for part in text if "text" in part)
            if not isinstance(text, str):
                raise ValueError("it holds no text")
            # Half a surrogate pair is JSON, but no text; nothing downstream could store it.
            text.encode()
        except _MALFORMED as error:
            raise CallFailed(
                f"the server's answer is no generation: {error!r}{_words(content)}", Usage()
            ) from error
        reader = Reader(answer.get("usage"))
        counts = reader.counts(
            reader.count("input_tokens"),
            reader.count("prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens"),
            reader.count("output_tokens"),
            reader.count("output_tokens_details.reasoning_tokens"),
            reader.count("total_tokens"),
        )
        finish = choice.get("finish_reason")
        finish = finish if finish is None else str(finish)
        thinking = choice["message"].get("reasoning_content")
        request_id = answer.get("request_id")
        return Reply(
            text=text,
            finish_reason=finish,
            ending=ending_of(finish, ENDINGS),
            input_tokens=counts.input,
            cached_tokens=counts.cached,
            output_tokens=counts.output,
            attempts=attempt,
            extra=Extra(
                reasoning=thinking if isinstance(thinking, str) and thinking else None,
                reasoning_tokens=counts.reasoning,
                request_id=request_id if isinstance(request_id, str) else None,
                raw=content.decode(errors="replace"),
                notes=counts.notes,
                logprobs=likely(choice.get("logprobs")),
            ),
        )


def _words(content: bytes) -> str:
    """What the server says where it answers with an error and 200."""
    try:
        body = msgspec.json.decode(content)
        return f" ({body['code']}: {body['message']})"
    except _MALFORMED:
        return ""


DIALECT = DashScopeDialect()


def listing(endpoint: Endpoint, seconds: float) -> Listing:
    """DashScope's own API has no list of models; the compatible one beside it has, for the same keys."""
    return openai_list(endpoint, seconds, _beside(endpoint.base_url))


def _beside(base_url: str) -> str:
    return base_url.removesuffix("/api/v1") + "/compatible-mode/v1"


ENTRY = ProviderEntry(
    says="DashScope",
    variable="DASHSCOPE",
    base_url="https://dashscope.aliyuncs.com/api/v1",
    connect=connector(DIALECT),
    listing=listing,
    # JSON mode, but no schema that it enforces.
    strict_schemas=False,
    # Takes some models only (qwen-max, -plus, -flash, -long, deepseek), and refuses others.
    batches=file_batches(
        ChatDialect(endings=ENDINGS, codes=CODES),
        address=_beside,
        mark="ds_name",
        documentation="Alibaba Cloud Model Studio: OpenAI compatible - Batch (50,000 requests, half the price)",
    ),
    endings=ENDINGS,
    parameters={
        "temperature": float,
        "top_p": float,
        "top_k": int,
        "seed": int,
        "stop": list[str],
        "repetition_penalty": float,
        "presence_penalty": float,
        "enable_thinking": bool,
        "thinking_budget": int,
        **LOGPROBS,
        "max_tokens": None,
        "response_format": None,
    },
    documentation=(
        "Alibaba Cloud Model Studio: API reference, Qwen, DashScope",
        "Alibaba Cloud Model Studio: Error messages",
    ),
)

"""Gemini at Google, by its own generateContent.

Its compatible address tells neither why an answer was blocked nor what thinking took, and both are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Message, Request
from pipeline.engine.response import Ending, Extra, Likely, Reply, Usage, ending_of
from pipeline.engine.wire.batch.generations import generation_batches
from pipeline.engine.wire.body import decoded
from pipeline.engine.wire.entry import Listing, ProviderEntry
from pipeline.engine.wire.errors import Codes, error_said
from pipeline.engine.wire.http import connector
from pipeline.engine.wire.listing import json_list
from pipeline.engine.wire.outcomes import CallFailed
from pipeline.engine.wire.usage import Counts, Reader

ENDINGS: Mapping[str, Ending] = {
    "STOP": "whole",
    "MAX_TOKENS": "cut",
    "SAFETY": "blocked",
    "RECITATION": "blocked",
    "BLOCKLIST": "blocked",
    "PROHIBITED_CONTENT": "blocked",
    "SPII": "blocked",
    "LANGUAGE": "unusable",
    "OTHER": "unusable",
    "MALFORMED_FUNCTION_CALL": "unusable",
    "UNEXPECTED_TOOL_CALL": "unusable",
    "FINISH_REASON_UNSPECIFIED": "unusable",
}
CODES = Codes(
    key=frozenset({"UNAUTHENTICATED", "API_KEY_INVALID"}),
    model=frozenset({"NOT_FOUND"}),
    throttled=("RESOURCE_EXHAUSTED",),
)
# Ours: [name in generationConfig, or in the body].
_IN_CONFIG = {
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "stop": "stopSequences",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "thinking": "thinkingConfig",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}


class GeminiDialect:
    codes = CODES

    def url(self, endpoint: Endpoint, request: Request) -> str:
        return f"{endpoint.base_url}/models/{quote(request.model, safe='')}:generateContent"

    def headers(self, key: str, attempt: int) -> Mapping[str, str]:
        return {"Content-Type": "application/json", "x-goog-api-key": key}

    def body(self, request: Request) -> Mapping[str, Any]:
        system = [{"text": message.content} for message in request.messages if message.role == "system"]
        body: dict[str, Any] = {
            "contents": [_content(message) for message in request.messages if message.role != "system"],
            "generationConfig": _config(request),
        }
        if system:
            body["systemInstruction"] = {"parts": system}
        if (safety := request.parameters.get("safety_settings")) is not None:
            body["safetySettings"] = safety
        for name, value in (request.parameters.get("extra_body") or {}).items():
            both = isinstance(value, dict) and isinstance(body.get(name), dict)
            body[name] = {**body[name], **value} if both else value
        return body

    def read(self, content: bytes, attempt: int) -> Reply:
        try:
            answer = decoded(content)
            counts = _counts(answer.get("usageMetadata"))
            candidates = answer.get("candidates") or []
            feedback = answer.get("promptFeedback") or {}
            if not candidates and "blockReason" not in feedback:
                raise LookupError("it holds no candidate")
            first = candidates[0] if candidates else {}
            parts = (first.get("content") or {}).get("parts") or []
            text = "".join(part["text"] for part in parts if "text" in part and not part.get("thought"))
            thinking = "".join(part["text"] for part in parts if "text" in part and part.get("thought"))
            (text + thinking).encode()
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            words = error_said(content).message or error
            raise CallFailed(f"the server's answer is no generation: {words}", Usage()) from error
        reason = first.get("finishReason")
        reason = reason if reason is None else str(reason)
        blocked = None if candidates else f"the prompt was blocked: {feedback['blockReason']}"
        served, id_ = answer.get("modelVersion"), answer.get("responseId")
        return Reply(
            text=text,
            finish_reason=reason,
            ending=ending_of(reason, ENDINGS),
            blocked=blocked,
            served_model=served if isinstance(served, str) else None,
            input_tokens=counts.input,
            cached_tokens=counts.cached,
            output_tokens=counts.output,
            attempts=attempt,
            extra=Extra(
                reasoning=thinking or None,
                reasoning_tokens=counts.reasoning,
                request_id=id_ if isinstance(id_, str) else None,
                logprobs=_likely(first.get("logprobsResult")),
                raw=content.decode(errors="replace"),
                notes=counts.notes,
            ),
        )


def _content(message: Message) -> dict[str, Any]:
    return {"role": "model" if message.role == "assistant" else "user", "parts": [{"text": message.content}]}


def _config(request: Request) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if request.temperature is not None:
        config["temperature"] = request.temperature
    if "max_tokens" not in request.parameters:
        config["maxOutputTokens"] = request.max_tokens
    if request.schema is not None and "response_format" not in request.parameters:
        config["responseMimeType"] = "application/json"
        if request.strict:
            config["responseJsonSchema"] = msgspec.Raw(request.schema.body)
    named = {
        theirs: request.parameters[ours] for ours, theirs in _IN_CONFIG.items() if ours in request.parameters
    }
    return {**config, **named}


def _counts(usage: Any) -> Counts:
    """Thinking stands beside the answer."""
    reader = Reader(usage)
    thoughts, said = reader.count("thoughtsTokenCount"), reader.count("candidatesTokenCount")
    given = reader.count("promptTokenCount")
    # An answer that was all thinking has no candidatesTokenCount.
    output = None if said is None and thoughts is None else (said or 0) + (thoughts or 0)
    cached, total = reader.count("cachedContentTokenCount"), reader.count("totalTokenCount")
    counts = reader.counts(given, cached, output, None, total)
    counts.reasoning = thoughts
    return counts


def _likely(result: Any) -> list[Likely] | None:
    try:
        chosen = result["chosenCandidates"]
        others = result.get("topCandidates") or [{}] * len(chosen)
        return [
            Likely(
                str(token["token"]),
                float(token["logProbability"]),
                {
                    str(each["token"]): float(each["logProbability"])
                    for each in beside.get("candidates") or ()
                },
            )
            for token, beside in zip(chosen, others, strict=True)
        ]
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


DIALECT = GeminiDialect()


def listing(endpoint: Endpoint, seconds: float) -> Listing:
    url = f"{endpoint.base_url}/models?pageSize=1000"
    return json_list(endpoint, seconds, url, {"x-goog-api-key": endpoint.api_key()}, "models", "name")


ENTRY = ProviderEntry(
    says="Google",
    variable="GOOGLE",
    base_url="https://generativelanguage.googleapis.com/v1beta",
    connect=connector(DIALECT),
    listing=listing,
    # Half the price. The word before the state (BATCH or JOB) differs within the documentation: both are read.
    batches=generation_batches(
        DIALECT,
        lambda key: DIALECT.headers(key, 1),
        documentation="Gemini API: Batch API (batchGenerateContent with requests in the call; get, list, cancel)",
    ),
    endings=ENDINGS,
    parameters={
        "temperature": float,
        "top_p": float,
        "top_k": int,
        "frequency_penalty": float,
        "presence_penalty": float,
        "seed": int,
        "stop": list[str],
        "logprobs": bool,
        "top_logprobs": int,
        # thinkingConfig: thinkingBudget for the 2.5 models, thinkingLevel from 3 on, includeThoughts.
        "thinking": dict[str, Any],
        "safety_settings": list[dict[str, str]],
        "max_tokens": None,
        "response_format": None,
    },
    documentation=(
        "Gemini API: API reference, Generating content (GenerateContentResponse, FinishReason, UsageMetadata)",
        "Gemini API: Thinking; Structured output; Troubleshooting (backend error codes)",
    ),
)

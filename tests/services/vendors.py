"""Stand-ins for the vendors' own wires, each after the pages that its class names.

A server refuses what the documentation says it refuses: another path, another way to give the key, a field that is
missing. ``script(body, n)`` decides the answer to request number n as in ``services.chat``: a text, a dict of changes
to the documented answer, ``(status, error body)``, or bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from services.loopback import Loopback

KEY = "vendor-key"


class Vendor(Loopback):
    prefix = ""
    path = "/chat/completions"

    def __init__(self, script: Callable[[dict[str, Any], int], Any]) -> None:
        super().__init__()
        self.script = script

    @property
    def base_url(self) -> str:
        return f"{self.url}{self.prefix}"

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response(self.models())
        if request.path != f"{self.prefix}{self.path}":
            return web.json_response(self.error("no such path"), status=404)
        if not self.allowed(request):
            return web.json_response(self.error("no such key"), status=401)
        answer = self.script(body, len(self.bodies) - 1)
        match answer:
            case bytes():
                return web.Response(body=answer, content_type="application/json")
            case (int() as status, error):
                return web.json_response(error, status=status)
            case str():
                return web.json_response(self.answer(body, {"text": answer}))
            case _:
                return web.json_response(self.answer(body, answer))

    def allowed(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {KEY}"

    def error(self, message: str) -> Any:
        return {"error": {"message": message}}

    def models(self) -> Any:
        return {
            "object": "list",
            "data": [{"id": "served", "object": "model", "created": 1, "owned_by": "us"}],
        }

    def answer(self, body: dict[str, Any], said: dict[str, Any]) -> Any:
        message = {"role": "assistant", "content": said.get("text")} | said.get("message", {})
        choice = {"index": 0, "message": message, "finish_reason": said.get("finish", "stop")}
        return {
            "id": "id-1",
            "object": "chat.completion",
            "created": 1,
            "model": said.get("model", body["model"]),
            "choices": [choice | said.get("choice", {})],
            "usage": said.get("usage", self.usage()),
        } | said.get("more", {})

    def usage(self) -> Any:
        raise NotImplementedError


class Anthropic(Vendor):
    """Claude API: Messages API reference; Handling stop reasons; Errors; Extended thinking."""

    prefix, path = "/v1", "/messages"

    def allowed(self, request: web.Request) -> bool:
        return (
            request.headers.get("x-api-key") == KEY
            and request.headers.get("anthropic-version") == "2023-06-01"
        )

    def error(self, message: str) -> Any:
        return {
            "type": "error",
            "error": {"type": "not_found_error", "message": message},
            "request_id": "req_1",
        }

    def models(self) -> Any:
        return {"data": [{"type": "model", "id": "served", "display_name": "S"}], "has_more": False}

    def answer(self, body: dict[str, Any], said: dict[str, Any]) -> Any:
        assert isinstance(body["max_tokens"], int), "max_tokens is required"
        assert all(message["role"] in ("user", "assistant") for message in body["messages"])
        blocks = [{"type": "text", "text": said["text"]}] if said.get("text") is not None else []
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": said.get("model", body["model"]),
            "content": said.get("blocks", blocks),
            "stop_reason": said.get("finish", "end_turn"),
            "stop_sequence": None,
            "usage": said.get("usage", self.usage()),
        }

    def usage(self) -> Any:
        return {
            "input_tokens": 6,
            "cache_creation_input_tokens": 2,
            "cache_read_input_tokens": 3,
            "output_tokens": 7,
            "service_tier": "standard",
        }


class Gemini(Vendor):
    """Gemini API: Generating content (GenerateContentResponse, UsageMetadata, PromptFeedback); Thinking."""

    prefix, path = "/v1beta", "/models/served:generateContent"

    def allowed(self, request: web.Request) -> bool:
        return request.headers.get("x-goog-api-key") == KEY

    def error(self, message: str) -> Any:
        return {"error": {"code": 404, "message": message, "status": "NOT_FOUND"}}

    def models(self) -> Any:
        return {"models": [{"name": "models/served", "displayName": "S"}]}

    def answer(self, body: dict[str, Any], said: dict[str, Any]) -> Any:
        assert "model" not in body, "the model is in the address"
        assert all(content["role"] in ("user", "model") for content in body["contents"])
        candidate = {
            "content": {"parts": said.get("parts", [{"text": said.get("text")}]), "role": "model"},
            "finishReason": said.get("finish", "STOP"),
            "index": 0,
        } | said.get("choice", {})
        return {
            "candidates": [candidate],
            "usageMetadata": said.get("usage", self.usage()),
            "modelVersion": said.get("model", "served"),
            "responseId": "r-1",
        } | said.get("more", {})

    def usage(self) -> Any:
        return {
            "promptTokenCount": 11,
            "cachedContentTokenCount": 3,
            "candidatesTokenCount": 7,
            "thoughtsTokenCount": 1000,
            "totalTokenCount": 1018,
        }


class Xai(Vendor):
    """xAI: Chat completions; Reasoning (reasoning tokens stand beside the completion tokens)."""

    prefix = "/v1"

    def error(self, message: str) -> Any:
        return {"code": "The caller does not have permission", "error": message}

    def usage(self) -> Any:
        return {
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "total_tokens": 1018,
            "prompt_tokens_details": {"text_tokens": 11, "cached_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 1000},
            "num_sources_used": 0,
        }


class Moonshot(Vendor):
    """Kimi API platform: Chat; Error codes (cached tokens stand in the usage itself)."""

    prefix = "/v1"

    def usage(self) -> Any:
        return {"prompt_tokens": 11, "completion_tokens": 1007, "total_tokens": 1018, "cached_tokens": 3}


class Volcengine(Vendor):
    """Volcano Engine Ark: Chat API reference; Error codes."""

    prefix = "/api/v3"

    def usage(self) -> Any:
        return {
            "prompt_tokens": 11,
            "completion_tokens": 1007,
            "total_tokens": 1018,
            "prompt_tokens_details": {"cached_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 1000},
        }


class Zhipu(Vendor):
    """Z.ai: Chat completion; Errors (codes are numbers in quotes)."""

    prefix = "/api/paas/v4"

    def usage(self) -> Any:
        return {
            "prompt_tokens": 11,
            "completion_tokens": 1007,
            "total_tokens": 1018,
            "prompt_tokens_details": {"cached_tokens": 3},
        }


VENDORS: dict[str, type[Vendor]] = {
    "anthropic": Anthropic,
    "gemini": Gemini,
    "xai": Xai,
    "moonshot": Moonshot,
    "volcengine": Volcengine,
    "zhipu": Zhipu,
}

"""A stand-in for an OpenAI-compatible server: answers what a test wants said, refused or broken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from services.loopback import Loopback, hang_up

Script = Callable[[dict[str, Any], int], Any]


class ChatServer(Loopback):
    """``script(body, n)`` decides the answer to request number n (from 0): a text, a dict of fields of the
    answer (``text``, ``refusal``, ``finish_reason``), ``(status, error)`` or ``(status, error, headers)``,
    bytes sent as they are, or None for a broken connection. ``latency`` is in seconds.
    """

    def __init__(self, script: Script | None = None, latency: float = 0.0) -> None:
        super().__init__()
        self.script = script or (lambda body, n: f"answer to {body['messages'][-1]['content']}")
        self.latency = latency

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        if request.path != "/v1/chat/completions":
            return web.json_response({"error": {"message": "no such path"}}, status=404)
        answer = self.script(body, len(self.bodies) - 1)
        await asyncio.sleep(self.latency)
        match answer:
            case None:
                hang_up(request)
                return web.Response()
            case bytes():
                return web.Response(body=answer, content_type="application/json")
            case (int() as status, dict() as error, *headers):
                return web.json_response({"error": error}, status=status, headers=dict(*headers))
            case str():
                return web.json_response(completion(body, {"text": answer}))
            case _:
                return web.json_response(completion(body, answer))


def completion(body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer.get("text"), "refusal": answer.get("refusal")}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"] + "-2024-08-06",
        "choices": [{"index": 0, "message": message, "finish_reason": answer.get("finish_reason", "stop")}],
        "usage": {
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": 3},
        },
    }

"""A stand-in for DashScope's text generation: answers, throttles, blocks and breaks as a test wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from services.loopback import Loopback, hang_up

PATH = "/api/v1/services/aigc/text-generation/generation"
Script = Callable[[dict[str, Any], int], Any]


class DashScopeServer(Loopback):
    """``script(body, n)`` decides the answer to request number n (from 0): a text, a dict with ``text`` and
    ``finish_reason``, ``(status, code, message)`` or ``(status, code, message, headers)``, bytes sent as they
    are, or None for a broken connection.
    """

    def __init__(self, script: Script | None = None, latency: float = 0.0) -> None:
        super().__init__()
        self.script = script or (lambda body, n: f"answer to {body['input']['messages'][-1]['content']}")
        self.latency = latency

    @property
    def base_url(self) -> str:
        return f"{self.url}/api/v1"

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        if request.path != PATH:
            return web.json_response({"code": "NotFound", "message": "no such path"}, status=404)
        answer = self.script(body, len(self.bodies) - 1)
        await asyncio.sleep(self.latency)
        match answer:
            case None:
                hang_up(request)
                return web.Response()
            case bytes():
                return web.Response(body=answer, content_type="application/json")
            case (int() as status, str() as code, str() as message, *headers):
                error = {"code": code, "message": message, "request_id": "r-1"}
                return web.json_response(error, status=status, headers=dict(*headers))
            case str():
                return web.json_response(generation({"text": answer}))
            case _:
                return web.json_response(generation(answer))


def generation(answer: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer["text"]}
    choice = {
        "finish_reason": answer.get("finish_reason", "stop"),
        "message": message,
        **answer.get("choice", {}),
    }
    return {
        "status_code": 200,
        "request_id": "r-1",
        "output": {"choices": [choice]},
        "usage": {
            "input_tokens": 11,
            "output_tokens": 7,
            "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": 3},
        },
    }

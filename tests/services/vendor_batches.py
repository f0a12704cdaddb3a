"""Stand-ins for the batches of providers that are not of OpenAI's kind, as their documentation has them.

Anthropic: Message Batches (create, retrieve, list, cancel, results). Gemini: Batch API (batchGenerateContent, get,
list, cancel). xAI: Batch API (create, add requests, retrieve, list, results, cancel). Each answers half
of what it is told to, and loses the answer to a start where it is told to. ``asked`` holds what would be billed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from services.loopback import Loopback, hang_up


def rfc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class VendorBatches(Loopback):
    """``looks`` until a batch has ended; ``loses`` answers to starts; of each batch the requests whose question is in
    ``errors`` fail with that, and those after the first ``answered`` are not answered."""

    def __init__(self) -> None:
        super().__init__()
        self.looks, self.loses, self.answered = 1, 0, 10**9
        self.errors: dict[str, Any] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.billed: set[int] = set()

    def start(self, request: web.Request, requests: list[Any], **about: Any) -> dict[str, Any]:
        name = f"b{len(self.batches)}"
        self.batches[name] = {
            "id": name,
            "requests": requests,
            "looks": self.looks,
            "at": time.time(),
            **about,
        }
        if self.loses:
            self.loses -= 1
            hang_up(request)
        return self.batches[name]

    def bill(self, asked: Mapping[str, Any], question: str) -> None:
        """Once, however often its result is read."""
        if id(asked) not in self.billed:
            self.billed.add(id(asked))
            self.asked.append(question)

    def has_ended(self, batch: dict[str, Any]) -> bool:
        batch["looks"] -= 1
        return bool(batch["looks"] < 0 or batch.get("cancelled"))

    def come(self, batch: dict[str, Any]) -> list[Any]:
        return list(batch["requests"][: 0 if batch.get("cancelled") else self.answered])


class AnthropicBatches(VendorBatches):
    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        assert request.headers["x-api-key"] == "secret"
        assert request.headers["anthropic-version"]
        match [request.method, *request.path.removeprefix("/v1/messages/batches").strip("/").split("/")]:
            case ["POST", ""]:
                for each in body["requests"]:
                    assert set(each) == {"custom_id", "params"}
                    assert 1 <= len(each["custom_id"]) <= 64
                return web.json_response(self.public(self.start(request, body["requests"])))
            case ["GET", ""]:
                newest = [self.public(batch) for batch in reversed(self.batches.values())]
                return web.json_response({"data": newest, "has_more": False, "first_id": "", "last_id": ""})
            case ["GET", name]:
                return web.json_response(self.public(self.batches[name]))
            case ["POST", name, "cancel"]:
                self.batches[name]["cancelled"] = True
                return web.json_response(self.public(self.batches[name]))
            case ["GET", name, "results"]:
                return web.Response(body=b"".join(map(self.result, self.batches[name]["requests"][::-1])))
        return web.json_response({"error": {"type": "not_found_error", "message": "?"}}, status=404)

    def public(self, batch: dict[str, Any]) -> dict[str, Any]:
        batch["ended"] = batch.get("ended") or self.has_ended(batch)
        count = len(batch["requests"])
        done = (
            {"succeeded": count, "processing": 0} if batch["ended"] else {"succeeded": 0, "processing": count}
        )
        return {
            "id": batch["id"],
            "type": "message_batch",
            "processing_status": "ended" if batch["ended"] else "in_progress",
            "request_counts": {"errored": 0, "canceled": 0, "expired": 0, **done},
            "created_at": rfc(batch["at"]),
            "expires_at": rfc(batch["at"] + 86_400),
            "results_url": "https://elsewhere.example/results",
        }

    def result(self, asked: Mapping[str, Any]) -> bytes:
        batch = next(batch for batch in self.batches.values() if asked in batch["requests"])
        question = asked["params"]["messages"][-1]["content"]
        if asked not in self.come(batch):
            said: dict[str, Any] = {"type": "canceled" if batch.get("cancelled") else "expired"}
        elif question in self.errors:
            said = {"type": "errored", "error": {"type": "error", "error": self.errors[question]}}
        else:
            self.bill(asked, question)
            said = {
                "type": "succeeded",
                "message": {
                    "id": "msg_1", "type": "message", "role": "assistant", "model": asked["params"]["model"],
                    "content": [{"type": "text", "text": f"answer to {question}"}], "stop_reason": "end_turn",
                    "usage": {"input_tokens": 11, "output_tokens": 3},
                },
            }  # fmt: skip
        return json.dumps({"custom_id": asked["custom_id"], "result": said}).encode() + b"\n"


class GeminiBatches(VendorBatches):
    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        assert request.headers["x-goog-api-key"] == "secret"
        if request.path.endswith(":batchGenerateContent"):
            batch = body["batch"]
            requests = batch["inputConfig"]["requests"]["requests"]
            return web.json_response(self.public(self.start(request, requests, name=batch["displayName"])))
        path = request.path.removeprefix("/v1beta/batches").strip("/")
        if not path:
            newest = [self.public(batch) for batch in reversed(self.batches.values())]
            return web.json_response({"operations": newest})
        if path.endswith(":cancel"):
            self.batches[path.removesuffix(":cancel")]["cancelled"] = True
            return web.json_response({})
        if path not in self.batches:
            return web.json_response(
                {"error": {"code": 404, "status": "NOT_FOUND", "message": "?"}}, status=404
            )
        return web.json_response(self.public(self.batches[path]))

    def public(self, batch: dict[str, Any]) -> dict[str, Any]:
        ended = self.has_ended(batch)
        state = "CANCELLED" if batch.get("cancelled") else "SUCCEEDED" if ended else "RUNNING"
        said: dict[str, Any] = {
            "name": f"batches/{batch['id']}",
            "metadata": {
                "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
                "displayName": batch["name"],
                "createTime": rfc(batch["at"]),
                "batchStats": {"requestCount": str(len(batch["requests"])), "successfulRequestCount": "0"},
                "state": f"BATCH_STATE_{state}",
            },
        }
        if ended:
            said |= {"done": True}
            if not batch.get("cancelled"):
                responses = [self.result(each) for each in self.come(batch)]
                said["response"] = {"inlinedResponses": {"inlinedResponses": responses}}
        return said

    def result(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        question = asked["request"]["contents"][-1]["parts"][0]["text"]
        if question in self.errors:
            return {"metadata": asked["metadata"], "error": self.errors[question]}
        self.bill(asked, question)
        answer = {
            "candidates": [
                {
                    "content": {"role": "model", "parts": [{"text": f"answer to {question}"}]},
                    "finishReason": "STOP",
                }
            ],
            "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 3, "totalTokenCount": 14},
        }
        return {"metadata": asked["metadata"], "response": answer}


class XaiBatches(VendorBatches):
    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        assert request.headers["Authorization"] == "Bearer secret"
        match [request.method, *request.path.removeprefix("/v1/batches").strip("/").split("/")]:
            case ["POST", ""]:
                name = f"b{len(self.batches)}"
                self.batches[name] = {"id": name, "name": body["name"], "requests": [], "looks": self.looks}
                return web.json_response(self.public(self.batches[name]))
            case ["GET", ""]:
                return web.json_response({"batches": [self.public(batch) for batch in self.batches.values()]})
            case ["POST", name, "requests"]:
                self.batches[name]["requests"] += body["batch_requests"]
                if self.loses:
                    self.loses -= 1
                    hang_up(request)
                return web.json_response({})
            case ["POST", name] if name.endswith(":cancel"):
                self.batches[name.removesuffix(":cancel")]["cancelled"] = True
                return web.json_response(self.public(self.batches[name.removesuffix(":cancel")]))
            case ["GET", name] if name in self.batches:
                return web.json_response(self.public(self.batches[name]))
            case ["GET", name, "results"]:
                start = int(request.query.get("pagination_token", 0))
                some = self.come(self.batches[name])[start : start + 7]
                more = {"pagination_token": str(start + 7)} if len(some) == 7 else {}
                return web.json_response({"results": [self.result(each) for each in some], **more})
        return web.json_response({"code": "404", "error": "?"}, status=404)

    def public(self, batch: dict[str, Any]) -> dict[str, Any]:
        count = len(batch["requests"])
        pending = 0 if self.has_ended(batch) else count
        counts = {
            "num_requests": count,
            "num_pending": pending,
            "num_success": count - pending,
            "num_error": 0,
        }
        more = {"cancel_time": rfc(0)} if batch.get("cancelled") else {}
        return {"batch_id": batch["id"], "name": batch["name"], "state": counts, **more}

    def result(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        request = asked["batch_request"]["chat_get_completion"]
        question = request["messages"][-1]["content"]
        if question in self.errors:
            return {"batch_request_id": asked["batch_request_id"], "error_message": self.errors[question]}
        self.bill(asked, question)
        message = {"role": "assistant", "content": f"answer to {question}"}
        answer = {
            "id": "x", "model": request["model"], "choices": [{"message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
        }  # fmt: skip
        return {
            "batch_request_id": asked["batch_request_id"],
            "batch_result": {"response": {"chat_get_completion": answer}},
        }

"""A stand-in for a server with a Batch API, whose days a test can make as bad as it likes."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from services.chat import ChatServer, Script, completion
from services.loopback import hang_up

DAY = 86_400


@dataclass
class Plan:
    """How one batch goes: the state in which it ends, after how many looks; how many of its requests are
    answered by then (None: all); ``errors`` as a batch that fails has them; ``lost`` and ``refused``: its start is
    answered by a broken connection, or by ``(status, error)``; ``garbled`` lines of the output say nothing.
    """

    ends: str = "completed"
    looks: int = 1
    answered: int | None = None
    errors: list[dict[str, str]] = field(default_factory=list)
    lost: bool = False
    refused: tuple[int, dict[str, str]] | None = None
    garbled: int = 0


class BatchServer(ChatServer):
    """Answers the lines of batches as ``script`` says, as if each were a call; an error goes to the error file,
    and None says nothing at all about a request. ``plans`` are those of the first batches, then all goes well.
    ``answered`` holds the bodies answered in batches; it is what would be paid for.
    """

    def __init__(self, script: Script | None = None, *plans: Plan) -> None:
        super().__init__(script)
        self.plans = list(plans)
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.answered: list[dict[str, Any]] = []
        self.uploads: list[bytes] = []
        self.held = False

    @property
    def prefix(self) -> str:
        """Of all paths."""
        return "/v1/"

    @property
    def chats(self) -> int:
        """Calls that were made one by one."""
        return self.paths.count("/v1/chat/completions")

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        match [request.method, *request.path.removeprefix(self.prefix).split("/")]:
            case ["POST", "files"]:
                form = await request.post()
                assert form["purpose"] == "batch"
                content = form["file"].file.read()
                self.uploads.append(content)
                return web.json_response(self._file(content))
            case ["GET", "files", name, "content"]:
                return web.Response(body=self.files[name])
            case ["POST", "batches"]:
                return self._create(request, body)
            case ["GET", "batches"]:
                newest = [self._public(batch) for batch in reversed(self.batches.values())]
                return web.json_response({"object": "list", "data": newest, "has_more": False})
            case ["GET", "batches", name] if name in self.batches:
                return web.json_response(self._look(self.batches[name]))
            case ["POST", "batches", name, "cancel"] if name in self.batches:
                self.batches[name]["plan"].ends = "cancelled"
                return web.json_response(self._public(self.batches[name] | {"status": "cancelling"}))
        return await super().handle(request, body)

    def _create(self, request: web.Request, body: Any) -> web.StreamResponse:
        plan = self.plans.pop(0) if self.plans else Plan()
        if plan.refused is not None:
            status, error = plan.refused
            return web.json_response({"error": error}, status=status)
        batch = {
            "id": f"batch_{len(self.batches)}",
            "object": "batch",
            "endpoint": body["endpoint"],
            "input_file_id": body["input_file_id"],
            "completion_window": body["completion_window"],
            "metadata": body["metadata"],
            "status": "validating",
            "created_at": int(time.time()),
            "expires_at": int(time.time()) + DAY,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "plan": plan,
        }
        self.batches[batch["id"]] = batch
        if plan.lost:
            hang_up(request)
        return web.json_response(self._public(batch))

    def _look(self, batch: dict[str, Any]) -> dict[str, Any]:
        plan = batch["plan"]
        plan.looks -= 1
        if not self.held and plan.looks <= 0 and batch["status"] in ("validating", "in_progress"):
            self._finish(batch, plan)
        elif batch["status"] == "validating":
            batch["status"] = "in_progress"
        return self._public(batch)

    def _finish(self, batch: dict[str, Any], plan: Plan) -> None:
        batch["status"] = plan.ends
        if plan.ends == "failed":
            batch["errors"] = {"object": "list", "data": plan.errors}
            return
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].split(b"\n") if line]
        random.Random(0).shuffle(lines)
        limit = len(lines) if plan.answered is None else plan.answered
        output, errors = [], []
        for line in lines[:limit]:
            answer = self.script(line["body"], len(self.answered))
            if answer is None:
                continue
            self.answered.append(line["body"])
            if isinstance(answer, tuple):
                said = {"status_code": answer[0], "body": {"error": answer[1]}}
                errors.append({"custom_id": line["custom_id"], "response": said, "error": None})
                continue
            fields = {"text": answer} if isinstance(answer, str) else answer
            said = {"status_code": 200, "request_id": "r", "body": completion(line["body"], fields)}
            output.append({"id": "b", "custom_id": line["custom_id"], "response": said, "error": None})
        for line in lines[limit:]:
            why = {"code": f"batch_{plan.ends}", "message": "This request could not be executed in time."}
            errors.append({"custom_id": line["custom_id"], "response": None, "error": why})
        batch["request_counts"] = {"total": len(lines), "completed": len(output), "failed": len(errors)}
        texts = [json.dumps(line, ensure_ascii=False) for line in output]
        texts[: plan.garbled] = ["<html>"] * plan.garbled
        batch["output_file_id"] = self._file("\n".join(texts).encode())["id"] if output else None
        lines = "\n".join(map(json.dumps, errors))
        batch["error_file_id"] = self._file(lines.encode())["id"] if errors else None

    def _file(self, content: bytes) -> dict[str, Any]:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return {"id": name, "object": "file", "bytes": len(content), "created_at": 1, "purpose": "batch"} | {
            "filename": "f.jsonl",
            "status": "processed",
        }

    def _public(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in batch.items() if name != "plan"}

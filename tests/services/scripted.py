"""An engine whose answers a test writes: real requests and keys, no store and no wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.engine import Engine, Request, Response
from pipeline.engine.response import Reply, decide


class ScriptedEngine:
    """``reply`` gives the Reply to each request; ``asked`` keeps every request in order."""

    def __init__(self, engine: Engine, reply: Callable[[Request], Reply]) -> None:
        self.request = engine.request
        self.reply = reply
        self.asked: list[Request] = []

    def answer(self, requests: Sequence[Request]) -> dict[str, Response]:
        self.asked.extend(requests)
        return {request.key: decide(request, self.reply(request)) for request in requests}

"""A real HTTP server on loopback, in a thread, whose answers a test scripts in Python."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request, Any], Awaitable[web.StreamResponse]]


class Loopback:
    """Serves POST and GET of every path with ``handle``; counts what is in flight.

    ``bodies`` holds the parsed JSON (None for anything else) of every request in order of arrival, ``most`` the
    largest number of requests that were being served at once.
    """

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.in_flight = 0
        self.most = 0
        self.url = ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        raise NotImplementedError

    def __enter__(self) -> Any:
        self._thread.start()
        assert self._ready.wait(10), "the loopback server did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._count)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._end.wait()
        await runner.cleanup()

    async def _count(self, request: web.Request) -> web.StreamResponse:
        is_json = request.can_read_body and request.content_type == "application/json"
        body = await request.json() if is_json else None
        self.bodies.append(body)
        self.paths.append(request.path)
        self.headers.append(dict(request.headers))
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            return await self.handle(request, body)
        finally:
            self.in_flight -= 1


def hang_up(request: web.Request) -> None:
    """Breaks the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()

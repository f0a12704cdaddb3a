"""The requests of one call that nobody has answered yet: asked side by side, recorded as they land.

Everything runs on one event loop. ``add`` and ``waiting`` belong to the caller, between two steps; each
``step`` lets the loop run until more answers are recorded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from pipeline.llm.request import Request
from pipeline.llm.response import Response

Pair = tuple[Request, Response]


class Flight:
    """``ask`` answers one request (and bounds how many are asked at once), ``record`` commits many answers.

    ``record`` runs in a thread: while it waits for the disk the calls go on, and what lands meanwhile makes
    the next commit. An answer is handed out only after it is recorded.
    """

    def __init__(
        self,
        ask: Callable[[Request], Awaitable[Response]],
        record: Callable[[list[Pair]], list[Pair]],
        width: int,
    ) -> None:
        self._ask = ask
        self._record = record
        self._width = width
        self._waiting: dict[str, list[Request]] = {}
        self._todo: deque[Request] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._landed: list[Pair] = []
        self._something_landed = asyncio.Event()
        self._recorded: asyncio.Queue[list[Pair] | Exception] = asyncio.Queue()
        self._recorder: asyncio.Task[None] | None = None
        self._error: Exception | None = None
        self._stopping = False
        self.waiting = 0

    def add(self, request: Request) -> None:
        """One more request to answer; the same key is asked once, however often it is added."""
        self.waiting += 1
        if request.key in self._waiting:
            self._waiting[request.key].append(request)
        else:
            self._waiting[request.key] = [request]
            self._todo.append(request)

    async def step(self) -> list[Pair]:
        """Waits for the next recorded answers and gives them to every request that waits for them.

        Raises what ended the flight (no key, no credit, a full disk), after all that landed before it.
        """
        if self._recorder is None:
            self._recorder = asyncio.create_task(self._record_what_lands())
        self._launch()
        recorded = await self._recorded.get()
        if isinstance(recorded, Exception):
            raise recorded
        answered = []
        for request, response in recorded:
            for twin in self._waiting.pop(request.key):
                answered.append((twin, response))
        self.waiting -= len(answered)
        return answered

    async def stop(self, grace: float) -> None:
        """Launches no more, gives calls in the air ``grace`` seconds to land, and records what landed."""
        self._stopping = True
        self._todo.clear()
        try:
            if self._calls:
                await asyncio.wait(self._calls, timeout=grace)
            for call in self._calls:
                call.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)
            if self._recorder is not None:
                self._something_landed.set()
                await self._recorder
        finally:
            # Left over only if stopping was itself interrupted.
            if self._landed:
                self._record(self._landed)

    def _launch(self) -> None:
        while self._todo and len(self._calls) < self._width and self._error is None:
            call = asyncio.create_task(self._call(self._todo.popleft()))
            self._calls.add(call)
            call.add_done_callback(self._ended)

    async def _call(self, request: Request) -> None:
        try:
            response = await self._ask(request)
            self._landed.append((request, response))
        except Exception as error:
            self._error = self._error or error
        self._something_landed.set()

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._launch()

    async def _record_what_lands(self) -> None:
        while True:
            await self._something_landed.wait()
            self._something_landed.clear()
            landed, self._landed = self._landed, []
            try:
                if landed:
                    self._recorded.put_nowait(await asyncio.to_thread(self._record, landed))
            except Exception as error:
                self._error = error
            if self._error is not None and not self._stopping:
                self._recorded.put_nowait(self._error)
                self._stopping = True
            if self._stopping and not self._calls and not self._landed:
                return

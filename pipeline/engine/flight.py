"""The requests of one call that nobody has answered yet: asked side by side, recorded as they land.

Everything runs on one event loop. ``add`` and ``waiting`` belong to the caller, between two steps; each
``step`` lets the loop run until more answers are recorded. Which calls may start, and when, is up to their
lanes, to the budget, and to the number of slots that all flights of an engine share (``Airspace``).
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from typing import Any

from pipeline.core.errors import ValActError
from pipeline.engine.budget import NOTHING, Budget
from pipeline.engine.lane import Lane
from pipeline.engine.request import Request
from pipeline.engine.response import Response, Usage

Pair = tuple[Request, Response]
Lost = tuple[Request, Usage]


class Call:
    """One request on its way to an answer. ``tries`` counts the calls made for it, ``failures`` those of them
    that use up its retries; ``throttled_since`` is when it began to be turned away.
    """

    __slots__ = (
        "characters",
        "expected",
        "failures",
        "lane",
        "request",
        "reserved",
        "started_at",
        "throttled_since",
        "throttles",
        "tries",
    )

    def __init__(self, request: Request, lane: Lane) -> None:
        self.request = request
        self.lane = lane
        self.characters = sum(len(message.content) for message in request.messages)
        self.expected = Usage()
        self.reserved = NOTHING
        self.tries = self.failures = self.throttles = 0
        self.started_at = self.throttled_since = 0.0


class Airspace:
    """What the flights of an engine share: the number of calls in the air, and the budget."""

    def __init__(self, width: int, budget: Budget) -> None:
        self.free = width
        self.budget = budget
        self.flights: list[Flight] = []

    def launch(self) -> None:
        """Starts what may start. The last flight goes first: the others wait until its caller is done."""
        for flight in reversed(self.flights):
            flight.launch()


class Flight:
    """``fly`` makes the calls for one request until there is a Response, or None to have it started again
    later; ``record`` commits many answers, and what was spent without one.

    ``record`` runs in a thread: while it waits for the disk the calls go on, and what lands meanwhile makes
    the next commit. A call keeps its slot, and its money stays set aside, until its answer is recorded: what
    a crash can lose is what is in the air, and no more. Only then is the answer handed out. Requests to a lane
    that is stopped are dropped: ``dropped`` counts them by the error that stopped it.
    """

    def __init__(
        self,
        air: Airspace,
        fly: Callable[[Call, Flight], Coroutine[Any, Any, Response | None]],
        record: Callable[[list[Pair], list[Lost]], list[Pair]],
    ) -> None:
        self._air = air
        self._fly = fly
        self._record = record
        self._waiting: dict[str, list[Request]] = {}
        self._queues: dict[Lane, deque[Call]] = {}
        self._turns: deque[Lane] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._landed: list[Pair] = []
        self._reserved = NOTHING
        self._lost: list[Lost] = []
        self._something_landed = asyncio.Event()
        self._recorded: asyncio.Queue[list[Pair] | Exception] = asyncio.Queue()
        self._recorder: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None
        self._stopping = False
        self._held_back = False
        self.waiting = 0
        self.dropped: Counter[ValActError] = Counter()
        air.flights.append(self)

    @property
    def is_held_back(self) -> bool:
        """Whether slots are free, and yet nothing that waits may start: other models could use them."""
        return self._held_back and self._air.free > 0

    def add(self, request: Request, lane: Lane) -> None:
        """One more request to answer; the same key is asked once, however often it is added."""
        self.waiting += 1
        if request.key in self._waiting:
            self._waiting[request.key].append(request)
            return
        self._waiting[request.key] = [request]
        call = Call(request, lane)
        if lane not in self._queues:
            self._queues[lane] = deque()
            self._turns.append(lane)
        self._queues[lane].append(call)

    async def step(self) -> list[Pair]:
        """Waits for the next recorded answers and gives them to every request that waits for them; nothing
        where requests were dropped instead.

        Raises what ended the flight (a full disk), after all that landed before it.
        """
        if self._recorder is None:
            self._recorder = asyncio.create_task(self._record_what_lands())
        self.launch()
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
        self._queues.clear()
        self._turns.clear()
        if self._timer is not None:
            self._timer.cancel()
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
            self._air.flights.remove(self)
            # Left over only if stopping was itself interrupted.
            if self._landed or self._lost:
                self._record(self._landed, self._lost)
                self._air.free += len(self._landed)

    def launch(self) -> None:
        """Starts what may start now, one model after the other, and comes back when a lane opens later."""
        air, now, passed, opens_at = self._air, asyncio.get_running_loop().time(), 0, math.inf
        while passed < len(self._turns) and air.free and self._error is None:
            lane = self._turns[0]
            self._turns.rotate(-1)
            queue = self._queues[lane]
            if air.budget.is_spent and queue:
                lane.stop(air.budget.stop)
            if lane.stopped is not None:
                self._drop(queue, lane.stopped)
            if not queue or lane.in_the_air >= lane.width or not air.budget.has_room:
                passed += 1
            elif (at := lane.opens_at()) > now:
                opens_at = min(opens_at, at)
                passed += 1
            else:
                passed = 0
                self._start(queue.popleft(), now)
        self._held_back = passed > 0
        if opens_at < math.inf:
            self._come_back(opens_at)

    def lost(self, request: Request, usage: Usage) -> None:
        """A call used this, and gave no answer."""
        self._lost.append((request, usage))

    def _start(self, call: Call, now: float) -> None:
        call.started_at = now
        call.expected = call.lane.usual.expect(call.characters, call.request.max_tokens)
        call.reserved = self._air.budget.reserve(call.request.provider, call.request.model, call.expected)
        call.lane.start(call.expected, now)
        self._air.free -= 1
        task = asyncio.create_task(self._call(call))
        self._calls.add(task)
        task.add_done_callback(self._ended)

    async def _call(self, call: Call) -> None:
        landed = False
        try:
            response = await self._fly(call, self)
            if response is not None:
                self._landed.append((call.request, response))
                self._reserved += call.reserved
                landed = True
            elif call.lane.stopped is not None:
                self._drop(deque([call]), call.lane.stopped)
            elif not self._stopping:
                # Soon, but behind another one: what is turned away may be too large ever to be let in.
                self._queues[call.lane].insert(1, call)
        except Exception as error:
            self._error = self._error or error
        finally:
            call.lane.end()
            if not landed:
                self._air.free += 1
                self._air.budget.release(call.reserved)
        self._something_landed.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._air.launch()

    def _drop(self, queue: deque[Call], error: ValActError) -> None:
        if not queue:
            return
        for call in queue:
            requests = len(self._waiting.pop(call.request.key))
            self.waiting -= requests
            self.dropped[error] += requests
        queue.clear()
        self._recorded.put_nowait([])

    def _come_back(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self.launch)

    async def _record_what_lands(self) -> None:
        while True:
            await self._something_landed.wait()
            self._something_landed.clear()
            landed, self._landed = self._landed, []
            lost, self._lost = self._lost, []
            reserved, self._reserved = self._reserved, NOTHING
            try:
                if landed or lost:
                    self._recorded.put_nowait(await asyncio.to_thread(self._record, landed, lost))
                    self._air.budget.refresh()
            except Exception as error:
                self._error = error
            self._air.free += len(landed)
            self._air.budget.release(reserved)
            self._air.launch()
            if self._error is not None and not self._stopping:
                self._recorded.put_nowait(self._error)
                self._stopping = True
            if self._stopping and not self._calls and not self._landed:
                return

"""The requests of one call that nobody has answered yet: asked side by side, recorded as they land.

Everything runs on one event loop. ``add`` and ``waiting`` belong to the caller, between two steps; each
``step`` lets the loop run until more answers are recorded. Which calls may start, and when, is up to their
lanes, to the number of slots that all flights of an engine share (``Airspace``), and to the register, in which
a call is written down before it leaves.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from pipeline.core.errors import ValActError
from pipeline.engine.budget import Budget
from pipeline.engine.calls import Call, Line
from pipeline.engine.lane import Lane
from pipeline.engine.register import BROKE, GRANTED, Settled
from pipeline.engine.request import Request
from pipeline.engine.response import Response, Usage

Pair = tuple[Request, Response]

# Seconds after which a request that another process asks is looked at again.
ELSEWHERE = 0.3
# Seconds after which it is tried again whether there is money: others may have used less than they might.
BROKE_WAIT = 0.5


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
    """``fly`` makes one call for a request and gives its Response, or None to have it started again at its
    ``ready_at``; ``settle`` commits what ended and claims what is to start (``register``).

    ``settle`` runs in a thread: while it waits for the disk the calls go on, and what ends meanwhile makes the next
    commit. A call leaves only after the commit that says so, and keeps its slot until the commit of its end: what
    a crash can lose is what is in the air, and no more. Only then is the answer handed out. Requests to a lane
    that is stopped are dropped: ``dropped`` counts them by the error that stopped it.
    """

    def __init__(
        self,
        air: Airspace,
        fly: Callable[[Call], Coroutine[Any, Any, Response | None]],
        settle: Callable[[list[Call], list[Call]], Settled],
    ) -> None:
        self._air = air
        self._fly = fly
        self._settle = settle
        self._waiting: dict[str, list[Request]] = {}
        self._lines: dict[Lane, Line] = {}
        self._turns: deque[Lane] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        # Calls that may start once they are claimed, and calls that ended and are not recorded.
        self._claims: list[Call] = []
        self._ended: list[Call] = []
        self._something_to_settle = asyncio.Event()
        self._recorded: asyncio.Queue[list[Pair] | Exception] = asyncio.Queue()
        self._recorder: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None
        self._stopping = False
        self._held_back = False
        self._broke_until = -math.inf
        self.waiting = 0
        self.dropped: Counter[ValActError] = Counter()
        air.flights.append(self)

    @property
    def is_held_back(self) -> bool:
        """Whether slots are free, and yet nothing that waits may start: other models could use them."""
        return self._held_back and self._air.free > 0

    @property
    def in_the_air(self) -> int:
        return len(self._tasks)

    def add(self, request: Request, lane: Lane) -> None:
        """One more request to answer; the same key is asked once, however often it is added."""
        self.waiting += 1
        if request.key in self._waiting:
            self._waiting[request.key].append(request)
            return
        self._waiting[request.key] = [request]
        if lane not in self._lines:
            self._lines[lane] = Line()
            self._turns.append(lane)
        self._lines[lane].add(Call(request, lane))

    async def step(self) -> list[Pair]:
        """Waits for the next recorded answers and gives them to every request that waits for them; nothing
        where requests were dropped instead.

        Raises what ended the flight (a full disk), after all that landed before it.
        """
        if self._recorder is None:
            self._recorder = asyncio.create_task(self._settle_what_comes())
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
        """Launches no more, gives calls in the air ``grace`` seconds to land, and records what landed. The others
        are recorded as calls that may have been billed."""
        self._stopping = True
        self._lines.clear()
        self._turns.clear()
        if self._timer is not None:
            self._timer.cancel()
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=grace)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._recorder is not None:
                self._something_to_settle.set()
                await self._recorder
        finally:
            self._air.flights.remove(self)
            # Left over only if stopping was itself interrupted.
            if self._ended and self._error is None:
                self._settle(self._ended, [])
                self._air.free += len(self._ended)

    def launch(self) -> None:
        """Chooses what may start now, one model after the other, and comes back when a lane opens later."""
        air, now, passed, opens_at = self._air, asyncio.get_running_loop().time(), 0, math.inf
        if self._broke_until > now:
            self._come_back(self._broke_until)
            return
        while passed < len(self._turns) and air.free and self._error is None:
            lane = self._turns[0]
            self._turns.rotate(-1)
            line = self._lines[lane]
            if air.budget.is_spent and line:
                lane.stop(air.budget.stop)
            if lane.stopped is not None:
                self._drop(line.clear(), lane.stopped)
            if not line:
                passed += 1
            elif (at := max(line.opens_at(now), lane.opens_at(now))) > now:
                opens_at = min(opens_at, at)
                passed += 1
            else:
                passed = 0
                self._choose(line.next(now), now)
        self._held_back = passed > 0
        if opens_at < math.inf:
            self._come_back(opens_at)

    def _choose(self, call: Call, now: float) -> None:
        lane = call.lane
        call.weight = lane.start(lane.usual.expect(call.size, call.request.max_tokens), now)
        call.most = lane.usual.most(call.size, call.request.max_tokens)
        call.usage = None
        call.response = None
        self._air.free -= 1
        self._claims.append(call)
        self._something_to_settle.set()

    async def _call(self, call: Call) -> None:
        try:
            call.response = await self._fly(call)
        except asyncio.CancelledError:
            # It is on its way, and nobody will hear the answer.
            call.usage = Usage()
            raise
        except Exception as error:
            call.usage = Usage()
            self._error = self._error or error
        finally:
            call.lane.end()
            self._ended.append(call)
            self._something_to_settle.set()

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._air.launch()

    def _drop(self, calls: Iterable[Call], error: ValActError) -> None:
        dropped = 0
        for call in calls:
            dropped += len(self._waiting.pop(call.request.key))
        if dropped:
            self.waiting -= dropped
            self.dropped[error] += dropped
            self._recorded.put_nowait([])

    def _come_back(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self.launch)

    async def _settle_what_comes(self) -> None:
        while True:
            await self._something_to_settle.wait()
            self._something_to_settle.clear()
            ended, self._ended = self._ended, []
            # Whatever takes the slots of these calls is claimed in the commit that records them.
            is_last = self._air.flights[-1:] == [self]
            if is_last:
                self._air.free += len(ended)
                self.launch()
            claims, self._claims = self._claims, []
            if self._stopping:
                for call in claims:
                    self._undo(call)
                claims = []
            try:
                if ended or claims:
                    settled = await asyncio.to_thread(self._settle, ended, claims)
                    self._after(ended, claims, settled)
            except Exception as error:
                self._error = self._error or error
                for call in claims:
                    self._undo(call)
            if not is_last:
                self._air.free += len(ended)
            self._air.launch()
            if self._error is not None and not self._stopping:
                self._recorded.put_nowait(self._error)
                self._stopping = True
            if self._stopping and not self._tasks and not self._ended and not self._claims:
                return

    def _after(self, ended: list[Call], claims: list[Call], settled: Settled) -> None:
        """Acts on what is recorded now."""
        now = asyncio.get_running_loop().time()
        if settled.recorded:
            self._recorded.put_nowait(settled.recorded)
        for call in ended:
            if call.response is None:
                self._again(call)
        for call, verdict in zip(claims, settled.verdicts, strict=True):
            if verdict is GRANTED and not self._stopping:
                call.started = call.lane.leave(call.weight, now)
                task = asyncio.create_task(self._call(call))
                self._tasks.add(task)
                task.add_done_callback(self._landed)
                continue
            self._undo(call)
            if verdict is GRANTED:
                # Claimed while everything came to an end: it never leaves.
                self._ended.append(call)
                self._air.free -= 1
                self._something_to_settle.set()
            elif isinstance(verdict, Response):
                self._recorded.put_nowait([(call.request, verdict)])
            elif verdict is BROKE:
                self._broke_until = now + BROKE_WAIT
                self._again(call)
            else:
                # Another process asks it. Its neighbours are likely to be asked there as well.
                call.ready_at = now + ELSEWHERE
                if call.lane in self._lines:
                    self._lines[call.lane].is_backwards = True
                self._again(call)
        if any(call.response is not None for call in ended):
            self._broke_until = -math.inf

    def _undo(self, call: Call) -> None:
        call.lane.undo()
        self._air.free += 1

    def _again(self, call: Call) -> None:
        """Asks later, unless nobody is asked any more."""
        if call.lane.stopped is not None:
            self._drop([call], call.lane.stopped)
        elif not self._stopping:
            self._lines[call.lane].put_back(call)

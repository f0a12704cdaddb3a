"""A request on its way to an answer, and the line in which such calls wait for their turn."""

from __future__ import annotations

import heapq
import math
from collections import deque

from pipeline.engine.lane import Lane
from pipeline.engine.request import Request
from pipeline.engine.response import Response, Usage
from pipeline.engine.spans import Span, Started
from pipeline.engine.usual import size

_NOT_STARTED = Started(Span(0.0, 1.0), 1.0, 0.0)


class Call:
    """One request on its way to an answer.

    ``tries`` counts the calls made for it, ``failures`` those of them that use up its retries;
    ``throttled_since`` and ``failing_since`` say when it began to be turned away, or to fail; it may start again at
    ``ready_at``. Of the call that is in the air or has just ended: ``most`` is what it may use, ``usage`` what it
    used without giving an answer (None: nothing), ``response`` its answer.
    """

    __slots__ = (
        "failing_since",
        "failures",
        "lane",
        "most",
        "ready_at",
        "request",
        "response",
        "size",
        "started",
        "started_at",
        "throttled_since",
        "throttles",
        "tries",
        "usage",
        "weight",
    )

    def __init__(self, request: Request, lane: Lane) -> None:
        self.request = request
        self.lane = lane
        self.size = size(request)
        self.started = _NOT_STARTED
        self.weight = 1.0
        self.most = Usage()
        self.usage: Usage | None = None
        self.response: Response | None = None
        self.tries = self.failures = self.throttles = 0
        self.started_at = self.throttled_since = self.failing_since = 0.0
        self.ready_at = -math.inf

    def __lt__(self, other: Call) -> bool:
        return self.ready_at < other.ready_at


class Line:
    """Calls to one model: new ones in order, and before them those whose time to be asked again has come."""

    def __init__(self) -> None:
        self._new: deque[Call] = deque()
        self._later: list[Call] = []
        # From the other end, where another process works through the same requests.
        self.is_backwards = False

    def __len__(self) -> int:
        return len(self._new) + len(self._later)

    def add(self, call: Call) -> None:
        self._new.append(call)

    def put_back(self, call: Call) -> None:
        """To be asked again at its ``ready_at``."""
        heapq.heappush(self._later, call)

    def opens_at(self, now: float) -> float:
        """When the next call may start, as far as it is up to the calls; infinity for an empty line."""
        if self._new:
            return now
        return self._later[0].ready_at if self._later else math.inf

    def next(self, now: float) -> Call:
        """The call whose turn it is; there has to be one."""
        if self._later and (self._later[0].ready_at <= now or not self._new):
            return heapq.heappop(self._later)
        return self._new.pop() if self.is_backwards else self._new.popleft()

    def clear(self) -> list[Call]:
        """Takes all calls out."""
        calls = [*self._new, *self._later]
        self._new.clear()
        self._later.clear()
        return calls

"""A lane against a server with a limit, on a clock that only the simulation moves: 25 seconds take a moment."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable
from typing import Any

from pipeline.engine.lane import Lane
from pipeline.engine.response import Usage
from pipeline.engine.wire.retry import wait_before_retry, wait_when_throttled
from pipeline.params.models import Limits

CALL = Usage(10, 0, 10)


class Bucket:
    """Lets in ``rate`` calls a second (a number, or a function of time), ``burst`` at once."""

    def __init__(
        self, rate: float | Callable[[float], float], burst: float, told: float | None = None
    ) -> None:
        self.rate = rate if callable(rate) else lambda now: rate
        self.burst = self.left = burst
        self.at = 0.0
        self.told = told

    def lets_in(self, now: float) -> bool:
        self.left = min(self.burst, self.left + self.rate(now) * (now - self.at))
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Window:
    """Lets in so many calls in every ``seconds``, and says when the next window begins."""

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls, self.seconds, self.number, self.left = calls, seconds, -1, 0
        self.told: float | None = None

    def lets_in(self, now: float) -> bool:
        number = int(now // self.seconds)
        if number != self.number:
            self.number, self.left = number, self.calls
        self.told = self.seconds - now % self.seconds
        self.left -= self.left > 0
        return self.left > 0


class Stray:
    """Turns a share of calls away, whatever their rate."""

    def __init__(self, share: float, dice: random.Random, told: float | None = None) -> None:
        self.share, self.dice, self.told = share, dice, told

    def lets_in(self, now: float) -> bool:
        return self.dice.random() >= self.share


def by_lanes(
    server: Any,
    latency: float,
    seconds: float = 25.0,
    width: int = 64,
    lanes: int = 1,
    seed: int = 1,
    commits: float = 0.0,
    first_commit: float = 0.0,
    refusals: float = 0.0075,
) -> dict[str, Any]:
    """Answers (their times), calls turned away, and the longest that a request took, with ``lanes`` processes.
    Calls leave once they are written down, ``commits`` seconds after they started and the first ones after
    ``first_commit``; who is turned away hears so after ``refusals`` seconds."""
    random.seed(seed)  # of the waits
    dice, order, events = random.Random(seed), itertools.count(), []
    all_lanes = [Lane("m", Limits(), width, outage=100) for _ in range(lanes)]
    later: list[list[Any]] = [[] for _ in all_lanes]
    looks = [math.inf] * lanes
    times: list[float] = []
    turned_away, longest = 0, 0.0

    def at(when: float, kind: str, index: int, call: Any = None) -> None:
        heapq.heappush(events, (when, next(order), kind, index, call))

    # What starts while a commit is under way leaves with its end.
    ends, begun = [0.0] * lanes, [False] * lanes
    for index in range(lanes):
        at(0.0, "look", index)
    now = 0.0
    while events and now <= seconds:
        now, _, kind, index, call = heapq.heappop(events)
        lane = all_lanes[index]
        if kind == "leaves":
            call["left"] = lane.leave(call["weight"], now)
            if server.lets_in(now):
                at(now + latency * dice.uniform(0.8, 1.2), "answered", index, call)
            else:
                call["told"] = server.told
                at(now + refusals * dice.uniform(2 / 3, 4 / 3), "turned away", index, call)
            continue
        if kind == "answered":
            lane.end()
            lane.succeeded(call["left"], now)
            times.append(now)
            longest = max(longest, now - call["since"])
        elif kind == "turned away":
            lane.end()
            turned_away += 1
            call["throttles"] += 1
            wait = wait_when_throttled(call["throttles"], call["told"])
            lane.throttled(call["left"], call["told"], wait, now)
            heapq.heappush(later[index], (now + wait, next(order), call))
            at(now + wait, "look", index)
        while (opens := lane.opens_at(now)) <= now:
            due = later[index] and later[index][0][0] <= now
            call = heapq.heappop(later[index])[2] if due else {"throttles": 0, "since": now}
            call["weight"] = lane.start(CALL, now)
            if ends[index] <= now:
                ends[index] = now + (commits if begun[index] else max(commits, first_commit)) * dice.uniform(
                    0.5, 1.5
                )
                begun[index] = True
            at(ends[index], "leaves", index, call)
        if opens < looks[index] or looks[index] <= now:
            looks[index] = opens
            if opens < math.inf:
                at(opens, "look", index)
    return {"times": times, "a_second": len(times) / seconds, "turned_away": turned_away, "longest": longest}


def by_sdk(
    server: Any,
    latency: float,
    seconds: float = 25.0,
    width: int = 64,
    seed: int = 1,
    refusals: float = 0.0075,
) -> dict[str, Any]:
    """The same by workers that wait as the official SDK does, without end."""
    random.seed(seed)  # of the waits
    dice, order, events = random.Random(seed), itertools.count(), []
    for _ in range(width):
        heapq.heappush(events, (0.0, next(order), 0))
    answers = turned_away = 0
    now = 0.0
    while now <= seconds:
        now, _, tries = heapq.heappop(events)
        if tries < 0:
            answers, tries = answers + 1, 0
        if server.lets_in(now):
            heapq.heappush(events, (now + latency * dice.uniform(0.8, 1.2), next(order), -1))
        else:
            turned_away += 1
            wait = wait_before_retry(tries + 1, server.told)
            heapq.heappush(events, (now + refusals + wait, next(order), tries + 1))
    return {"a_second": answers / seconds, "turned_away": turned_away}

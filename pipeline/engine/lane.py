"""How fast one model at one endpoint may be asked, as far as anybody knows by now.

Four things hold calls back: limits from params (``models.NAME.limits``), what the provider's rate headers say
is left, what 429s have taught (``capacity``), and an outage, in which one call at a time looks whether it is over.
A lane that cannot be used at all (no key, no credit, no such model) is stopped; other lanes are not.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Mapping

from pipeline.core.errors import ValActError
from pipeline.engine.capacity import Capacity
from pipeline.engine.response import Usage
from pipeline.engine.spans import Started
from pipeline.engine.usual import Usual
from pipeline.params.models import Limits

# Seconds of calls that may start at once after a pause; timers are no finer than that anyway.
SLACK = 0.05
# Seconds at most that a call which was turned away keeps its place, as long as no rate is known: a server that
# turns calls away at once would otherwise be asked thousands of times a second.
PLACE = 0.5
# How much the newest call counts in the average one, and the most that a call weighs in average ones.
NEW, HEAVIEST = 0.02, 5.0
# Requests that broke with no answer between them, from which one at a time looks whether the server is back.
DOWN = 5
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
_COUNT = re.compile(r"[0-9]{1,15}")
# Seconds until an allowance is whole again at most: the longest are of a day, and a date in seconds is no duration.
LONGEST = 2 * 86_400.0
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Pace:
    """So many units a minute, evenly; unlimited where neither params nor the provider say anything."""

    def __init__(self, per_minute: int | None) -> None:
        self._given = per_minute / 60 if per_minute else math.inf
        self._rate = self._given
        self._last = -math.inf
        self._owed = 0.0

    def learn(self, left: float, seconds: float) -> None:
        """``left`` units until the provider's allowance is whole again in ``seconds``: spread them over it.

        That holds for windows that start anew and for buckets that fill up all the time: there the pace
        settles where half the bucket is left.
        """
        self._rate = min(self._given, max(left, 1.0) / seconds) if seconds > 0 else self._given

    def opens_at(self) -> float:
        return self._last + self._owed / self._rate if self._owed else -math.inf

    def take(self, amount: float, now: float) -> None:
        """A call of ``amount`` units starts ``now``."""
        self._last = max(self.opens_at(), now - SLACK)
        self._owed = amount


class Lane:
    """State of one model at one endpoint, shared by all calls to it. Times are those of the event loop."""

    def __init__(self, name: str, limits: Limits, most: int, outage: int) -> None:
        self.name = name
        self._most = most
        self._outage = outage
        self._failures_in_a_row = 0
        self._requests = Pace(limits.requests_per_minute)
        self._tokens = Pace(limits.tokens_per_minute)
        self.capacity = Capacity()
        self._average = 0.0
        # Until when calls that were turned away keep their places; when to look whether an outage is over.
        self._places: list[float] = []
        self._broken: set[str] = set()
        self._looks_at = -math.inf
        self.usual = Usual()
        self.in_the_air = 0
        self.succeeded_at = -math.inf
        self.stopped: ValActError | None = None

    @property
    def is_down(self) -> bool:
        """Whether a server that has answered before does not any more."""
        return len(self._broken) >= DOWN and self.succeeded_at > -math.inf

    def opens_at(self, now: float) -> float:
        """When the next call may start: a time that is past means now, infinity when another one has ended."""
        while self._places and self._places[0] <= now:
            heapq.heappop(self._places)
        if self.in_the_air >= (1 if self.is_down else self._most):
            return math.inf
        paced = max(
            self._requests.opens_at(),
            self._tokens.opens_at(),
            self.capacity.opens_at(now),
            self._looks_at if self.is_down else -math.inf,
        )
        if self.in_the_air + len(self._places) >= self._most:
            return max(paced, self._places[0])
        return paced

    def start(self, expected: Usage, now: float) -> float:
        """A call starts: it takes its place and its turn. What it weighs, in average calls."""
        tokens = (expected.input_tokens or 0) + (expected.output_tokens or 0)
        self.in_the_air += 1
        self._requests.take(1, now)
        self._tokens.take(tokens, now)
        weight = self._weight(tokens)
        self.capacity.start(now, SLACK, weight)
        return weight

    def leave(self, weight: float, now: float) -> Started:
        """A call that started leaves: it is written down by now, which may have taken a while."""
        return self.capacity.leave(now, weight)

    def _weight(self, tokens: int) -> float:
        """Before the first answer all that is known of a call is the most that it may use, which
        is no measure of those after it: they would weigh next to nothing."""
        if not self.usual.is_known or not tokens:
            return 1.0
        self._average += (tokens - self._average) * (NEW if self._average else 1.0)
        return min(max(tokens / self._average, 1 / HEAVIEST), HEAVIEST)

    def undo(self) -> None:
        """A call that started does not leave."""
        self.in_the_air -= 1
        self.capacity.undo()

    def end(self) -> None:
        self.in_the_air -= 1

    def learn(self, headers: Mapping[str, str]) -> None:
        """From the x-ratelimit headers of an answer, where there are any; ``headers`` by lower-case name."""
        for pace, what in ((self._requests, "requests"), (self._tokens, "tokens")):
            left = headers.get(f"x-ratelimit-remaining-{what}")
            reset = headers.get(f"x-ratelimit-reset-{what}")
            if left is None or reset is None:
                continue
            seconds = duration(reset)
            if seconds is not None and _COUNT.fullmatch(left):
                pace.learn(int(left), seconds)

    def succeeded(self, started: Started, now: float) -> None:
        self._failures_in_a_row = 0
        self._broken.clear()
        self.succeeded_at = now
        self.capacity.succeed(started, now)

    def throttled(self, started: Started, told: float | None, wait: float, now: float) -> None:
        """A call was turned away, told to wait so many seconds, and waits so many."""
        self._broken.clear()
        self.capacity.refuse(started, told, now)
        if self.capacity.rate == math.inf:
            heapq.heappush(self._places, now + min(wait, PLACE))

    def broke(self, key: str, wait: float, now: float) -> None:
        """A call for a request ended in an error that may pass; the next look at a server that is down is in ``wait``
        seconds. A request alone may break whenever it is asked: an outage breaks several."""
        self._broken.add(key)
        self._looks_at = now + wait

    def failed(self) -> int:
        """The number of requests given up in a row once they are an outage, else 0."""
        self._failures_in_a_row += 1
        return self._failures_in_a_row if self._failures_in_a_row >= self._outage else 0

    def stop(self, error: ValActError) -> None:
        """No further call starts; the first reason stands."""
        self.stopped = self.stopped or error

    def note(self) -> str:
        """What holds it back, for people; empty where nothing does."""
        if self.is_down:
            return f"{self.name} does not answer"
        turned_away = self.capacity.turned_away
        if not turned_away:
            return ""
        rate = self.capacity.rate
        held = "" if rate == math.inf else f"held to {rate:.3g}/s, "
        return f"{self.name} {held}{turned_away:,} turned away"


def duration(text: str) -> float | None:
    """Seconds in "6m0s", "17ms", "2.5" (seconds); None where it is none of that, or more than ``LONGEST``."""
    parts = _DURATION.findall(text[:40])
    try:
        if parts and "".join(number + unit for number, unit in parts) == text:
            seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
        else:
            seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds <= LONGEST else None

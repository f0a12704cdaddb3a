"""How fast one model at one endpoint may be asked, as far as anybody knows by now.

Three things hold calls back: limits from params (``models.NAME.limits``), what the provider's rate headers say
is left, and 429s, which halve the number of calls in the air and close the lane for as long as the server asks.
A lane that cannot be used at all (no key, no credit, no such model) is stopped; other lanes are not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from pipeline.core.errors import ValActError
from pipeline.engine.response import Usage
from pipeline.params.models import Limits

# Seconds of calls that may start at once after a pause; timers are no finer than that anyway.
SLACK = 0.05
# Characters a token, before the first answer says better; on the side of more tokens.
CHARACTERS = 3.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
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


class Usual:
    """What a call to a model usually uses: the most it can until there are answers to learn from."""

    def __init__(self) -> None:
        self._calls = self._characters = self._input = self._output = 0

    def expect(self, characters: int, max_tokens: int) -> Usage:
        if not self._calls:
            return Usage(math.ceil(characters / CHARACTERS), 0, max_tokens)
        a_character = self._input / max(self._characters, 1)
        return Usage(math.ceil(characters * a_character), 0, math.ceil(self._output / self._calls))

    def learn(self, characters: int, usage: Usage) -> None:
        if usage.known:
            self._calls += 1
            self._characters += characters
            self._input += usage.input_tokens or 0
            self._output += usage.output_tokens or 0


class Lane:
    """State of one model at one endpoint, shared by all calls to it. Times are those of the event loop."""

    def __init__(self, limits: Limits, most: int, outage: int) -> None:
        self._most = most
        self._width = float(most)
        self._outage = outage
        self._failures_in_a_row = 0
        self._requests = Pace(limits.requests_per_minute)
        self._tokens = Pace(limits.tokens_per_minute)
        self._opens_at = -math.inf
        self._cut_at = -math.inf
        self.usual = Usual()
        self.in_the_air = 0
        self.succeeded_at = -math.inf
        self.stopped: ValActError | None = None

    @property
    def width(self) -> int:
        """How many calls may be in the air now."""
        return int(self._width)

    def opens_at(self) -> float:
        """When the next call may start; a time that is past means now."""
        return max(self._opens_at, self._requests.opens_at(), self._tokens.opens_at())

    def start(self, expected: Usage, now: float) -> None:
        """A call starts; so does another try of one that is in the air, with ``take`` alone."""
        self.in_the_air += 1
        self.take(expected, now)

    def take(self, expected: Usage, now: float) -> None:
        self._requests.take(1, now)
        self._tokens.take((expected.input_tokens or 0) + (expected.output_tokens or 0), now)

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
            if seconds is not None and left.isdigit():
                pace.learn(int(left), seconds)

    def succeeded(self, now: float) -> None:
        """One more call in the air for every round of calls that went well, up to the width of params."""
        self._failures_in_a_row = 0
        self.succeeded_at = now
        self._width = min(self._most, self._width + 1 / self._width)

    def throttled(self, wait: float, started_at: float, now: float) -> None:
        """Turned away: closed for ``wait`` seconds, and half as wide. Calls that had started before the last
        cut tell nothing new about the width."""
        self._opens_at = max(self._opens_at, now + wait)
        if started_at >= self._cut_at:
            self._width = max(1.0, self._width / 2)
            self._cut_at = now

    def failed(self) -> int:
        """The number of failures in a row once they are an outage, else 0."""
        self._failures_in_a_row += 1
        return self._failures_in_a_row if self._failures_in_a_row >= self._outage else 0

    def stop(self, error: ValActError) -> None:
        """No further call starts; the first reason stands."""
        self.stopped = self.stopped or error


def duration(text: str) -> float | None:
    """Seconds in "6m0s", "17ms", "2.5" (seconds); None where it is none of that."""
    parts = _DURATION.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None

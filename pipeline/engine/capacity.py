"""How many calls a second one model lets in, learnt from which of them it turns away (429).

The idea is that of BBR (draft-ietf-ccwg-bbr): measure what is delivered instead of reacting to each loss. Calls
are counted in *spans* by when they started; a span is judged once what it was told had time to come. As long as few
calls are turned away there is no rate at all. When many are, the limit is shared, and the rate becomes what was let
in. From then on it is held, and now and then a span goes above it (probe) to find more. After every discovery one
goes below it (drain).

A drain also tells a shared limit from a server that turns some calls away whatever the rate is: slower calls then
fare no better. What is turned away anyway is no reason to slow down. A server that lets nobody in is closed: it is
left alone for as long as it says, and then asked by one call.

Times are seconds of any one clock.
"""

from __future__ import annotations

import math

from pipeline.engine.spans import SOME, Count, Span, Started, exceeds, is_alike

# A span has this many seconds and calls at least; after ``LONG`` seconds fewer calls are enough.
SHORT, LONG = 0.5, 3.0
MANY, FEW = 10, 4
# The share of calls turned away, above what is turned away anyway, from which the limit counts as shared.
SHARED = 0.05
# Above this share, a rate that is held is a little too high.
SLIGHT = 0.01
# Rates of spans, in rates that are known; a probe that finds room is followed by a bolder one.
PROBE, BOLDER, BOLDEST = 1.25, 1.6, 4.0
DRAIN = 0.75
# Seconds between two probes, and at most, where probes find nothing.
HOLD, LONGEST_HOLD = 2.0, 6.0
# Seconds in which what is turned away anyway is forgotten by two thirds.
FORGET = 20.0
# Drains in a row that fare as badly before slowing down counts as no help.
ALIKE = 2
# Seconds that a server which lets nobody in, and does not say for how long, is left alone: doubling.
FIRST_REST, LONGEST_REST = 0.5, 60.0
# Calls a second that are tried however few are let in.
SLOWEST_RATE = 0.1
# Calls a second that are as good as no limit.
BOUNDLESS = 10_000.0
# Nobody needs longer than this to turn a call away.
SLOWEST = 1.0


class Capacity:
    """Of one model at one endpoint. ``rate`` is calls a second, infinite as long as no limit shows; ``turned_away``
    counts calls."""

    def __init__(self) -> None:
        self.rate = math.inf
        self.turned_away = 0
        self._last, self._owed = -math.inf, 1.0
        self._lag = 0.1
        self._span: Span | None = None
        self._after = Span(0.0, 1.0)
        self._gain = 1.0
        self._bold, self._pause, self._probed_at = PROBE, HOLD, -math.inf
        # The spans at the present rate together, what is turned away anyway, and spans that are slower and slower.
        self._held, self._anyway = Count(), Count()
        self._anyway_at = 0.0
        self._slower: list[Span] = []
        # The server is closed until then; what was let in since it was closed the last time.
        self._closed_until = -math.inf
        self._since = math.inf
        self._let_in = 0.0
        self._rests = 0
        self._peeks = False

    def opens_at(self, now: float) -> float:
        """When the next call may start."""
        self._judge(now)
        if now < self._closed_until:
            return self._closed_until
        return self._last + self._owed / (self.rate * self._current.gain)

    def start(self, now: float, slack: float, weight: float = 1.0) -> None:
        """A call starts, which weighs as much as so many average ones: where tokens are limited, large calls are
        turned away, and small ones are let in instead. ``slack`` is the number of seconds of calls that may start at
        once after a pause."""
        self._last = max(self.opens_at(now), now - slack)
        self._owed = weight
        if self._peeks:
            # One call; the next one when it is known what comes of this one.
            self._closed_until = math.inf

    def leave(self, now: float, weight: float = 1.0) -> Started:
        """A call that started leaves, once it is written down: only now can the server see it."""
        if self._span is None:
            self._span = Span(now, self._gain)
            self._since = min(self._since, now)
        span = self._current
        span.starts += weight
        if self._peeks:
            # The server is open where this one has not come back by then.
            self._closed_until = now + 2 * self._lag
        return Started(span, weight, now)

    def refuse(self, started: Started, told: float | None, now: float) -> None:
        """A call was turned away, and told to wait so many seconds."""
        span = started.span
        self.turned_away += 1
        span.turned_away += started.weight
        if told is not None:
            span.told_until = min(span.told_until, now + told)
        took = min(now - started.at, SLOWEST)
        self._lag = max(took, 0.9 * self._lag + 0.1 * took)
        if self._peeks and span is self._span:
            self._close(span, now)
        else:
            self._judge(now)

    def undo(self) -> None:
        """A call that started does not leave. The time that it was given is lost."""
        if self._peeks and self._closed_until == math.inf:
            self._closed_until = -math.inf

    def succeed(self, started: Started, now: float) -> None:
        """A call was answered."""
        if self._peeks and started.span is self._span:
            self._open(now)

    @property
    def _current(self) -> Span:
        if self._span is None or self._span.sealed < math.inf:
            return self._after
        return self._span

    def _judge(self, now: float) -> None:
        """Acts on the span once whatever is turned away of it has come back."""
        span = self._span
        if span is None or now < span.began + self._lag:
            return
        if self._peeks:
            if now >= self._closed_until:
                self._open(now)
        elif span.turned_away > span.starts - SOME and span.starts >= FEW:
            self._close(span, now)
        elif span.sealed < math.inf:
            if now >= span.sealed + 2 * self._lag:
                self._let_in += span.starts - span.turned_away
                self._decide(span, now)
        elif self._is_enough(span, now):
            span.sealed = now

    def _is_enough(self, span: Span, now: float) -> bool:
        """Whether a span has calls enough to be judged; a probe that is turned away need not go on."""
        took = now - span.began
        if self.rate == math.inf:
            # All start at once here, hear that they were turned away after ``lag``, and try again about ``SHORT``
            # later: without that second time the rate would be the burst that the server lets in, and no more.
            took -= self._lag
        many = 2 * MANY if span.gain < 1 else MANY
        if took >= SHORT and span.starts >= (many if took < LONG else FEW):
            return True
        return (
            span.gain > 1
            and took >= SHORT / 5
            and span.turned_away >= FEW
            and exceeds(span, self._turned_away_anyway(now), SHARED)
        )

    def _decide(self, span: Span, now: float) -> None:
        anyway = self._turned_away_anyway(now)
        if self._slower and is_alike(span, self._slower[-1]):
            self._slow_down(span, now)
        elif exceeds(span, anyway, SHARED):
            self._slower = []
            self._slow_down(span, now)
        elif self.rate == math.inf:
            self._next(1.0)
        elif span.gain > 1:
            self._probed(span, anyway, now)
        else:
            self._hold(span, now)

    def _slow_down(self, span: Span, now: float) -> None:
        """Down to what was let in, unless calls that are slower and slower all fare alike."""
        self._slower.append(span)
        if len(self._slower) > ALIKE:
            for each in self._slower:
                self._learn_anyway(each, now)
            self._slower = []
            self._set(math.inf)
            self._next(1.0)
            return
        self._set(max(span.let_in, SLOWEST_RATE))
        self._probed_at = now
        self._bold = PROBE
        self._next(DRAIN)

    def _hold(self, span: Span, now: float) -> None:
        """Stays, or goes a little slower; looks for more when it is time."""
        self._slower = []
        if span.gain < 1:
            self._learn_anyway(span, now)
        else:
            self._held.add(span)
            anyway = self._turned_away_anyway(now)
            if exceeds(self._held, anyway, SLIGHT):
                self._set(self.rate * (1 - (self._held.share - anyway.share)))
        self._next(self._bold if now - self._probed_at >= self._pause else 1.0)

    def _probed(self, span: Span, anyway: Count, now: float) -> None:
        self._probed_at = now
        if span.turned_away and span.share > anyway.share + SLIGHT + math.sqrt(span.variance):
            # It is full here: the truth lies between what is known and what was let in, of which bursts are a part.
            self._pause = HOLD if self._bold > PROBE else min(LONGEST_HOLD, 2 * self._pause)
            let_in = span.let_in / (1 - min(anyway.share, 0.9))
            self._set(min((self.rate + let_in) / 2, let_in))
            self._bold = PROBE
            self._next(DRAIN)
        else:
            # Nothing pushed back, whether or not there were as many calls as there might have been.
            self._set(self.rate * span.gain)
            self._bold = min(BOLDEST, self._bold * BOLDER)
            self._next(self._bold)

    def _set(self, rate: float) -> None:
        self.rate = rate if rate < BOUNDLESS else math.inf
        self._held = Count()

    def _turned_away_anyway(self, now: float) -> Count:
        known = Count()
        known.add(self._anyway)
        known.add(Count(), math.exp(-(now - self._anyway_at) / FORGET))
        return known

    def _learn_anyway(self, span: Span, now: float) -> None:
        self._anyway = self._turned_away_anyway(now)
        self._anyway.add(span, 0.25)
        self._anyway_at = now

    def _close(self, span: Span, now: float) -> None:
        """Nobody was let in: leave the server alone for as long as it says, and then let one call look."""
        rest = min(FIRST_REST * 2.0**self._rests, LONGEST_REST)
        self._rests += 1
        self._closed_until = max(span.told_until if span.told_until < math.inf else now + rest, now)
        if not self._peeks:
            self._set(max(self._let_in, 1) / max(now - self._since, SHORT))
            self._since, self._let_in = now, 0
        self._peeks = True
        self._next(1.0)

    def _open(self, now: float) -> None:
        self._peeks = False
        self._rests = 0
        self._closed_until = -math.inf
        self._probed_at = now
        self._next(1.0)

    def _next(self, gain: float) -> None:
        self._span, self._gain, self._after = None, gain, Span(0.0, min(gain, 1.0))

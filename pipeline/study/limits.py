"""How often one address may ask: a bucket of requests that fills again."""

from __future__ import annotations

import time
from collections.abc import Callable

# Addresses that are remembered at most; those whose bucket is full again say nothing and go first.
_MOST = 10_000


class Limit:
    """``per_minute`` requests of each address, at once or spread."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size, self._rate, self._clock = float(per_minute), per_minute / 60, clock
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, address: str) -> float:
        """Seconds to wait before asking again; 0 lets the request in."""
        now = self._clock()
        if len(self._left) >= _MOST:
            self._left = {one: kept for one, kept in self._left.items() if self._now(kept, now) < self._size}
        left = self._now(self._left.get(address, (self._size, now)), now)
        if left < 1:
            return (1 - left) / self._rate
        self._left[address] = (left - 1, now)
        return 0.0

    def _now(self, kept: tuple[float, float], now: float) -> float:
        left, since = kept
        return min(self._size, left + (now - since) * self._rate)

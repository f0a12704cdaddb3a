"""Several servers of one model as one provider: who is asked, who rests, who is looked at again.

What is about one scenario goes to one server as long as that one is not busier than the others, so that its cache of
prompts is of use (rendezvous hashing with bounded loads: Mirrokni, Thorup and Zadimoghaddam 2018). A server that
breaks or turns calls away rests for as long as the rules of ``retry`` say, and is then asked by one call before it is
asked by all. A call that it did not take goes to the next server at once. Only where none takes it does the caller
hear of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.engine.request import Request
from pipeline.engine.response import Reply
from pipeline.engine.wire.outcomes import Provider, Throttled, TryAgain
from pipeline.engine.wire.retry import wait_before_retry, wait_when_throttled

# How much busier than the average a server may be before the next one is asked.
BUSIER = 1.25


@dataclass(slots=True, eq=False)
class _Server:
    """``failures`` in a row; it rests until ``rests_until`` (by the clock)."""

    url: str
    provider: Provider
    in_the_air: int = 0
    failures: int = 0
    rests_until: float = -math.inf

    def is_open(self, now: float) -> bool:
        return now >= self.rests_until and (self.failures == 0 or self.in_the_air == 0)

    def rest(self, now: float, error: TryAgain | None = None) -> None:
        """Calls that were on their way when the first one failed are no further failures."""
        if now < self.rests_until:
            return
        self.failures += 1
        wait = wait_when_throttled if isinstance(error, Throttled) else wait_before_retry
        self.rests_until = now + wait(self.failures, None if error is None else error.asked)


class Servers:
    """``providers`` by the address of each; ``clock`` gives seconds."""

    def __init__(
        self, providers: Mapping[str, Provider], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._servers = [_Server(url, provider) for url, provider in providers.items()]
        self._clock = clock

    async def ask(self, request: Request, attempt: int) -> Reply:
        """The reply of the first server that takes the call; what the last one said where none does."""
        tried: list[_Server] = []
        said: TryAgain | None = None
        while (server := self._next(request, tried)) is not None:
            tried.append(server)
            server.in_the_air += 1
            try:
                reply = await server.provider.ask(request, attempt)
            except (TimeoutError, asyncio.CancelledError):
                # It took too long, and may be at work on it still: nobody else is asked the same.
                server.rest(self._clock())
                raise
            except TryAgain as error:
                server.rest(self._clock(), error)
                if error.usage is not None:
                    raise
                said = error
            else:
                server.failures = 0
                return reply
            finally:
                server.in_the_air -= 1
        raise said or self._all_rest()

    async def close(self) -> None:
        for server in self._servers:
            await server.provider.close()

    def _next(self, request: Request, tried: list[_Server]) -> _Server | None:
        now = self._clock()
        ready = [server for server in self._servers if server not in tried and server.is_open(now)]
        if not ready:
            return None
        most = BUSIER * (1 + sum(server.in_the_air for server in ready)) / len(ready)
        scenario = request.subject.partition(".")[0]
        by_hash = sorted(ready, key=lambda server: _hash(server.url, scenario))
        return next((server for server in by_hash if server.in_the_air < most), by_hash[0])

    def _all_rest(self) -> TryAgain:
        """For a call that found nobody to ask."""
        first = min(server.rests_until for server in self._servers) - self._clock()
        return TryAgain(f"all {len(self._servers)} servers rest after errors", max(0.1, first))


def _hash(url: str, scenario: str) -> bytes:
    return hashlib.blake2b(f"{url} {scenario}".encode(), digest_size=8).digest()

"""From a request to its answer: which provider, how many tries, when to give up on a call or on a model."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Mapping

from msgspec import structs

from pipeline.core import progress
from pipeline.core.errors import ProviderError, ValActError
from pipeline.engine import learnt, registry
from pipeline.engine.budget import Budget
from pipeline.engine.calls import Call
from pipeline.engine.endpoints import Endpoint
from pipeline.engine.lane import Lane
from pipeline.engine.providers import connect
from pipeline.engine.request import Request
from pipeline.engine.response import Extra, Response, Usage, decide, failure
from pipeline.engine.store import Store
from pipeline.engine.wire.outcomes import CallFailed, Provider, Throttled, TryAgain
from pipeline.engine.wire.retry import wait_before_retry, wait_when_throttled
from pipeline.params.models import Model, Responses

# Requests that may be given up in a row before a model counts as down, whatever the concurrency.
OUTAGE = 20
# Calls that may run out of time before a model counts as too slow for its timeout; each may have been billed.
TOO_SLOW = 3
# Tokens a second of a model that is slow: so much longer than ``responses.timeout`` a long answer may take.
SLOW = 20.0


class Asker:
    """The providers and lanes of one engine; ``endpoint`` finds the endpoint of a model by its name in params,
    ``longer_answers`` are the token limits of requests that somebody wants asked with another one, by key.
    """

    def __init__(
        self,
        settings: Responses,
        models: Mapping[str, Model],
        endpoint: Callable[[str], Endpoint],
        budget: Budget,
        store: Store,
    ) -> None:
        self._settings = settings
        self._models = models
        self._endpoint = endpoint
        self._budget = budget
        self._store = store
        self._longer_answers = store.longer_answers()
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._providers: dict[str, Provider] = {}
        self._timed_out: dict[Lane, int] = {}

    def lane(self, request: Request) -> Lane:
        """The lane of a request that has to be asked; BudgetError where a cap needs a price that is not known."""
        lane = self._lanes.get((request.base_url, request.model))
        if lane is None:
            self._budget.check(request)
            width = self._settings.concurrency
            limits = self._models[request.name].limits
            lane = Lane(request.name, limits, width, outage=max(OUTAGE, 2 * width))
            lane.capacity.rate = learnt.recall(self._store, request.base_url, request.model)
            self._lanes[request.base_url, request.model] = lane
        return lane

    def rates(self) -> dict[tuple[str, str], float]:
        """Calls a second that were learnt, by address and model; of those that turned nobody away, none were."""
        return {place: lane.capacity.rate for place, lane in self._lanes.items() if lane.capacity.turned_away}

    def notes(self) -> Iterator[str]:
        """What holds models back at present, for people. Only while the loop runs or between two of its steps."""
        for lane in self._lanes.values():
            if note := lane.note():
                yield note

    async def fly(self, call: Call) -> Response | None:
        """One call: its answer, or None when it is to start again at ``ready_at`` and when its lane is stopped.

        A 429 uses up no retry. Errors that pass are waited out: for ``responses.retries`` tries, and as long as a
        model that has answered before answers nobody, for ``responses.patience``.
        """
        request, lane, now = call.request, call.lane, asyncio.get_running_loop().time
        asked = self._as_asked(request)
        limit = self._seconds(asked)
        call.tries += 1
        call.started_at = now()
        try:
            async with asyncio.timeout(limit):
                reply = await self._provider(request.name, lane).ask(asked, call.tries)
        except TimeoutError:
            return self._too_slow(call, limit)
        except Throttled as error:
            return self._turned_away(call, error, now())
        except CallFailed as error:
            return self._broken(call, error, now())
        except ValActError as error:
            lane.stop(error)
            return None
        ended = now()
        extra = structs.replace(reply.extra or Extra(), seconds=round(ended - call.started_at, 3))
        response = structs.replace(decide(asked, reply), key=request.key, extra=extra)
        self._timed_out.pop(lane, None)
        lane.succeeded(call.started, ended)
        lane.usual.learn(call.size, response.usage)
        return response

    async def close(self) -> None:
        for provider in self._providers.values():
            await provider.close()

    def _turned_away(self, call: Call, error: Throttled, now: float) -> Response | None:
        """It waits for as long as it is told; others only if the lane says so."""
        lane = call.lane
        call.throttles += 1
        call.throttled_since = call.throttled_since or now
        wait = wait_when_throttled(call.throttles, error.asked)
        lane.throttled(call.started, error.asked, wait, now)
        patience = call.throttled_since + self._settings.patience - now
        if patience > 0:
            call.ready_at = now + min(wait, patience)
            return None
        if lane.succeeded_at < call.throttled_since:
            lane.stop(_no_patience(call.request, error))
            return None
        return self._gave_up(call, error.error)

    def _broken(self, call: Call, error: CallFailed, now: float) -> Response | None:
        lane = call.lane
        call.usage = error.usage
        if not isinstance(error, TryAgain):
            return self._gave_up(call, error.error)
        call.failures += 1
        call.failing_since = call.failing_since or now
        wait = wait_before_retry(call.failures, error.asked)
        lane.broke(call.request.key, wait, now)
        call.ready_at = now + wait
        if call.failures <= self._settings.retries:
            return None
        if not lane.is_down:
            return self._gave_up(call, error.error)
        if now - call.failing_since > self._settings.patience:
            lane.stop(_down(call.request, error.error))
        return None

    def _too_slow(self, call: Call, limit: float) -> Response | None:
        """The server may be at work all the same, and bill it: asking again would buy it twice."""
        call.usage = Usage()
        request, lane = call.request, call.lane
        self._timed_out[lane] = self._timed_out.get(lane, 0) + 1
        time = progress.duration(limit)
        problem = f"no whole answer within {time}; the call may have been billed and is not made again"
        if self._timed_out[lane] >= TOO_SLOW:
            lane.stop(
                ProviderError(
                    f"{self._timed_out[lane]} calls to {request.model} at {request.base_url} in a row had {problem}",
                    where=f"models.{request.name}",
                    remedy=f"set a longer models.{request.name}.timeout and run again; "
                    "what was answered so far is recorded",
                )
            )
        return failure(request, problem, call.tries)

    def _seconds(self, asked: Request) -> float:
        """How long a call may take: more for an answer that may be long."""
        own = self._models[asked.name].timeout
        return self._settings.timeout + asked.max_tokens / SLOW if own is None else own

    def _as_asked(self, request: Request) -> Request:
        limit = self._longer_answers.get(request.key)
        return request if limit is None else structs.replace(request, max_tokens=limit)

    def _provider(self, name: str, lane: Lane) -> Provider:
        if name not in self._providers:
            endpoint = self._endpoint(name)
            if notice := registry.warning(endpoint.provider, endpoint.model, dt.date.today()):
                progress.say(f"models.{name}: {notice}")
            # Time is kept here; a provider's own clock only has to be later.
            own = self._models[name].timeout
            most = max([endpoint.max_tokens, *self._longer_answers.values()])
            patient = self._settings.model_copy(
                update={"timeout": max(self._settings.timeout, own or 0) + 2 * most / SLOW + 10}
            )
            self._providers[name] = connect(endpoint, patient, lane.learn)
        return self._providers[name]

    def _gave_up(self, call: Call, problem: str) -> Response:
        """Also stops a model of which no call succeeds any more: going on would take hours to fail."""
        request = call.request
        if failures := call.lane.failed():
            call.lane.stop(
                ProviderError(
                    f"the last {failures} calls to {request.model} at {request.base_url} all failed, "
                    f"the last one with: {problem}",
                    where=f"models.{request.name}",
                    remedy="check the address, the network and the provider's status page, and run again: "
                    "what was answered so far is recorded",
                )
            )
        return failure(request, problem, call.tries)


def _down(request: Request, problem: str) -> ProviderError:
    return ProviderError(
        f"{request.base_url} has answered no call to {request.model} for longer than responses.patience; "
        f"the last one ended with: {problem}",
        where=f"models.{request.name}",
        remedy="see the provider's status page and run again later; what was answered so far is recorded",
    )


def _no_patience(request: Request, error: Throttled) -> ProviderError:
    told = "" if error.asked is None else f" (it asks to wait {error.asked:,.0f} more seconds)"
    return ProviderError(
        f"{request.base_url} turned calls to {request.model} away for longer than responses.patience{told}: "
        f"{error.error}",
        where=f"models.{request.name}",
        remedy="run again later, or set limits of this model or a lower responses.concurrency; "
        "what was answered so far is recorded",
    )

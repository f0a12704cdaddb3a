"""From a request to its answer: which provider, how many tries, when to give up on a call or on a model."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping

from msgspec import structs

from pipeline.core import progress
from pipeline.core.errors import ProviderError, ValActError
from pipeline.engine import registry
from pipeline.engine.budget import Budget
from pipeline.engine.endpoints import Endpoint
from pipeline.engine.flight import Call, Flight
from pipeline.engine.lane import Lane
from pipeline.engine.providers import connect
from pipeline.engine.request import Request
from pipeline.engine.response import Response, decide, failure
from pipeline.engine.wire.outcomes import CallFailed, Provider, Throttled, TryAgain
from pipeline.engine.wire.retry import wait_before_retry, wait_when_throttled
from pipeline.params.models import Model, Responses

# Calls that may fail in a row before a model counts as down, whatever the concurrency.
OUTAGE = 20


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
        longer_answers: Mapping[str, int],
    ) -> None:
        self._settings = settings
        self._models = models
        self._endpoint = endpoint
        self._budget = budget
        self._longer_answers = longer_answers
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._providers: dict[str, Provider] = {}

    def lane(self, request: Request) -> Lane:
        """The lane of a request that has to be asked; BudgetError where a cap needs a price that is not known."""
        lane = self._lanes.get((request.base_url, request.model))
        if lane is None:
            self._budget.check(request)
            width = self._settings.concurrency
            limits = self._models[request.name].limits
            lane = Lane(limits, width, outage=max(OUTAGE, 2 * width))
            self._lanes[request.base_url, request.model] = lane
        return lane

    async def fly(self, call: Call, flight: Flight) -> Response | None:
        """The answer to a call, or None: when it is to start again later, and when its lane is stopped.

        A 429 uses up no retry, and the call leaves the air meanwhile; other errors that pass are waited out.
        """
        request, lane, now = call.request, call.lane, asyncio.get_running_loop().time
        asked = self._as_asked(request)
        while True:
            call.tries += 1
            call.started_at = now()
            try:
                reply = await self._provider(request.name, lane).ask(asked, call.tries)
            except Throttled as error:
                call.throttles += 1
                call.throttled_since = call.throttled_since or now()
                wait = wait_when_throttled(call.throttles, error.asked)
                if now() + wait - call.throttled_since <= self._settings.patience:
                    lane.throttled(wait, call.started_at, now())
                    return None
                if lane.succeeded_at < call.throttled_since:
                    lane.stop(_no_patience(request, wait, error))
                    return None
                return self._failed(call, error.error)
            except CallFailed as error:
                if error.usage is not None:
                    flight.lost(request, error.usage)
                call.failures += 1
                if not isinstance(error, TryAgain) or call.failures > self._settings.retries:
                    return self._failed(call, error.error)
                wait = wait_before_retry(call.failures, error.asked)
                await asyncio.sleep(max(wait, lane.opens_at() - now()))
                lane.take(call.expected, now())
            except ValActError as error:
                lane.stop(error)
                return None
            else:
                response = structs.replace(decide(asked, reply), key=request.key)
                lane.succeeded(now())
                lane.usual.learn(call.characters, response.usage)
                return response

    async def close(self) -> None:
        for provider in self._providers.values():
            await provider.close()

    def _as_asked(self, request: Request) -> Request:
        limit = self._longer_answers.get(request.key)
        return request if limit is None else structs.replace(request, max_tokens=limit)

    def _provider(self, name: str, lane: Lane) -> Provider:
        if name not in self._providers:
            endpoint = self._endpoint(name)
            if notice := registry.warning(endpoint.provider, endpoint.model, dt.date.today()):
                progress.say(f"models.{name}: {notice}")
            self._providers[name] = connect(endpoint, self._settings, lane.learn)
        return self._providers[name]

    def _failed(self, call: Call, problem: str) -> Response:
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


def _no_patience(request: Request, wait: float, error: Throttled) -> ProviderError:
    return ProviderError(
        f"{request.base_url} turned calls to {request.model} away for longer than responses.patience, and the "
        f"next try would be in {wait:,.0f} seconds: {error.error}",
        where=f"models.{request.name}",
        remedy="run again later, or set limits of this model or a lower responses.concurrency; "
        "what was answered so far is recorded",
    )

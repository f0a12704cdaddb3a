"""The engine: every question to a model goes through here, and no answer is paid for twice.

    with Engine(params, stage="judge") as engine:
        requests = [engine.request(model="gpt-4o", messages=[...], subject=post_id) for ...]
        for request, response in engine.stream(requests):
            ...

Recorded answers (transcripts first, then the store) are free; the rest is asked side by side, and each
answer is committed before anybody sees it. Stages are plain scripts, so the engine looks synchronous: its
event loop runs while a caller waits for the next answer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from itertools import islice
from typing import Any

import polars as pl

from pipeline import progress
from pipeline.errors import ParamsError, ProviderError
from pipeline.llm import endpoints, transcripts
from pipeline.llm.endpoints import Endpoint
from pipeline.llm.flight import Flight, Pair
from pipeline.llm.loop import StepLoop
from pipeline.llm.providers import CallFailed, Provider, connect
from pipeline.llm.providers.replay import Misses
from pipeline.llm.request import Message, Request
from pipeline.llm.response import Response, decide, failure
from pipeline.llm.schema import Schema, schema_of
from pipeline.llm.store import Store
from pipeline.params import Params

# Requests looked up at a time: enough for fast lookups, few enough to hold.
WINDOW = 1000
# Seconds that calls in the air get to land when a run is stopped. They are paid for.
GRACE = 3.0


class Engine:
    """Answers the requests of one stage. Not for use from several threads.

    Raises, from ``answer`` and ``stream``: ReplayMiss, CredentialsError, ProviderError when a provider cannot
    be used, InputError when the store cannot. Whatever was answered before is recorded.
    """

    def __init__(self, params: Params, stage: str) -> None:
        self._params = params
        self._settings = params.responses
        self._stage = stage
        self._store = Store(self._settings.store)
        index = transcripts.open_index(self._settings.transcripts, beside=self._settings.store)
        # In the order in which they are asked: what was released comes before what this machine recorded.
        self._recorded = [self._store] if index is None else [index, self._store]
        self._endpoints: dict[str, Endpoint] = {}
        self._providers: dict[str, Provider] = {}
        self._flights: list[Flight] = []
        self._failures_in_a_row: Counter[str] = Counter()
        self._failed: dict[str, str] = {}
        self._loop = StepLoop()
        self._slots = asyncio.Semaphore(self._settings.concurrency)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets calls in the air land, ends connections and closes the store."""
        try:
            for flight in list(self._flights):
                self._land(flight)
            if self._providers:
                self._loop.run(self._disconnect())
        finally:
            self._loop.close()
            for store in self._recorded:
                store.close()

    def request(
        self,
        *,
        model: str,
        messages: Sequence[Message],
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        subject: str = "",
        repeat: int = 0,
    ) -> Request:
        """A request to the model that params call ``model``.

        ``schema`` is ``{"name": ..., "schema": {JSON schema}}``; ``subject`` the post or scenario that it is
        about; ``repeat`` tells apart askings of one question. ParamsError for a model that is not in params,
        and where JSON mode is needed but no message says JSON (providers refuse that).
        """
        endpoint = self._endpoint(model)
        answer_schema: Schema | None = schema_of(schema) if schema is not None else None
        if answer_schema is not None and not endpoint.strict:
            _check_says_json(model, messages)
        return Request(
            name=model,
            provider=endpoint.provider,
            base_url=endpoint.base_url,
            model=endpoint.model,
            messages=tuple(messages),
            schema=answer_schema,
            strict=endpoint.strict,
            temperature=temperature,
            max_tokens=endpoint.max_tokens,
            subject=subject,
            repeat=repeat,
        )

    def answer(self, requests: Iterable[Request]) -> dict[str, Response]:
        """The answers to all requests, by key, in the requests' order.

        ProviderError when more than ``responses.max_failed`` requests of this engine got no answer at all:
        a stage that went on without them would not ask again.
        """
        requests = list(requests)
        answers = {request.key: response for request, response in self.stream(requests)}
        self._failed |= {key: str(answer.error) for key, answer in answers.items() if answer.status == "failed"}
        if len(self._failed) > self._settings.max_failed:
            reasons = Counter(self._failed.values()).most_common(3)
            raise ProviderError(
                f"{len(self._failed):,} requests got no answer: "
                + "; ".join(f"{reason} ({count:,})" for reason, count in reasons),
                where=f"stage {self._stage}",
                remedy="run again to ask only these again, or let responses.max_failed go on without them",
            )
        return {request.key: answers[request.key] for request in requests}

    def stream(self, requests: Iterable[Request]) -> Iterator[Pair]:
        """Each request with its answer, in no particular order; requests are taken from the iterable as they
        are needed, so that any number of them fits into memory.

        A missing recorded answer in replay raises ReplayMiss only after all requests were looked up.
        """
        total = len(requests) if isinstance(requests, Sized) else None
        source = iter(requests)
        misses = Misses(self._stage, self._settings)
        flight = Flight(self._ask, self._record, self._settings.concurrency)
        statuses: Counter[str] = Counter()
        seen = 0
        self._flights.append(flight)
        try:
            with progress.track(self._stage, total=total, unit="responses") as bar:
                while True:
                    # Twice the width keeps every slot busy while answers are being handed out.
                    wanted = WINDOW if flight.waiting < 2 * self._settings.concurrency else 0
                    window = list(islice(source, wanted))
                    seen += len(window)
                    answered, missing = self._look_up(window)
                    for request in missing:
                        misses.add(request) if self._is_replayed(request) else flight.add(request)
                    if flight.waiting and not answered:
                        answered = self._loop.run(flight.step())
                        self._mark_used(self._store, answered)
                    elif not window:
                        break
                    statuses.update(response.status for _, response in answered)
                    bar.advance(len(answered), note=_counts(statuses))
                    yield from answered
        finally:
            self._land(flight)
        if misses.count:
            raise misses.error(seen)

    def transcript(self) -> pl.DataFrame:
        """Every answer that this engine handed out, once each, as tables.Transcripts, by key."""
        return transcripts.table(self._recorded)

    def _endpoint(self, name: str) -> Endpoint:
        if name not in self._endpoints:
            model = self._params.models.get(name)
            if model is None:
                raise ParamsError(
                    f"{name!r} is not in models; known are {', '.join(sorted(self._params.models))}",
                    where=f"stage {self._stage}",
                )
            self._endpoints[name] = endpoints.resolve(name, model)
        return self._endpoints[name]

    def _is_replayed(self, request: Request) -> bool:
        return self._settings.mode == "replay" or request.provider == "replay"

    def _look_up(self, requests: list[Request]) -> tuple[list[Pair], list[Request]]:
        """The requests that have a recorded answer, with it, and those that have none."""
        answered: list[Pair] = []
        missing = requests
        for store in self._recorded:
            found = store.find({request.key for request in missing})
            pairs = [(request, found[request.key]) for request in missing if request.key in found]
            self._mark_used(store, pairs)
            answered += pairs
            missing = [request for request in missing if request.key not in found]
        return answered, missing

    def _land(self, flight: Flight) -> None:
        if flight in self._flights:
            self._flights.remove(flight)
            self._loop.run(flight.stop(GRACE))

    def _mark_used(self, store: Store, pairs: list[Pair]) -> None:
        store.mark_used(pair for pair in pairs if pair[1].status != "failed")

    def _record(self, landed: list[Pair]) -> list[Pair]:
        return self._store.record(landed, stage=self._stage)

    async def _ask(self, request: Request) -> Response:
        async with self._slots:
            provider = self._provider(self._endpoint(request.name))
            try:
                response = decide(request, await provider.ask(request))
            except CallFailed as error:
                response = failure(request, error.error, error.attempts)
        self._give_up_on_an_outage(request, response)
        return response

    def _provider(self, endpoint: Endpoint) -> Provider:
        if endpoint.name not in self._providers:
            self._providers[endpoint.name] = connect(endpoint, self._settings)
        return self._providers[endpoint.name]

    def _give_up_on_an_outage(self, request: Request, response: Response) -> None:
        """Ends a run in which no call to a model succeeds any more: going on would take hours to fail."""
        if response.status != "failed":
            self._failures_in_a_row[request.name] = 0
            return
        self._failures_in_a_row[request.name] += 1
        limit = max(20, 2 * self._settings.concurrency)
        if self._failures_in_a_row[request.name] >= limit:
            raise ProviderError(
                f"the last {limit} calls to {request.model} at {request.base_url} all failed, "
                f"the last one with: {response.error}",
                where=f"models.{request.name}",
                remedy="check the address, the network and the provider's status page, and run again: "
                "what was answered so far is recorded",
            )

    async def _disconnect(self) -> None:
        for provider in self._providers.values():
            await provider.close()


def _check_says_json(model: str, messages: Sequence[Message]) -> None:
    if not any("json" in message.content.lower() for message in messages):
        raise ParamsError(
            "an answer in JSON is wanted in JSON mode, but no message of the prompt says JSON; "
            "providers refuse such a request",
            where=f"models.{model}",
            remedy="describe the JSON object in the prompt",
        )


def _counts(statuses: Counter[str]) -> str:
    return ", ".join(f"{status} {count:,}" for status, count in sorted(statuses.items()))

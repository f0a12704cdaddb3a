"""The engine: every question to a model goes through here, and no answer is paid for twice.

    with Engine(params, stage="judge") as engine:
        requests = [engine.request(model="gpt-4o", messages=[...], subject=post_id) for ...]
        for request, response in engine.stream(requests):
            ...

Recorded answers (the store first, then transcripts) are free; the rest is asked side by side, and each
answer is committed before anybody sees it. Stages are plain scripts, so the engine looks synchronous: its
event loop runs while a caller waits for the next answer.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import suppress
from itertools import islice
from typing import Any, Protocol

import polars as pl

from pipeline.core import progress
from pipeline.core.errors import InputError, ParamsError
from pipeline.engine import endpoints, learnt, transcripts
from pipeline.engine.asking import Asker
from pipeline.engine.batches import Batches
from pipeline.engine.batches.rounds import Rounds
from pipeline.engine.budget import Budget
from pipeline.engine.endpoints import Endpoint
from pipeline.engine.faults import check_says_json, check_sound, too_many_failed, unanswered
from pipeline.engine.flight import Airspace, Flight, Pair
from pipeline.engine.loop import StepLoop
from pipeline.engine.misses import Misses
from pipeline.engine.prices import Book
from pipeline.engine.register import Register
from pipeline.engine.request import Message, Request, sent_parameters
from pipeline.engine.response import Response
from pipeline.engine.schema import Schema, schema_of
from pipeline.engine.store import Store
from pipeline.engine.tally import Tally
from pipeline.params.models import Model, Responses

# Requests looked up at a time: enough for fast lookups, few enough to hold.
WINDOW = 1000
MOST_WAITING = 10 * WINDOW
# Seconds that calls in the air get to land when a run is stopped, because they are paid for. What has not landed
# by then is recorded as calls that may have been billed.
GRACE = 10.0


class Settings(Protocol):
    """What an engine needs to know of params, of whichever recipe."""

    @property
    def responses(self) -> Responses: ...
    @property
    def models(self) -> Mapping[str, Model]: ...


class Engine:
    """Answers the requests of one stage. Not for use from several threads.

    Raises, from ``answer`` and ``stream``: ReplayMiss; CredentialsError and ProviderError when a provider cannot
    be used, BudgetError when there is no money left, InputError when the store cannot be used. Whatever was
    answered before is recorded.
    """

    def __init__(self, params: Settings, stage: str) -> None:
        self._settings = params.responses
        self._models = params.models
        for name, model in self._models.items():
            endpoints.check(name, model)
        self._stage = stage
        self._store = Store(self._settings.store, read_only=self._settings.mode == "replay")
        index = transcripts.open_index(self._settings.transcripts, beside=self._settings.store)
        # In the order in which they are asked: no transcript of others takes the place of an answer that was paid for.
        self._recorded = [self._store] if index is None else [self._store, index]
        self._endpoints: dict[str, Endpoint] = {}
        self._budget = Budget(self._settings.budget_usd, self._store, Book(params.models).of)
        self._register = Register(self._store, stage, self._budget)
        self._asker = Asker(self._settings, params.models, self._endpoint, self._budget, self._store)
        self._air = Airspace(self._settings.concurrency, self._budget)
        self._batches = Batches(self._store, self._settings)
        self._failed: dict[str, str] = {}
        self._may_ask = False
        self._loop = StepLoop()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets calls in the air land, ends connections and closes the store."""
        gc.unfreeze()
        try:
            for flight in list(self._air.flights):
                self._land(flight)
            self._loop.run(self._asker.close())
            # Where the disk is full it is learnt again.
            with suppress(InputError):
                learnt.keep(self._store, self._asker.rates())
            self._batches.close()
        finally:
            self._loop.close()
            self._register.close()
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
            check_says_json(model, messages)
        return Request(
            name=model,
            provider=endpoint.provider,
            base_url=endpoint.recorded_url,
            model=endpoint.model,
            messages=tuple(messages),
            schema=answer_schema,
            # Without a schema there is nothing to be strict about.
            strict=endpoint.strict or answer_schema is None,
            temperature=endpoint.parameters.get("temperature", temperature),
            parameters=sent_parameters(endpoint.parameters),
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
        self.check_failed(
            {key: str(answer.error) for key, answer in answers.items() if answer.status == "failed"}
        )
        return {request.key: answers[request.key] for request in requests}

    def stream(self, requests: Iterable[Request]) -> Iterator[Pair]:
        """Each request with its answer, in no particular order; requests are taken from the iterable as they
        are needed, so that any number of them fits into memory.

        What stops one model stops no other: a missing recorded answer in replay, a model that cannot be used,
        a spent budget and a batch that nobody waits for raise ReplayMiss, ProviderError, CredentialsError,
        BudgetError or PendingError only after everything else was answered.
        """
        total = len(requests) if isinstance(requests, Sized) else None
        misses = Misses(self._stage, self._settings)
        flight = Flight(self._air, self._asker.fly, self._register.settle)
        rounds = self._rounds()
        tally = Tally(self._budget, self._asker.notes)
        try:
            with progress.track(self._stage, total=total, unit="responses") as bar:

                def ask(requests: Iterable[Request]) -> Generator[Pair, None, int]:
                    seen = 0
                    for answered, taken in self._answers(iter(requests), flight, misses, rounds):
                        seen += taken
                        tally.add(answered)
                        bar.advance(len(answered), note=tally)
                        yield from answered
                    return seen

                seen = yield from ask(requests)
                yield from rounds.play(ask, bar)
        finally:
            self._land(flight)
        if misses.count:
            raise misses.error(seen)
        if dropped := flight.dropped + rounds.dropped:
            raise unanswered(dropped, self._budget)
        if rounds.pending is not None:
            raise rounds.pending

    def check_failed(self, failed: Mapping[str, str]) -> None:
        """Notes requests that got no answer at all (key and reason), for those who take answers from ``stream``.

        ProviderError when this engine has more of them now than ``responses.max_failed``.
        """
        self._failed |= failed
        if len(self._failed) > self._settings.max_failed:
            raise too_many_failed(self._failed, self._stage)

    def recorded(self, requests: Iterable[Request]) -> dict[str, Response]:
        """The answers that are recorded already, by key; nobody is asked."""
        return {request.key: response for request, response in self._look_up(list(requests))[0]}

    def transcript(self) -> pl.DataFrame:
        """Every answer that this engine handed out, once each, as tables.Transcripts, by key."""
        return transcripts.table(self._recorded)

    def _answers(
        self, source: Iterator[Request], flight: Flight, misses: Misses, rounds: Rounds
    ) -> Iterator[tuple[list[Pair], int]]:
        """Answers as they come, and how many requests were taken from the source meanwhile. Requests that are
        only in recorded answers or go by batch are handed to ``misses`` and ``rounds``."""
        while True:
            window = list(islice(source, self._wanted(flight)))
            answered, missing = self._look_up(window)
            live = []
            for request in missing:
                misses.add(request) if self._is_replayed(request) else live.append(request)
            failed, live = rounds.sort(live)
            if live and not self._may_ask:
                self._prepare_to_ask()
            for request in live:
                flight.add(request, self._asker.lane(request))
            answered += failed
            if flight.waiting and not answered:
                answered = self._loop.run(flight.step())
                self._mark_used(self._store, answered)
            elif not window:
                return
            yield answered, len(window)

    def _prepare_to_ask(self) -> None:
        """Before the first call: what is paid for has to have a place, and what others left in the air is counted.

        What lives by now lives until the end: while thousands of calls come and go, the collector would walk
        through all modules and tables again and again, for a fifth of the time that a call takes.
        """
        self._store.check_space(self._settings.concurrency)
        self._register.recover()
        gc.freeze()
        self._may_ask = True

    def _rounds(self) -> Rounds:
        return Rounds(
            self._batches,
            self._store,
            self._stage,
            self._settings,
            self._models,
            self._endpoint,
            self._budget,
            self._loop,
        )

    def _wanted(self, flight: Flight) -> int:
        """How many more requests to take: enough to keep every slot busy while answers are being handed out,
        also when many wait for a model that is slow, but no more than fit into memory."""
        busy = 2 * self._settings.concurrency
        if flight.waiting < (MOST_WAITING if flight.is_held_back else busy):
            return WINDOW
        return 0

    def _endpoint(self, name: str) -> Endpoint:
        if name not in self._endpoints:
            model = self._models.get(name)
            if model is None:
                raise ParamsError(
                    f"{name!r} is not in models; known are {', '.join(sorted(self._models))}",
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
            check_sound(pairs, store)
            self._mark_used(store, pairs)
            answered += pairs
            missing = [request for request in missing if request.key not in found]
        return answered, missing

    def _land(self, flight: Flight) -> None:
        if flight in self._air.flights:
            if flight.in_the_air > 0:
                progress.say(
                    f"{self._stage}: waiting up to {GRACE:.0f} seconds for {flight.in_the_air} calls that are on "
                    "their way and paid for"
                )
            self._loop.run(flight.stop(GRACE))

    def _mark_used(self, store: Store, pairs: list[Pair]) -> None:
        store.mark_used(pair for pair in pairs if pair[1].status != "failed")

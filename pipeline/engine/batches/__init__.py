"""Batches: many requests in one file, answered within a day at a lower price.

``Batches`` submits and collects them for one store; ``rounds`` is how the engine answers by them. Everything that
has to survive is in the ledger, so that another process on another day finds what is out.
"""

from __future__ import annotations

import fcntl
import math
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

from msgspec import structs

from pipeline.core.errors import ProviderError, ValActError
from pipeline.engine.batches.ledger import CREATING, PREPARED, Batch, Ledger
from pipeline.engine.batches.queue import Queue
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.providers import PROVIDERS
from pipeline.engine.request import Request
from pipeline.engine.response import decide, failure
from pipeline.engine.store import Store
from pipeline.engine.usual import CHARACTERS, size
from pipeline.engine.wire.batch import BatchKind, BatchServer, QueueFull, Result, State, Unreachable
from pipeline.params.models import Responses

# Answers recorded at a time.
CHUNK = 500
# A batch of whose start we do not know what came is looked for, for this many seconds, before it counts as never
# started.
UNCLEAR_SECONDS = 60.0

# What a request is expected to cost as part of a batch, in US dollars; None: not to be submitted, the money is out.
Afford = Callable[[Request], Decimal | None]


@dataclass
class Collected:
    """What looking at batches brought: how many answers; why requests were turned down, by key; why others
    came back unanswered, to be asked again, with how many; the batches that are still out; and whether one was turned
    down because too much is waiting."""

    answered: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    returned: Counter[str] = field(default_factory=Counter)
    out: list[Batch] = field(default_factory=list)
    is_full: bool = False


class Batches:
    """The batches of one store. One process at a time submits or collects; the others wait."""

    def __init__(self, store: Store, settings: Responses) -> None:
        self.ledger = Ledger(store)
        self._store = store
        self._settings = settings
        self._lock_file = store.path.with_name(f"{store.path.name}.batches.lock")
        self._servers: dict[tuple[str, ...], BatchServer] = {}
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Submits no further batch; for a submission that runs in another thread."""
        self._stopped.set()

    def close(self) -> None:
        for server in self._servers.values():
            server.close()

    def submit(self, endpoint: Endpoint, stage: str, requests: Iterable[Request], afford: Afford) -> bool:
        """Sends requests to one model, in as many batches as it takes; those that are answered or out already,
        and those after which the money would be out, are left. False where there was no room for all of them.

        Raises as ``wire.BatchServer`` does; batches that were started before stay out.
        """
        source = _Source(requests, afford, self._store.longer_answers(), _kind(endpoint))
        queue = Queue(self._store, endpoint.base_url, endpoint.model)
        with self._locked():
            server = self._server(endpoint)
            while source.has_more and not self._stopped.is_set():
                waiting = self._waiting(endpoint)
                room = queue.limit() - waiting
                if waiting and source.next_tokens > room:
                    return False
                with tempfile.TemporaryFile() as file:
                    batch = self.ledger.prepare(endpoint, stage, source.part(room), file)
                    if batch is None:
                        continue
                    batch = self.ledger.update(batch, reserved=source.cost, tokens=source.tokens)
                    try:
                        self._start(server, batch, file)
                    except QueueFull as error:
                        queue.full(error.message, waiting + batch.tokens)
                        return False
        return True

    def _waiting(self, where: Endpoint | Batch) -> int:
        """Tokens that are out in batches of one model."""
        place = where.base_url, where.model
        return sum(batch.tokens for batch in self.ledger.open() if (batch.base_url, batch.model) == place)

    def collect(self, batch: Batch, found: Collected) -> None:
        """Looks at a batch once, records what it brought and adds that to ``found``."""
        with self._locked():
            still_open = {each.id: each for each in self.ledger.open()}
            if batch.id in still_open:
                self._collect(still_open[batch.id], found)

    def cancel(self, batch: Batch) -> Batch:
        """Asks the provider to end a batch. What it has answered by then is collected later, and is billed."""
        with self._locked():
            if batch.remote is None:
                return batch
            return self._note(batch, self._server(batch.endpoint).cancel(batch.remote))

    def forget(self, batch: Batch) -> None:
        """Gives up what is still out of a batch: it would be asked, and paid for, again."""
        with self._locked():
            self.ledger.end(batch)

    def _start(self, server: BatchServer, batch: Batch, file: Any) -> None:
        try:
            uploaded = server.upload(file, batch.token)
        except ValActError:
            self.ledger.release(batch)
            raise
        batch = self.ledger.update(batch, state=CREATING, submitted_at=time.time())
        try:
            started = server.create(uploaded, batch.token, file)
        except Unreachable as error:
            # It may have been started all the same: whoever collects next finds out.
            self.ledger.update(batch, problem=error.message)
        except ValActError:
            self.ledger.release(batch)
            raise
        else:
            self._note(batch, started)

    def _collect(self, batch: Batch, found: Collected) -> None:
        server = self._server(batch.endpoint)
        state = self._look(server, batch)
        if state is None:
            if batch.state == PREPARED or time.time() - batch.submitted_at > UNCLEAR_SECONDS:
                found.returned["the batch was never started"] += batch.requests
                self.ledger.release(batch)
            else:
                found.out.append(batch)
            return
        batch = self._note(batch, state)
        if not state.ended:
            found.out.append(batch)
            return
        self._settle(batch, server.results(state), found)
        left = batch.requests - sum(self.ledger.outcomes(batch).values())
        if left and state.is_full:
            found.is_full = True
            Queue(self._store, batch.base_url, batch.model).full(batch.problem or "", self._waiting(batch))
        if left:
            found.returned[batch.problem or f"batch {batch.remote} ended as {batch.state}"] += left
        self.ledger.end(batch)

    def _look(self, server: BatchServer, batch: Batch) -> State | None:
        """What the server says, None where it knows of no such batch."""
        if batch.remote is not None:
            return server.get(batch.remote)
        return None if batch.state == PREPARED else server.find(batch.token, batch.submitted_at)

    def _settle(self, batch: Batch, results: Iterator[Result], found: Collected) -> None:
        unreadable = 0
        while chunk := list(islice(results, CHUNK)):
            unreadable += sum(not result.key for result in chunk)
            requests = self.ledger.requests(batch, [result.key for result in chunk])
            answers, lost, returned = [], [], []
            for result in chunk:
                request = requests.pop(result.key, None)
                if request is None:  # settled before, or none of ours
                    continue
                if result.usage is not None:
                    lost.append((request, result.usage))
                if result.reply is not None:
                    answers.append((request, decide(request, result.reply)))
                elif result.again:
                    returned.append(result.key)
                    found.returned[result.problem] += 1
                else:
                    answers.append((request, failure(request, result.problem, 1)))
                    found.failed[result.key] = result.problem
            self.ledger.settle(batch, answers, lost, returned)
            found.answered += sum(response.status != "failed" for _, response in answers)
        if unreadable and batch.requests > sum(self.ledger.outcomes(batch).values()):
            raise ProviderError(
                f"{unreadable:,} lines of the results of batch {batch.remote} cannot be read",
                where=batch.base_url,
                remedy="run again later: what could be read is recorded; if that does not help, "
                f"`valact batches cancel --forget {batch.id}` has the rest asked, and paid for, again",
            )

    def _note(self, batch: Batch, said: State) -> Batch:
        """Writes down what the provider says about a batch."""
        return self.ledger.update(
            batch,
            remote=said.id,
            state=said.status,
            done=said.done,
            due_at=said.due_at,
            problem=said.problem,
        )

    def _server(self, endpoint: Endpoint) -> BatchServer:
        # A server may speak for one model alone.
        place = endpoint.provider, endpoint.variable, endpoint.base_url, endpoint.model
        if place not in self._servers:
            self._servers[place] = _kind(endpoint).connect(
                endpoint, self._settings.timeout, self._settings.retries
            )
        return self._servers[place]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among all processes. A killed one leaves no lock behind."""
        with open(self._lock_file, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class _Source:
    """Requests, cut into parts that are small enough for a batch. ``cost`` and ``tokens`` are those of the last
    part, ``next_tokens`` those of the next request."""

    def __init__(
        self, requests: Iterable[Request], afford: Afford, longer: Mapping[str, int], kind: BatchKind
    ) -> None:
        self._kind = kind
        self._pairs = ((request, kind.line(request.key, _as_asked(request, longer))) for request in requests)
        self._afford = afford
        self._next = next(self._pairs, None)
        self.cost = Decimal(0)
        self.tokens = 0

    @property
    def has_more(self) -> bool:
        return self._next is not None

    @property
    def next_tokens(self) -> int:
        return 0 if self._next is None else math.ceil(size(self._next[0]) / CHARACTERS)

    def part(self, room: float) -> Iterator[tuple[Request, bytes]]:
        """Requests for one batch of up to ``room`` tokens, and one in any case."""
        self.cost, self.tokens = Decimal(0), 0
        count = length = 0
        while self._next is not None:
            request, sent = self._next
            tokens = self.next_tokens
            if count and (
                count == self._kind.most_requests
                or length + len(sent) > self._kind.most_bytes
                or self.tokens + tokens > room
            ):
                return
            cost = self._afford(request)
            if cost is None:
                self._next = None
                return
            yield self._next
            count, length, self.cost = count + 1, length + len(sent), self.cost + cost
            self.tokens += tokens
            self._next = next(self._pairs, None)


def _kind(endpoint: Endpoint) -> BatchKind:
    """ProviderError where the provider has none any more."""
    kind = PROVIDERS.entry(endpoint.provider).batches
    if kind is None:
        raise ProviderError(f"{endpoint.provider} has no batches", where=f"models.{endpoint.name}")
    return kind


def _as_asked(request: Request, longer: Mapping[str, int]) -> Request:
    """The request with the token limit that somebody gave it, if any (``Store.longer_answers``)."""
    limit = longer.get(request.key)
    return request if limit is None else structs.replace(request, max_tokens=limit)

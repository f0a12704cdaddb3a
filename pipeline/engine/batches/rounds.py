"""How one call of the engine is answered by batch, in rounds.

Requests to models with ``batch_above`` are put aside until all of them are known. Then each round sends what is
missing, as batches where it is more than ``batch_above`` and one by one where it is not, and collects what comes
back. What a batch left unanswered (expired, cancelled, failed) makes the next round.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from pipeline.core import progress
from pipeline.core.errors import PendingError, ValActError
from pipeline.core.progress import Bar, duration
from pipeline.engine import registry
from pipeline.engine.batches import Batches, Collected
from pipeline.engine.batches.ledger import Batch
from pipeline.engine.batches.room import Room
from pipeline.engine.budget import Budget
from pipeline.engine.endpoints import Endpoint
from pipeline.engine.flight import Pair
from pipeline.engine.loop import StepLoop
from pipeline.engine.request import Request
from pipeline.engine.response import Usage, failure
from pipeline.engine.store import Store
from pipeline.engine.usual import CHARACTERS
from pipeline.engine.wire.batch import Unreachable
from pipeline.params.models import Model, Responses

# Rounds that may end without a single answer.
MOST_BARREN = 3
# Seconds at most between two tries of a batch that is turned down because too much is waiting: doubling.
LONGEST_REST = 3600.0
# Looks in a row at batches of which the server may know nothing to say.
MOST_UNREACHABLE = 10
WINDOW = 1000

# Answers requests that are recorded or to be asked one by one; what is not comes to ``Rounds.sort``.
Ask = Callable[[Iterable[Request]], Iterable[Pair]]


class Rounds:
    """The requests of one call that wait for a batch. ``dropped`` counts those that could not be sent, by error."""

    def __init__(
        self,
        batches: Batches,
        store: Store,
        stage: str,
        settings: Responses,
        models: Mapping[str, Model],
        endpoint: Callable[[str], Endpoint],
        budget: Budget,
        loop: StepLoop,
    ) -> None:
        self._batches = batches
        self._store = store
        self._stage = stage
        self._settings = settings
        self._models = models
        self._endpoint = endpoint
        self._budget = budget
        self._loop = loop
        self._rooms: dict[str, Room] = {}
        self._one_by_one = False
        self._came_to_nothing: dict[str, str] = {}
        self._given_up: str | None = None
        # Batches in a row that were turned down because too much was waiting.
        self._turned_down = 0
        self._unusable: dict[str, ValActError] = {}
        self.dropped: Counter[ValActError] = Counter()
        self.pending: PendingError | None = None
        self._hold()

    def sort(self, requests: list[Request]) -> tuple[list[Pair], list[Request]]:
        """Puts aside what goes by batch. Of the rest: failures of those that came to nothing, and the requests
        that are to be asked one by one."""
        out = self._batches.ledger.out([request.key for request in requests])
        failed, rest = [], []
        for request in requests:
            problem = self._came_to_nothing.get(request.key)
            if request.key in out:
                if unusable := self._unusable.get(request.name):
                    self.dropped[unusable] += 1
                else:
                    self._put(request, fresh=False)
            elif problem is not None:
                failed.append((request, failure(request, problem, 1)))
            elif self._one_by_one or self._above(request.name) == math.inf:
                rest.append(request)
            elif self._given_up is not None:
                failed.append((request, failure(request, self._given_up, 1)))
            else:
                self._put(request, fresh=True)
        return failed, rest

    def play(self, ask: Ask, bar: Bar) -> Iterator[Pair]:
        """The answers to all that was put aside, as far as they are there where ``responses.batch_wait`` is off:
        then ``pending`` says what is still out."""
        barren = 0
        while self._rooms:
            if self._mine() or any(len(room) > room.fresh for room in self._rooms.values()):
                found = self._collect(bar)
                if found.answered or found.failed:
                    barren = self._turned_down = 0
                elif found.is_full:
                    self._turned_down += 1
                else:
                    barren += 1
                self._came_to_nothing |= found.failed
                if barren == MOST_BARREN:
                    reason = found.returned.most_common(1)
                    self._given_up = (
                        f"no batch answered it: {reason[0][0] if reason else 'nothing came back'}"
                    )
                yield from ask(chain.from_iterable(self._take().values()))
            if self._turned_down and self._settings.batch_wait:
                self._rest(bar)
            yield from self._send(ask)
            if self._rooms and not self._settings.batch_wait:
                self.pending = _pending(self._mine())
                return

    def _rest(self, bar: Bar) -> None:
        """Waits while nothing of ours is out and yet too much is waiting at the provider."""
        seconds = min(self._settings.batch_poll * 2.0 ** (self._turned_down - 1), LONGEST_REST)
        bar.advance(0, note=f"too much is waiting at the provider: a smaller batch in {duration(seconds)}")
        self._loop.run(asyncio.sleep(seconds))

    def _send(self, ask: Ask) -> Iterator[Pair]:
        few = []
        for name, room in self._take().items():
            if room.fresh > self._above(name):
                self._submit(name, room)
            else:
                few.append(room)
        self._one_by_one = True
        yield from ask(chain.from_iterable(few))
        self._one_by_one = False

    def _submit(self, name: str, room: Room) -> None:
        endpoint = self._endpoint(name)
        purse = Purse(self._budget, self._store, endpoint)
        stopped: ValActError | None = None
        are_all_out = True
        if notice := registry.warning(endpoint.provider, endpoint.model, dt.date.today()):
            progress.say(f"models.{name}: {notice}")
        try:
            are_all_out = self._in_thread(self._batches.submit, endpoint, self._stage, room, purse)
        except ValActError as error:
            stopped = error
        self._hold()
        if not are_all_out and not self._mine():
            self._turned_down += 1
        if purse.is_empty:
            stopped = stopped or self._budget.stop
        requests = iter(room)
        while window := list(islice(requests, WINDOW)):
            out = self._batches.ledger.out([request.key for request in window])
            for request in window:
                if request.key in out or stopped is None:
                    self._put(request, fresh=request.key not in out)
                else:
                    self.dropped[stopped] += 1
        room.close()

    def _collect(self, bar: Bar) -> Collected:
        """Looks at the batches that are out until all have come back, or once."""
        found, silent = Collected(), 0
        while True:
            found.out.clear()
            unreachable = [error for batch in self._mine() if (error := self._look(batch, found))]
            silent = silent + 1 if unreachable else 0
            if unreachable and (silent > MOST_UNREACHABLE or not self._settings.batch_wait):
                self._unusable |= dict.fromkeys(self._rooms, unreachable[0])
                return found
            self._hold()
            if not self._settings.batch_wait or not (found.out or unreachable):
                return found
            bar.advance(0, note=_out(self._mine()))
            self._loop.run(asyncio.sleep(self._settings.batch_poll))

    def _look(self, batch: Batch, found: Collected) -> ValActError | None:
        """Why the batch could not be reached, if so. Any other error makes its model unusable in this call."""
        try:
            self._in_thread(self._batches.collect, batch, found)
        except Unreachable as error:
            return error
        except ValActError as error:
            self._unusable |= {name: error for name in self._rooms if self._place(name) == _place(batch)}
        return None

    def _mine(self) -> list[Batch]:
        wanted = {self._place(name) for name in self._rooms if name not in self._unusable}
        return [batch for batch in self._batches.ledger.open() if _place(batch) in wanted]

    def _place(self, name: str) -> tuple[str, str]:
        return _place(self._endpoint(name))

    def _hold(self) -> None:
        """Sets aside money for what is out."""
        if self._budget.cap is not None:
            self._budget.hold(self._batches.ledger.reserved())

    def _put(self, request: Request, *, fresh: bool) -> None:
        if request.name not in self._rooms:
            self._rooms[request.name] = Room()
        self._rooms[request.name].add(request, fresh=fresh)

    def _take(self) -> dict[str, Room]:
        rooms, self._rooms = self._rooms, {}
        return rooms

    def _above(self, name: str) -> float:
        above = self._models[name].batch_above
        return math.inf if above is None else above

    def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Away from the loop, so that calls of an outer stream go on; to its end, also when interrupted."""
        try:
            return self._loop.run(asyncio.to_thread(work, *arguments))
        except KeyboardInterrupt:
            self._batches.stop()
            raise


class Purse:
    """Says what each request of a submission is expected to cost, until the money is out."""

    def __init__(self, budget: Budget, store: Store, endpoint: Endpoint) -> None:
        self._budget = budget
        self._given = Decimal(0)
        self._output = _usual_output(store, endpoint)
        self.is_empty = False

    def __call__(self, request: Request) -> Decimal | None:
        self._budget.check(request)
        if not self._budget.fits(self._given):
            self.is_empty = True
            return None
        characters = sum(len(message.content) for message in request.messages)
        output = request.max_tokens if self._output is None else self._output
        usage = Usage(math.ceil(characters / CHARACTERS), 0, output)
        cost = self._budget.expect(request.provider, request.model, usage, batch=True)
        self._given += cost
        return cost


def _place(where: Batch | Endpoint) -> tuple[str, str]:
    """What a model is, whatever params call it."""
    return where.base_url, where.model


def _usual_output(store: Store, endpoint: Endpoint) -> int | None:
    """Output tokens of the average answer of a model so far, None where it gave none."""
    place = endpoint.recorded_url, endpoint.model
    rows = [row for row in store.spend() if (row.base_url, row.model) == place]
    metered = sum(row.calls - row.unmetered for row in rows)
    return math.ceil(sum(row.output_tokens for row in rows) / metered) if metered else None


def _out(batches: list[Batch]) -> str:
    requests, done = sum(batch.requests for batch in batches), sum(batch.done for batch in batches)
    return f"{requests:,} requests are out in {len(batches):,} batches, {done:,} of them done"


def _pending(batches: list[Batch]) -> PendingError:
    due = [batch.due_at for batch in batches if batch.due_at is not None]
    when = (
        f", the last one due by {dt.datetime.fromtimestamp(max(due), dt.UTC):%Y-%m-%d %H:%M} UTC"
        if due
        else ""
    )
    problems = {f"\n    batch {batch.id}: {batch.problem}" for batch in batches if batch.problem}
    return PendingError(
        f"{_out(batches)}{when}; most come back sooner" + "".join(sorted(problems)),
        where="responses.batch_wait: false",
        remedy="run again then: what is there by then is collected, and nothing is paid for twice; "
        "`valact batches status` says how far they are",
    )

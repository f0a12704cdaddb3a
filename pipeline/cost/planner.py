"""Stands in for the engine where a run is planned: answers from records, and counts what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import msgspec

from pipeline.engine import Engine, Message, Request, Response
from pipeline.engine.response import failure
from pipeline.step import FollowUp

# Requests looked up at a time, and requests of a model that was never asked that stand for all of them.
WINDOW, SAMPLE = 1000, 300
# Tokens of a field of an answer where no recorded answers tell: a letter, a vote or a rating; a sentence.
CHOSEN_TOKENS, WRITTEN_TOKENS = 8, 35
# Recorded cases from which their share is believed.
ENOUGH = 20


@runtime_checkable
class Sampled(Protocol):
    """Requests that are too many to make just for counting them."""

    def sample(self, most: int) -> Iterator[tuple[Request, float]]:
        """About ``most`` of the requests, spread over all, each with how many it stands for."""
        ...


class Asked(msgspec.Struct):
    """Requests of a step to a model. ``sure`` are missing for certain, ``maybe`` depend on answers that are not
    there; of these ``share`` is expected. Characters are those of the prompts, ``answer_tokens`` those of the
    answers to ``sure`` and to ``maybe`` where no recorded ones tell.
    """

    recorded: float = 0
    sure: float = 0
    sure_characters: float = 0
    sure_tokens: float = 0
    maybe: float = 0
    maybe_characters: float = 0
    maybe_tokens: float = 0
    share: float = 0.0


class Planner:
    """An Answerer over the recorded answers of ``engine``: a missing answer looks like a failed call.

    ``answered`` are the ids of models with any recorded answer; the others are not looked up one by one.
    """

    def __init__(self, engine: Engine, follow_up: FollowUp | None, answered: set[str]) -> None:
        self._engine, self._follow_up, self._answered = engine, follow_up, answered
        self.asked: dict[str, Asked] = {}
        self._round = 0
        self._subjects: set[str] = set()
        self._open: dict[str, Request] = {}  # subject -> a first request without an answer
        self._followed = 0

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
        return self._engine.request(
            model=model,
            messages=messages,
            schema=schema,
            temperature=temperature,
            subject=subject,
            repeat=repeat,
        )

    def answer(self, requests: Iterable[Request]) -> dict[str, Response]:
        wanted = list({request.key: request for request in requests}.values())
        found = self._engine.recorded(wanted)
        for request in wanted:
            self._count(request, known=request.key in found)
        if self._follow_up and self._round == 0:
            self._subjects = {request.subject for request in wanted}
            self._open = {request.subject: request for request in wanted if request.key not in found}
        self._round += 1
        return {
            request.key: found.get(request.key) or failure(request, "not asked yet", 0) for request in wanted
        }

    def stream(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Response]]:
        """Counts; hands out nothing, since nothing follows from one answer of a stream."""
        if isinstance(requests, Sampled):
            sample = list(requests.sample(SAMPLE))
            if all(request.model not in self._answered for request, _ in sample):
                for request, weight in sample:
                    self._count(request, known=False, weight=weight)
                return iter(())
        taken = iter(requests)
        while window := list(islice(taken, WINDOW)):
            found = self._engine.recorded(window)
            for request in window:
                self._count(request, known=request.key in found)
        return iter(())

    def check_failed(self, failed: Mapping[str, str]) -> None:
        """Nothing failed: nothing was asked."""

    def plan(self) -> dict[str, Asked]:
        """What is asked of each model, by its name in params; what may follow from missing answers included."""
        if self._follow_up is None:
            return self.asked
        closed = len(self._subjects) - len(self._open)
        rounds = self._follow_up.rounds
        share = self._followed / (closed * rounds) if closed >= ENOUGH and rounds else self._follow_up.share
        if self._follow_up.model:
            self.asked.setdefault(self._follow_up.model, Asked())
        for first in self._open.values():
            counts = self.asked.setdefault(self._follow_up.model or first.name, Asked())
            counts.maybe += rounds
            counts.maybe_characters += rounds * (_characters(first) + self._follow_up.characters)
            counts.maybe_tokens += rounds * _tokens(first)
        for counts in self.asked.values():
            counts.share = share
        return self.asked

    def _count(self, request: Request, *, known: bool, weight: float = 1) -> None:
        counts = self.asked.setdefault(request.name, Asked())
        if self._round:
            if request.subject in self._open:
                return  # it stands in ``maybe``
            self._followed += 1
        if known:
            counts.recorded += weight
        else:
            counts.sure += weight
            counts.sure_characters += weight * _characters(request)
            counts.sure_tokens += weight * _tokens(request)


def _characters(request: Request) -> int:
    schema = len(request.schema.body) if request.schema and request.strict else 0
    return schema + sum(len(message.content) for message in request.messages)


def _tokens(request: Request) -> int:
    return _tokens_of(request.schema.body) if request.schema else WRITTEN_TOKENS


@lru_cache(maxsize=1024)
def _tokens_of(schema: str | bytes) -> int:
    fields = json.loads(schema).get("properties", {}).values()
    free = sum(field.get("type") == "string" and "enum" not in field for field in fields)
    return CHOSEN_TOKENS * (len(fields) - free) + WRITTEN_TOKENS * free

"""Stands in for the engine where a run is planned: answers from records, and counts what is missing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Protocol, runtime_checkable

import msgspec

from pipeline.engine import Engine, Request, Response
from pipeline.engine.response import failure
from pipeline.step import FollowUp

# Requests looked up at a time, and requests of a model that was never asked that stand for all of them.
WINDOW, SAMPLE = 1000, 300
# Tokens of a field of an answer where no recorded answers tell: a letter, a vote or a rating; a sentence.
CHOSEN_TOKENS, WRITTEN_TOKENS = 8, 35
# Characters of Chinese, Japanese and Korean, each about a token: as much as so many of English.
_DENSE, DENSE_CHARACTERS = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"), 4
# Recorded cases from which their share is believed.
ENOUGH = 20


@runtime_checkable
class Sampled(Protocol):
    """Requests that are too many to make just for counting them."""

    def sample(self, most: int) -> Iterator[tuple[Request, float]]:
        """About ``most`` of the requests, spread over all, each with how many it stands for."""
        ...


class Amount(msgspec.Struct):
    """Calls, with the characters of their prompts, and the tokens of their answers where no recorded ones tell."""

    calls: float = 0
    characters: float = 0
    tokens: float = 0

    def add(self, calls: float, characters: float, tokens: float) -> None:
        """So many calls more, each with so many characters and tokens."""
        self.calls += calls
        self.characters += calls * characters
        self.tokens += calls * tokens

    def __mul__(self, times: float) -> Amount:
        return Amount(self.calls * times, self.characters * times, self.tokens * times)

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.calls + other.calls, self.characters + other.characters, self.tokens + other.tokens
        )


class Asked(msgspec.Struct):
    """Requests of a step to a model: answers that are ``recorded``, calls that are missing for ``sure``, and what
    depends on answers that are not there, as is ``likely`` and at ``most``."""

    recorded: float = 0
    sure: Amount = msgspec.field(default_factory=Amount)
    likely: Amount = msgspec.field(default_factory=Amount)
    most: Amount = msgspec.field(default_factory=Amount)

    def __add__(self, other: Asked) -> Asked:
        return Asked(
            self.recorded + other.recorded,
            self.sure + other.sure,
            self.likely + other.likely,
            self.most + other.most,
        )


class Planner:
    """An Answerer over the recorded answers of ``engine``: a missing answer looks like a failed call.

    ``answered`` are the ids of models with any recorded answer; the others are not looked up one by one. ``tokens`` is
    the length of the answer to a request, where the step says it.
    """

    def __init__(
        self,
        engine: Engine,
        follow_ups: Sequence[FollowUp],
        answered: set[str],
        tokens: Callable[[Request], float] | None = None,
    ) -> None:
        self._tokens = tokens or _tokens
        self._engine, self._follow_ups, self._answered = engine, follow_ups, answered
        self.request = engine.request
        self.asked: dict[str, Asked] = {}
        self._subjects: dict[str, str] = {}  # to the schema of the answers to their first requests
        self._first: dict[tuple[str, str], Request] = {}  # by subject and model
        self._open: dict[str, list[Request]] = {}  # subject -> its first requests, if one has no answer
        self._followed: Counter[int] = Counter()
        self.times = 1.0  # what is missing can become so many times as much

    def answer(self, requests: Iterable[Request]) -> dict[str, Response]:
        wanted = list({request.key: request for request in requests}.values())
        found = self._engine.recorded(wanted)
        # What is asked about a subject after its first answers follows from them.
        first = [request for request in wanted if request.subject not in self._subjects]
        for request in wanted:
            self._count(request, known=request.key in found)
        open_ = {request.subject for request in first if request.key not in found}
        for request in first:
            self._first[request.subject, request.name] = request
            if request.subject in open_:
                self._open.setdefault(request.subject, []).append(request)
        self._subjects |= {request.subject: _schema(request) for request in first}
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
        for number, follow_up in enumerate(self._follow_ups):
            likely = self._likely(number, follow_up)
            if follow_up.model:
                self.asked.setdefault(follow_up.model, Asked())
            for subject, requests in self._open.items():
                if not self._follows(follow_up, subject):
                    continue
                for first in requests[:1] if follow_up.model else requests:
                    asked = self.asked.setdefault(follow_up.model or first.name, Asked())
                    characters = _characters(first) + follow_up.characters
                    tokens = self._tokens(first) if follow_up.tokens is None else follow_up.tokens
                    asked.likely.add(likely, characters, tokens)
                    asked.most.add(follow_up.most, characters, tokens)
        for asked in self.asked.values():
            asked.most += (asked.sure + asked.most) * (self.times - 1)
        return self.asked

    def knows(self, model: str) -> bool:
        """Whether the model of that id has a recorded answer to anything."""
        return model in self._answered

    def _likely(self, number: int, follow_up: FollowUp) -> float:
        """Requests that follow a first one (of a subject where they go to another model), by those that did."""
        closed = [
            subject
            for subject, _ in self._first
            if subject not in self._open and self._follows(follow_up, subject)
        ]
        count = len(set(closed)) if follow_up.model else len(closed)
        return self._followed[number] / count if count >= ENOUGH else follow_up.likely

    def _count(self, request: Request, *, known: bool, weight: float = 1) -> None:
        if self._follow_ups and request.subject in self._subjects:
            if request.subject in self._open:
                return  # it stands among what is likely
            self._followed[self._kind(request)] += 1
        asked = self.asked.setdefault(request.name, Asked())
        if known:
            asked.recorded += weight
        else:
            asked.sure.add(weight, _characters(request), self._tokens(request))

    def _kind(self, request: Request) -> int:
        """Which follow-up the request belongs to."""
        for number, follow_up in enumerate(self._follow_ups):
            if (
                follow_up.model in (None, request.name)
                and follow_up.schema in ("", _schema(request))
                and self._follows(follow_up, request.subject)
            ):
                return number
        return -1

    def _follows(self, follow_up: FollowUp, subject: str) -> bool:
        return follow_up.after in (None, self._subjects[subject])


def _schema(request: Request) -> str:
    return request.schema.name if request.schema else ""


def _characters(request: Request) -> int:
    schema = len(request.schema.body) if request.schema and request.strict else 0
    return schema + sum(_as_english(message.content) for message in request.messages)


def _as_english(text: str) -> int:
    """Characters, dense ones as so many of English."""
    return len(text) + (0 if text.isascii() else (DENSE_CHARACTERS - 1) * len(_DENSE.findall(text)))


def _tokens(request: Request) -> float:
    return _tokens_of(request.schema.body) if request.schema else WRITTEN_TOKENS


@lru_cache(maxsize=1024)
def _tokens_of(schema: str | bytes) -> int:
    fields = json.loads(schema).get("properties", {}).values()
    free = sum(field.get("type") == "string" and "enum" not in field for field in fields)
    return CHOSEN_TOKENS * (len(fields) - free) + WRITTEN_TOKENS * free

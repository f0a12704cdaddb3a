"""Masking: personal data in a text becomes a typed placeholder such as [PERSON] or [EMAIL].

The kinds are the files of ``kinds``; which are masked is a param. Subreddits, ages, money and most dates stay. What
is found in a text depends on that text, the settings and the installed language model, and on nothing else: in
whatever order, process or batch it is masked, here or by a later hydration.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import NamedTuple

from pipeline.core import progress
from pipeline.core.cores import workers
from pipeline.core.limit import TookTooLong, within
from pipeline.masking.kinds import KINDS
from pipeline.params.posts import Masking

# A process needs seconds to load the model: fewer texts than these are masked sooner by one.
LEAST_FOR_A_PROCESS = 500
TEXTS_A_TASK = 100
# What a process with the model takes.
MEMORY = 700 << 20


class Span(NamedTuple):
    """Personal data at ``text[start:end]``; ``entity`` is one of params.filter.masking.entities."""

    start: int
    end: int
    entity: str


class Masked(NamedTuple):
    text: str
    spans: int


def find_spans(text: str, masking: Masking) -> list[Span]:
    """What would be masked in a text, in order; overlapping finds are one, so that nothing is left of either."""
    found = sorted(
        (start, end, entity) for entity in masking.entities for start, end in KINDS[entity].find(text)
    )
    spans: list[Span] = []
    for start, end, entity in found:
        if spans and start < spans[-1].end:
            first = spans[-1]
            label = min(first.entity, entity, key=lambda name: KINDS[name].rank)
            spans[-1] = Span(first.start, max(first.end, end), label)
        else:
            spans.append(Span(start, end, entity))
    return spans


def mask(text: str, masking: Masking) -> Masked:
    """The text with placeholders, and how many there are."""
    parts, at = [], 0
    spans = find_spans(text, masking)
    for start, end, entity in spans:
        parts += [text[at:start], KINDS[entity].placeholder]
        at = end
    return Masked("".join([*parts, text[at:]]), len(spans))


def mask_all(texts: Sequence[str], masking: Masking, seconds: float | None = None) -> list[Masked | None]:
    """Each text masked, in order, on every core where there are many; None where one took more than ``seconds``."""
    with Masker(masking, seconds) as masker:
        return masker.mask(texts)


class Masker:
    """Masks texts in several goes: processes that were worth starting stay, with the model that they loaded."""

    def __init__(self, masking: Masking, seconds: float | None = None) -> None:
        self._one = partial(_mask_in_time, masking=masking, seconds=seconds)
        self._pool: ProcessPoolExecutor | None = None
        self._broken = False

    def __enter__(self) -> Masker:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def mask(self, texts: Sequence[str]) -> list[Masked | None]:
        """Each text masked, in order; None where one took too long."""
        masked: list[Masked | None] = []
        with progress.track("mask personal data", total=len(texts), unit="posts") as bar:
            for part in self._parts(texts):
                masked += part
                bar.advance(len(part))
        return masked

    def _parts(self, texts: Sequence[str]) -> Iterator[Sequence[Masked | None]]:
        pool = self._processes(len(texts))
        if pool is None:
            yield from ([self._one(text)] for text in texts)
            return
        tasks = [texts[at : at + TEXTS_A_TASK] for at in range(0, len(texts), TEXTS_A_TASK)]
        done = 0
        try:
            for part in pool.map(partial(_mask_part, self._one), tasks):
                done += 1
                yield part
        except BrokenProcessPool:
            self._broken, self._pool = True, None
            progress.say("a process that masks was killed, most likely because memory ran out; one goes on")
            yield from ([self._one(text)] for task in tasks[done:] for text in task)

    def _processes(self, texts: int) -> ProcessPoolExecutor | None:
        """The processes, which are started for the first time that there is much to do."""
        processes = workers(0, texts // LEAST_FOR_A_PROCESS, MEMORY)
        if self._pool is None and processes > 1 and not self._broken:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_interrupts)
        return self._pool


def _mask_part(one: partial[Masked | None], texts: Sequence[str]) -> list[Masked | None]:
    return [one(text) for text in texts]


def _mask_in_time(text: str, masking: Masking, seconds: float | None) -> Masked | None:
    if seconds is None:
        return mask(text, masking)
    try:
        with within(seconds):
            return mask(text, masking)
    except TookTooLong:
        return None


def _leave_interrupts() -> None:
    """Ctrl-C is for the parent to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

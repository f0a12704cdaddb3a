"""Masking: personal data in a text becomes a typed placeholder such as [PERSON] or [EMAIL].

The kinds are the files of ``kinds``; which are masked is a param. Subreddits, ages, money and most dates stay. What
is found in a text depends on that text, the settings and the installed language model, and on nothing else: in
whatever order, process or batch it is masked, here or by a later hydration.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from pipeline.core import progress
from pipeline.core.limit import TookTooLong, within
from pipeline.core.processes import Processes
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
        self._processes = Processes(
            "mask personal data", least=LEAST_FOR_A_PROCESS, memory=MEMORY, at_a_time=TEXTS_A_TASK
        )

    def __enter__(self) -> Masker:
        return self

    def __exit__(self, *exception: object) -> None:
        self._processes.__exit__(*exception)

    def mask(self, texts: Sequence[str]) -> list[Masked | None]:
        """Each text masked, in order; None where one took too long."""
        masked: list[Masked | None] = []
        with progress.track("mask personal data", total=len(texts), unit="posts") as bar:
            for part in self._processes.parts(self._one, texts):
                masked += part
                bar.advance(len(part))
        return masked


def _mask_in_time(text: str, masking: Masking, seconds: float | None) -> Masked | None:
    if seconds is None:
        return mask(text, masking)
    try:
        with within(seconds):
            return mask(text, masking)
    except TookTooLong:
        return None

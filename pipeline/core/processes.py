"""Work on every core where there is much of it: processes that are worth starting, and kept as long as there is more.

What is done to an item must depend on the item alone, so that results are the same however many processes there are.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TypeVar

from pipeline.core import progress
from pipeline.core.cores import workers

T = TypeVar("T")
R = TypeVar("R")


class Processes:
    """``least``: fewer items than these for each process are done sooner by this one. ``memory``: bytes that a process
    takes. ``at_a_time``: items of a task."""

    def __init__(self, doing: str, *, least: int, memory: int, at_a_time: int) -> None:
        self._doing, self._least, self._memory, self._at_a_time = doing, least, memory, at_a_time
        self._pool: ProcessPoolExecutor | None = None
        self._broken = False

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def parts(self, one: Callable[[T], R], items: Sequence[T]) -> Iterator[list[R]]:
        """What ``one`` makes of the items, in order, a few at a time. ``one`` and what it makes can be pickled."""
        tasks = [items[at : at + self._at_a_time] for at in range(0, len(items), self._at_a_time)]
        pool, done = self._started(len(items)), 0
        if pool is not None:
            try:
                for part in pool.map(partial(_each, one), tasks):
                    done += 1
                    yield part
            except BrokenProcessPool:
                self._broken, self._pool = True, None
                progress.say(
                    f"{self._doing}: a process was killed, most likely because memory ran out; one goes on"
                )
        yield from (_each(one, task) for task in tasks[done:])

    def _started(self, items: int) -> ProcessPoolExecutor | None:
        """The processes, which are started for the first time that there is much to do."""
        processes = workers(0, items // self._least, self._memory)
        if self._pool is None and processes > 1 and not self._broken:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_interrupts)
        return self._pool


def _each(one: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [one(item) for item in items]


def _leave_interrupts() -> None:
    """Ctrl-C is for the parent to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

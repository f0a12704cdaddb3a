"""Work on every core where there is much of it: processes that are worth starting, and kept as long as there is more.

What is done to an item must depend on the item alone, so that results are the same however many processes there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from typing import TypeVar

from pipeline.core.cores import workers
from pipeline.core.errors import InputError
from pipeline.core.pool import Killed, LocalPool

T = TypeVar("T")
R = TypeVar("R")

# Tasks that are handed out at a time, done or not.
AHEAD = 512


class Processes:
    """``least``: fewer items than these for each process are done sooner by this one. ``memory``: bytes that a process
    takes. ``at_a_time``: items of a task. ``pool``: who does them, where it is not processes of this machine."""

    def __init__(
        self,
        doing: str,
        *,
        least: int,
        memory: int,
        at_a_time: int,
        pool: Callable[[], Executor] | None = None,
    ) -> None:
        self._doing, self._least, self._memory, self._at_a_time = doing, least, memory, at_a_time
        self._elsewhere = pool
        self._pool: Executor | None = None

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def parts(self, one: Callable[[T], R], items: Sequence[T]) -> Iterator[list[R]]:
        """What ``one`` makes of the items, in order, a few at a time. ``one`` and what it makes can be pickled.

        InputError where memory does not even last for one process.
        """
        tasks = (items[at : at + self._at_a_time] for at in range(0, len(items), self._at_a_time))
        pool = self._started(len(items))
        if pool is None:
            yield from (_each(one, task) for task in tasks)
            return
        try:
            yield from _in_order(pool, partial(_each, one), tasks)
        except Killed as error:
            raise InputError(
                f"{self._doing}: {error}", where="this machine", remedy="free some memory and run again"
            ) from None

    def _started(self, items: int) -> Executor | None:
        """The processes, which are started for the first time that there is much to do."""
        if self._pool is None and items // self._least > 1:
            if self._elsewhere is not None:
                self._pool = self._elsewhere()
            elif (processes := workers(0, items // self._least, self._memory)) > 1:
                self._pool = LocalPool(processes, self._doing)
        return self._pool


def _in_order(pool: Executor, do: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
    """What comes of the tasks, in order; no more than ``AHEAD`` are out, because each carries its items along."""
    out: deque[Future[R]] = deque()
    for task in tasks:
        out.append(pool.submit(do, task))
        if len(out) == AHEAD:
            yield out.popleft().result()
    while out:
        yield out.popleft().result()


def _each(one: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [one(item) for item in items]

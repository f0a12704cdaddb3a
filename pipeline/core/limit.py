"""A limit on the processor time that one post may take, whatever stands in it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TookTooLong(Exception):
    """The limit was reached; what was begun is unfinished."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"longer than {seconds:g} s of processor time")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises TookTooLong inside the block once the process has used ``seconds`` of user time in it.

    Python's regular expressions look for signals while they search, so that a long search ends as well. Processor
    time, because a slow machine or a busy one shall give the same posts. Only the main thread of a process on a
    system with interval timers can be interrupted so; elsewhere the block runs without a limit.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: object) -> None:
        raise TookTooLong(seconds)

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)

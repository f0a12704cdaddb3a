"""An event loop that runs now and then, for code that looks synchronous, and that signals stop cleanly."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")


class StepLoop:
    """Runs one coroutine at a time; tasks that they leave behind go on whenever the loop runs again.

    Ctrl-C, and SIGTERM where it has a handler, cancel the coroutine and then raise KeyboardInterrupt from
    ``run``. A handler that raises on its own would do so wherever the loop happens to be, inside an SDK as
    likely as not, and break it; asyncio.Runner does just that when the signal meets a finished coroutine.
    """

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of ``work``. KeyboardInterrupt when a signal came meanwhile."""
        loop = self._runner.get_loop()
        task = loop.create_task(work)
        with _signals_cancel(task, loop) as signals:
            try:
                result = loop.run_until_complete(task)
            except asyncio.CancelledError:
                if not signals:
                    raise
                raise KeyboardInterrupt from None
        if signals:
            raise KeyboardInterrupt
        return result

    def close(self) -> None:
        """Cancels what is left and closes the loop."""
        self._runner.close()


@contextmanager
def _signals_cancel(task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop) -> Iterator[list[int]]:
    """Signals cancel ``task`` while the block runs; gives the list of those that came."""
    came: list[int] = []

    def note(signum: int, frame: object) -> None:
        came.append(signum)
        if len(came) > 1:
            # Somebody is impatient.
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(task.cancel)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for signum in (signal.SIGINT, signal.SIGTERM):
            if callable(signal.getsignal(signum)):
                before[signum] = signal.signal(signum, note)
    try:
        yield came
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)

"""Processes of this machine as an executor of ``concurrent.futures``. One that the system kills costs what it was at,
once, and not the run: its task is done again by another, and there is one process less, because most likely memory
ran out.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from pipeline.core import progress

P = ParamSpec("P")
R = TypeVar("R")

# Processes that may be killed over one task before it is given up.
TRIES = 3


class Killed(Exception):
    """Every process that was at a task was killed."""


@dataclass(slots=True)
class _Task:
    future: Future[Any]
    do: Callable[[], Any]
    tries: int = 0


class LocalPool(Executor):
    """``doing`` is the word for what is done; ``initializer`` runs first in each process. Tasks start in the order in
    which they came. A task whose processes were killed ``TRIES`` times ends with Killed."""

    def __init__(
        self,
        processes: int,
        doing: str,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        self._doing, self._begin = doing, (initializer, initargs)
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._processes = processes
        self._closed = self._stopped = False
        self._pids: set[int] = set()
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(processes)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """``fn`` and what it is given and gives can be pickled."""
        future: Future[R] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is shut down")
            self._tasks.put(_Task(future, _Call(fn, args, kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._lock:
            self._closed = True
            if cancel_futures:
                self._cancel_waiting()
            for _ in self._threads:
                self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def terminate(self) -> None:
        """Ends the processes in the middle of what they are at; tasks that were not done are cancelled."""
        self._stopped = True
        with self._lock:
            self._cancel_waiting()
        for process in multiprocessing.active_children():
            if process.pid in self._pids:
                process.terminate()

    def _cancel_waiting(self) -> None:
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                return
            if task is not None:
                task.future.cancel()

    def _serve(self) -> None:
        """One thread, one process: whoever is killed takes no other process's task along."""
        process = None
        while (task := self._tasks.get()) is not None:
            if task.tries == 0 and not task.future.set_running_or_notify_cancel():
                continue
            again = True
            while again:
                again = False
                try:
                    process = process or self._started()
                    task.future.set_result(process.submit(task.do).result())
                except BrokenProcessPool:
                    process, task.tries = None, task.tries + 1
                    if self._given_up(task):
                        break
                    if self._leave(task):
                        return
                    again = True
                except BaseException as error:
                    task.future.set_exception(error)
        if process is not None:
            process.shutdown()

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        process = ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=self._begin)
        self._pids.add(process.submit(os.getpid).result())
        return process

    def _given_up(self, task: _Task) -> bool:
        if self._stopped:
            task.future.set_exception(Killed("stopped"))
        elif task.tries == TRIES:
            task.future.set_exception(
                Killed(f"{TRIES} processes were killed over it, most likely because memory ran out")
            )
        else:
            return False
        return True

    def _leave(self, task: _Task) -> bool:
        """Whether this thread ends, and leaves its task to the others."""
        with self._lock:
            last = self._processes == 1
            self._processes -= 0 if last else 1
            leaves = not last and not self._closed
            if leaves:
                self._tasks.put(task)
        progress.say(
            f"{self._doing}: a process was killed, most likely because memory ran out; what it was at is done again, "
            f"by {self._processes} process{'es' if self._processes > 1 else ''}"
        )
        return leaves


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that can be pickled."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __call__(self) -> Any:
        return self.fn(*self.args, **self.kwargs)


def _begin(initializer: Callable[..., object] | None, initargs: tuple[Any, ...]) -> None:
    """In a new process: Ctrl-C is for the parent to act on, and without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer is not None:
        initializer(*initargs)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

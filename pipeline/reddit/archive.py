"""Submission dumps, read into parts: several at a time, and each once, however often a run is stopped."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.core import progress
from pipeline.core.cores import workers
from pipeline.core.errors import InputError
from pipeline.core.pool import Killed, LocalPool
from pipeline.reddit import saved
from pipeline.reddit.dumps import Dump, find_dumps
from pipeline.reddit.parts import Part
from pipeline.reddit.scan import Wanted

# What a process takes at most: the window of 2 GiB and what stands around it.
MEMORY = (2 << 30) + (300 << 20)
# Seconds between two looks at how far the processes are.
LOOK = 0.5


def read(
    paths: Sequence[str],
    wanted: Wanted,
    work: Path,
    processes: int,
    pool: Callable[[], Executor] | None = None,
) -> tuple[list[Part], list[dict[str, Any]]]:
    """Reads every dump under ``paths`` into parts in ``work``; parts come in file order.

    The second value are ledger rows about files in the folders that are no submission dumps. Raises InputError for a
    path that leads to nothing, and for a file that is none of the formats.
    """
    dumps, ledger = find_dumps(paths)
    return read_dumps(dumps, wanted, work, processes, pool), ledger


def read_dumps(
    dumps: Sequence[Dump],
    wanted: Wanted,
    work: Path,
    processes: int,
    pool: Callable[[], Executor] | None = None,
) -> list[Part]:
    """The parts of these dumps, in their order; what is in ``work`` already is not read again.

    ``processes`` 0 means as many as there are cores and memory for. Each needs the window of its file's frames in
    memory (up to 2 GiB) and less than 300 MB more. ``pool`` opens another executor.
    """
    parts = {
        number: part
        for number, dump in enumerate(dumps)
        if (part := saved.find(work, saved.key(dump, wanted)))
    }
    missing = [number for number in range(len(dumps)) if number not in parts]
    jobs = {number: partial(saved.read, dumps[number], wanted, work) for number in missing}
    sizes = {number: dumps[number].file.size for number in missing}
    if parts:
        progress.say(f"{len(parts):,} of {len(dumps):,} dumps were read by an earlier run")
    with progress.track("reading dumps", total=sum(sizes.values()), unit="bytes") as bar:
        if pool is not None and jobs:
            with pool() as executor:
                parts |= _in_pool(executor, jobs, sizes, bar, lambda: 0)
        elif (processes := workers(processes, len(jobs), MEMORY)) == 1:
            parts |= {number: job(bar.advance) for number, job in jobs.items()}
        else:
            parts |= _in_processes(jobs, sizes, processes, bar)
    return [parts[number] for number in range(len(dumps))]


def _in_processes(
    jobs: Mapping[int, Callable[..., Part]], sizes: Mapping[int, int], processes: int, bar: progress.Bar
) -> dict[int, Part]:
    taken = multiprocessing.get_context("spawn").Value("q", 0)
    pool = LocalPool(processes, "reading dumps", _share, (taken,))
    try:
        return _in_pool(pool, jobs, sizes, bar, lambda: taken.value)
    except BaseException:
        pool.terminate()
        raise
    finally:
        pool.shutdown()


def _in_pool(
    pool: Executor,
    jobs: Mapping[int, Callable[..., Part]],
    sizes: Mapping[int, int],
    bar: progress.Bar,
    taken: Callable[[], int],
) -> dict[int, Part]:
    # The largest first, so that none is left to run alone at the end.
    running: dict[Future[Part], int] = {
        pool.submit(_run, jobs[number]): number for number in sorted(jobs, key=lambda number: -sizes[number])
    }
    parts: dict[int, Part] = {}
    waiting = set(running)
    while waiting:
        done, waiting = wait(waiting, timeout=LOOK, return_when=FIRST_COMPLETED)
        parts |= {running[future]: _of(future) for future in done}
        # A file whose process was killed is counted from its beginning again.
        bytes_done = min(max(taken(), sum(sizes[number] for number in parts)), sum(sizes.values()))
        bar.advance(max(0, bytes_done - bar.done), note=f"{len(parts)} of {len(jobs)} files done")
    return parts


def _of(future: Future[Part]) -> Part:
    try:
        return future.result()
    except Killed as error:
        raise InputError(
            f"a dump could not be read: {error}",
            where="scrape.archive.processes",
            remedy="give a lower number: each process may need 2.3 GB for a dump with a long window; what was read "
            "is kept",
        ) from None


_taken: Any = None


def _share(taken: Any) -> None:
    """Gives a worker process the counter of bytes that all advance."""
    global _taken
    _taken = taken


def _run(job: Callable[..., Part]) -> Part:
    return job(_advance)


def _advance(count: int) -> None:
    if _taken is not None:
        with _taken.get_lock():
            _taken.value += count

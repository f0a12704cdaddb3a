"""Submission dumps (Pushshift, Arctic Shift, or one's own) on disk: one file, folders of them, or patterns."""

from __future__ import annotations

import glob
import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.core import progress
from pipeline.core.cores import workers
from pipeline.core.errors import InputError
from pipeline.reddit.parts import Part, Tally
from pipeline.reddit.scan import Wanted, scan
from pipeline.reddit.stream import compression

SUFFIXES = (".zst", ".zstd", ".gz", ".ndjson", ".jsonl", ".json")
# Comment dumps lie beside the submissions under these names: RC_2023-03.zst, careerguidance_comments.zst.
# What a process takes at most: the window of 2 GiB and what stands around it.
MEMORY = (2 << 30) + (300 << 20)
# Pages about a folder, such as that of data/inputs, are no part of what lies in it.
PAGES = ("README.md", "README.txt", "README")
COMMENT_PREFIX, COMMENT_STEM = "RC_", "_comments"


class Dump(NamedTuple):
    """A file to read, and the name under which the ledger knows it."""

    path: Path
    source: str


def read(
    paths: Sequence[str], wanted: Wanted, work: Path, processes: int
) -> tuple[list[Part], list[dict[str, Any]]]:
    """Scans every dump under ``paths`` into parts in ``work``, several at a time; parts come in file order.

    ``processes`` 0 means as many as there are cores and memory for. Each needs the window of its file's frames in
    memory (up to 2 GiB) and less than 300 MB more. The second value are ledger rows about files in the folders that
    are no submission dumps. Raises InputError for a path that leads to nothing, and for a file that is none of
    the formats.
    """
    dumps, ledger = find_dumps(paths)
    jobs = [
        partial(scan, dump.path, dump.source, wanted, work / f"{number:05}.parquet")
        for number, dump in enumerate(dumps)
    ]
    sizes = [dump.path.stat().st_size for dump in dumps]
    processes = workers(processes, len(jobs), MEMORY)
    with progress.track("reading dumps", total=sum(sizes), unit="bytes") as bar:
        if processes == 1:
            return [job(bar.advance) for job in jobs], ledger
        return _in_processes(jobs, sizes, processes, bar), ledger


def find_dumps(paths: Sequence[str]) -> tuple[list[Dump], list[dict[str, Any]]]:
    """The submission dumps under files, folders (searched to the bottom) and patterns, each once, sorted by path.

    Every file's first bytes are looked at here, so that a wrong one is noticed before hours of reading.
    """
    files: dict[Path, Path] = {}
    skipped: dict[Path, str] = {}
    for text in paths:
        for path in expand(text):
            if path.is_dir():
                for file in sorted(filter(_is_data, path.rglob("*"))):
                    if why := _not_submissions(file):
                        skipped[file] = why
                    else:
                        files.setdefault(file.resolve(), file)
            else:
                files.setdefault(path.resolve(), path)
    if not files:
        raise InputError(
            "no submission dump was found",
            where=", ".join(paths),
            remedy=f"files ending in {', '.join(SUFFIXES)} are read",
        )
    found = sorted(files.values())
    for file in found:
        compression(file)
    names = Counter(file.name for file in found)
    dumps = [Dump(file, file.name if names[file.name] == 1 else file.as_posix()) for file in found]
    ledger = []
    for file, why in sorted(skipped.items()):
        tally = Tally(file.as_posix())
        tally.line("file_not_read", 0, why)
        ledger += tally.rows()
    return dumps, ledger


def expand(text: str) -> list[Path]:
    """The files and folders that a path or pattern leads to; InputError where there are none."""
    if Path(text).exists():
        return [Path(text)]
    found = [Path(name) for name in sorted(glob.glob(text, recursive=True))]
    if not found:
        raise InputError(
            "there is no such file, folder or match",
            where=text,
            remedy="paths are relative to the repository's root; quote patterns such as 'dumps/RS_2023-*.zst'",
        )
    return found


def _is_data(entry: Path) -> bool:
    return entry.is_file() and entry.name not in PAGES and not entry.name.startswith(".")


def _not_submissions(file: Path) -> str | None:
    if file.suffix.lower() not in SUFFIXES:
        return f"not the name of a dump ({', '.join(SUFFIXES)})"
    if file.name.startswith(COMMENT_PREFIX) or file.name.split(".")[0].endswith(COMMENT_STEM):
        return "by its name a dump of comments"
    return None


def _in_processes(
    jobs: Sequence[Callable[..., Part]], sizes: Sequence[int], processes: int, bar: progress.Bar
) -> list[Part]:
    context = multiprocessing.get_context("spawn")
    taken = context.Value("q", 0)
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_share, initargs=(taken,))
    try:
        # The largest first, so that none is left to run alone at the end.
        order = sorted(range(len(jobs)), key=lambda number: -sizes[number])
        running = {pool.submit(_run, jobs[number]): number for number in order}
        parts: dict[int, Part] = {}
        waiting = set(running)
        while waiting:
            done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            bar.advance(taken.value - bar.done, note=f"{len(parts)} of {len(jobs)} files done")
            for future in done:
                parts[running[future]] = future.result()
        bar.advance(taken.value - bar.done, note=f"{len(parts)} of {len(jobs)} files done")
    except BrokenProcessPool:
        raise InputError(
            "a reading process was killed, most likely because memory ran out",
            where="scrape.archive.processes",
            remedy="give a lower number: each process may need 2.3 GB for a dump with a long window",
        ) from None
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return [parts[number] for number in range(len(jobs))]


_taken: Any = None


def _share(taken: Any) -> None:
    """Gives a worker process the counter of bytes that all advance; Ctrl-C is for the parent to act on."""
    global _taken
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _taken = taken


def _run(job: Callable[..., Part]) -> Part:
    return job(_advance)


def _advance(count: int) -> None:
    with _taken.get_lock():
        _taken.value += count

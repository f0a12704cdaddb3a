"""A scrape and filter of dumps that is killed again and again, at moments drawn from a seed: its driver, one of its
processes, a node of its cluster. Whatever was killed, it ends in the same bytes, and no file whose part was whole is
read again.

Each run is a process of its own (``python -m services.killed_scrapes PROJECT OUT``), so that it can be killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from pipeline import params as settings
from pipeline.filter import screen
from pipeline.params import Params
from pipeline.reddit.parts import PARTS
from pipeline.scrape.scrape import scrape
from pipeline.tables import Candidates, Ledger, Posts, scan_table, write_table

TESTS = Path(__file__).resolve().parent.parent
TABLES = ("posts", "ledger", "candidates", "filter_ledger")
# Seconds between two looks at the parts.
LOOK = 0.01


@dataclass(slots=True)
class Drill:
    """What came of it. ``ended``: how many runs ended whole, were killed, or gave up with an error; ``read_again``:
    files that were read although their part was whole; ``differ``: whole runs with other bytes."""

    kills: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    read_again: int = 0
    differ: int = 0

    def summary(self) -> dict[str, Any]:
        return {
            "kills": dict(sorted(self.kills.items())),
            "runs": dict(sorted(self.ended.items())),
            "read_again": self.read_again,
            "differ": self.differ,
            "errors": sorted(set(self.errors)),
        }


def write_project(folder: Path, root: Path, dumps: Path, **raw: Any) -> None:
    """A folder with the params of a run over these dumps."""
    folder.mkdir(parents=True, exist_ok=True)
    params = yaml.safe_load((root / "params.yaml").read_text()) | raw
    params["scrape"] = {"source": "archive", "archive": {"paths": [str(dumps)], "processes": 2}}
    (folder / "params.yaml").write_text(yaml.safe_dump(params))


def run(project: Path, out: Path, screened: bool = True) -> None:
    """Scrape, and filter where that is wanted, in this process; parts are kept, so that they can be looked at."""
    with contextlib.chdir(project):
        _run(settings.load(), out, screened)


def _run(params: Params, out: Path, screened: bool) -> None:
    scrape(params, out, keep=True)
    if not screened:
        return
    candidates, ledger = screen.screen(scan_table(Posts, out / "posts.parquet"), params)
    write_table(Candidates, candidates, out / "candidates.parquet")
    write_table(Ledger, ledger, out / "filter_ledger.parquet")


def hashes(out: Path) -> dict[str, str]:
    tables = [file for file in (out / f"{name}.parquet" for name in TABLES) if file.exists()]
    return {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in tables}


def drill(
    project: Path,
    expected: dict[str, str],
    seconds: float,
    kills: Sequence[str],
    processes: Callable[[int], list[psutil.Process]],
    lose_node: Callable[[], None] = lambda: None,
    seed: int = 1,
    screened: bool = True,
) -> Drill:
    """Kills one after the other, of ``driver``, ``worker`` and ``node``, within the first ``seconds`` after the one
    before; then lets it end. ``processes`` gives those that work for the driver of that process id, ``lose_node`` takes
    a node away; ``screened``: whether runs go on to the filter."""
    found, dice = Drill(), random.Random(seed)
    out = project / "out"
    with _watched(out / PARTS) as seen:
        process: subprocess.Popen[str] | None = None
        for kind in kills:
            process = process or _started(project, out, screened)
            _wait(process, dice.random() * seconds)
            if process.poll() is not None:
                _ended(process, out, expected, seen, found)
                process = _started(project, out, screened)
            if kind == "worker":
                _kill_worker(process, processes, dice)
            elif kind == "node":
                lose_node()
            else:
                process.kill()
                process.wait()
                found.ended["killed"] += 1
                process = None
            found.kills[kind] += 1
        whole = found.ended["whole"]
        while found.ended["whole"] == whole:
            process = process or _started(project, out, screened)
            process.wait()
            _ended(process, out, expected, seen, found)
            process = None
            if len(found.errors) > len(kills):
                raise RuntimeError("\n".join(found.errors))
        found.read_again += sum(len(each) - 1 for each in seen.values())
    return found


def _started(project: Path, out: Path, screened: bool) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.killed_scrapes", str(project), str(out), *["screened"] * screened],
        cwd=TESTS,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def _wait(process: subprocess.Popen[str], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _ended(
    process: subprocess.Popen[str],
    out: Path,
    expected: dict[str, str],
    seen: dict[str, set[tuple[int, int]]],
    found: Drill,
) -> None:
    """Counts a run that ended by itself; after a whole one everything is forgotten, and the next begins anew."""
    said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        found.ended["gave up"] += 1
        found.errors.append(said.strip().splitlines()[-1] if said.strip() else f"status {process.returncode}")
        return
    found.ended["whole"] += 1
    found.differ += hashes(out) != expected
    time.sleep(5 * LOOK)
    found.read_again += sum(len(each) - 1 for each in seen.values())
    seen.clear()
    for file in sorted((out / PARTS).iterdir(), key=lambda file: file.suffix != ".rest"):
        file.unlink()
    time.sleep(5 * LOOK)
    seen.clear()


def _kill_worker(
    process: subprocess.Popen[str], processes: Callable[[int], list[psutil.Process]], dice: random.Random
) -> None:
    """Kills one of the driver's workers, waiting for the first to appear."""
    while process.poll() is None:
        if there := processes(process.pid):
            victim = dice.choice(sorted(there, key=lambda each: each.pid))
            try:
                victim.kill()
                return
            except psutil.NoSuchProcess:
                continue
        time.sleep(LOOK)


def pool_workers(driver: int) -> list[psutil.Process]:
    """The processes that a driver has started on this machine to work."""
    return [each for each in _descendants(driver) if "spawn_main" in " ".join(_command(each))]


def ray_workers(_: int) -> list[psutil.Process]:
    """Workers of Ray that are below this process and at a task."""
    return [each for each in _descendants(os.getpid()) if " ".join(_command(each)).startswith("ray::_do")]


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


class _watched:
    """Notes every form in which the second file of a part was there: written once, it has one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ends = threading.Event()
        self._seen: dict[str, set[tuple[int, int]]] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> dict[str, set[tuple[int, int]]]:
        self._thread.start()
        return self._seen

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ends.wait(LOOK):
            for name, form in self._forms():
                self._seen.setdefault(name, set()).add(form)

    def _forms(self) -> Iterator[tuple[str, tuple[int, int]]]:
        for file in self._folder.glob("*.rest"):
            try:
                about = file.stat()
            except FileNotFoundError:
                continue
            yield file.name, (about.st_ino, about.st_mtime_ns)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), "screened" in sys.argv)

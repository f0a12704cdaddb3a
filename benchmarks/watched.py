"""`dvc repro` watched from outside: seconds and memory of every stage, processor time; killed where that is wanted."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True, slots=True)
class Killed:
    """kill -9 of the whole run in the stage, when ``count`` has grown by ``after`` since the stage began."""

    stage: str
    count: Callable[[], int]
    after: int


@dataclass(slots=True)
class Run:
    """``ended``: whole, failed or killed. ``stages``: seconds and peak memory (MB, of the largest moment of the
    process tree) of each; ``processor_seconds`` of all its processes that ended before it did."""

    ended: str = ""
    seconds: float = 0.0
    processor_seconds: float = 0.0
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    output: str = ""

    def summary(self) -> dict[str, Any]:
        return {
            "ended": self.ended,
            "seconds": round(self.seconds, 1),
            "processor_seconds": round(self.processor_seconds, 1),
            "peak_mb": max((stage.get("peak_mb", 0) for stage in self.stages.values()), default=0),
            "stages": self.stages,
        }


def run(project: Path, environment: dict[str, str], *targets: str, killed: Killed | None = None) -> Run:
    """`dvc repro` of the targets, to its end or until it is killed."""
    done, started, used = Run(), time.monotonic(), _processor()
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", *targets],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    if process.stdout is None:
        raise RuntimeError("no pipe")
    current = ["start"]
    watcher = threading.Thread(target=_watch, args=(process, done, current, killed), daemon=True)
    watcher.start()
    begun, lines = started, []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Running stage"):
            now = time.monotonic()
            done.stages.setdefault(current[0], {})["seconds"] = round(now - begun, 1)
            current[0], begun = line.split("'")[1], now
    failed = process.wait()
    watcher.join()
    done.stages.setdefault(current[0], {})["seconds"] = round(time.monotonic() - begun, 1)
    done.seconds, done.processor_seconds = time.monotonic() - started, _processor() - used
    done.output = "".join(lines)
    done.ended = done.ended or ("failed" if failed else "whole")
    return done


def _watch(process: subprocess.Popen[str], done: Run, current: list[str], killed: Killed | None) -> None:
    before: dict[str, int] = {}
    while process.poll() is None:
        stage = current[0]
        peak = done.stages.setdefault(stage, {})
        peak["peak_mb"] = max(peak.get("peak_mb", 0), round(_memory(process.pid) / 1e6))
        if killed is not None and stage.split("@")[0] == killed.stage:
            count = killed.count()
            if count - before.setdefault(stage, count) >= killed.after:
                done.ended = "killed"
                os.killpg(process.pid, signal.SIGKILL)
                return
        time.sleep(0.2)


def _memory(pid: int) -> int:
    try:
        tree = [psutil.Process(pid)]
        tree += tree[0].children(recursive=True)
    except psutil.Error:
        return 0
    total = 0
    for process in tree:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def _processor() -> float:
    """Processor seconds of all children that have ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

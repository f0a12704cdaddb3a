"""How many processes may work at once: the cores and the memory that this one may use, not those of the machine."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """Cores by affinity (``taskset``, Slurm) and by the quota of a container (cgroup), at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota() or allowed))


def workers(wanted: int, jobs: int, memory: int) -> int:
    """Processes for ``jobs`` that take ``memory`` bytes each: ``wanted``, or where that is 0, as many as there are
    cores and free memory for. At least 1, and no more than there are jobs."""
    if not wanted:
        free = free_memory()
        wanted = min(usable_cores(), max(1, free // memory) if free is not None else usable_cores())
    return max(1, min(wanted, jobs))


def free_memory() -> int | None:
    """Bytes that may still be used, by the machine and by the container's limit; None where nobody says."""
    known = [size for size in (_available(), _left_of_limit()) if size is not None]
    return min(known, default=None)


def _quota() -> int | None:
    """Whole cores of the container's quota; a half one counts as one."""
    text = _read("cpu.max").split()
    if len(text) != 2 or text[0] == "max":
        return None
    return max(1, -(-int(text[0]) // int(text[1])))


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def _left_of_limit() -> int | None:
    limit, used = _read("memory.max").strip(), _read("memory.current").strip()
    return max(0, int(limit) - int(used)) if limit.isdigit() and used.isdigit() else None


def _read(name: str) -> str:
    try:
        return (CGROUP / name).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""

"""How many processes may work at once: the cores and the memory that this one may use, not those of the machine.

Batch systems and containers set limits by control groups, one inside another: those of version 2, and of version 1,
where each controller has a tree of its own. The narrowest limit holds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

GROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
# What version 1 says where there is no limit: a page less than 2^63.
NO_LIMIT = 1 << 62


def usable_cores() -> int:
    """Cores by affinity (``taskset``, Slurm) and by the quotas of control groups, at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([allowed, *_quotas()]))


def workers(wanted: int, jobs: int, memory: int) -> int:
    """Processes for ``jobs`` that take ``memory`` bytes each: ``wanted``, or where that is 0, as many as there are
    cores and free memory for. At least 1, and no more than there are jobs."""
    if not wanted:
        free = free_memory()
        wanted = min(usable_cores(), max(1, free // memory) if free is not None else usable_cores())
    return max(1, min(wanted, jobs))


def free_memory() -> int | None:
    """Bytes that may still be used, by the machine and by every control group; None where nobody says."""
    available = _available()
    return min([*_left(), *([] if available is None else [available])], default=None)


def _quotas() -> Iterator[int]:
    """Whole cores of each quota that holds here; a half one counts as one."""
    for group in _groups("cpu"):
        quota, period = [*_words(group / "cpu.max"), "", ""][:2]
        if not quota:
            quota, period = ("".join(_words(group / f"cpu.cfs_{name}_us")) for name in ("quota", "period"))
        if quota.isdigit() and period.isdigit() and int(period):
            yield max(1, -(-int(quota) // int(period)))


def _left() -> Iterator[int]:
    """Bytes left of each limit. Pages of files that the system may drop are not in use."""
    for group in _groups("memory"):
        for limit, used, dropped in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            most, now = "".join(_words(group / limit)), "".join(_words(group / used))
            if most.isdigit() and now.isdigit() and int(most) < NO_LIMIT:
                yield max(0, int(most) - int(now) + _counted(group / "memory.stat", dropped))


def _groups(controller: str) -> Iterator[Path]:
    """The folders of the control groups that this process is in, from the innermost outwards."""
    for line in _lines(OWN):
        _, names, place = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        inner = PurePosixPath(place.lstrip("/"))
        # Controllers of version 1 that share a tree have links by the name of each.
        root = GROUPS / controller if names else GROUPS
        yield from (root / group for group in (inner, *inner.parents))


def _available() -> int | None:
    found = _counted(Path("/proc/meminfo"), "MemAvailable:")
    return found * 1024 or None


def _counted(file: Path, name: str) -> int:
    """The number after a name in a file of such lines; 0 where it is not there."""
    return next((int(words[1]) for line in _lines(file) if (words := line.split())[0] == name), 0)


def _words(file: Path) -> list[str]:
    return " ".join(_lines(file)).split()


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text(encoding="ascii").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        return []

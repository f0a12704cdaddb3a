"""Readers of dumps that are killed in the middle of one, as the system kills them; in processes of their own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from pipeline.reddit import archive, saved

_scan = saved.scan


def prepare(log: str, dies_at: str) -> None:
    """Every dump that is begun is a line of ``log``; who first comes to the one called ``dies_at`` is killed there,
    with half a part written."""

    def scan(file, source, wanted, part, advance):
        with open(log, "a", encoding="utf-8") as lines:
            lines.write(f"{source}\n")
        marker = Path(f"{log}.{source}")
        if source == dies_at and not marker.exists():
            marker.touch()
            part.write_bytes(b"half a part")
            os.kill(os.getpid(), signal.SIGKILL)
        return _scan(file, source, wanted, part, advance)

    saved.scan = scan


def read_alone(log: str, dies_at: str, paths: list[str], wanted, work: Path) -> None:
    """A whole run in one process, which dies."""
    prepare(log, dies_at)
    archive.read(paths, wanted, work, 1)

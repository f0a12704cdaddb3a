"""Who does what grows with the archive (reading dumps, looking at texts): processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor

from pipeline.params.posts import Run
from pipeline.pools.engines import ENGINES
from pipeline.pools.kind import Work

__all__ = ["ENGINES", "Work", "opener"]


def opener(run: Run, work: Work) -> Callable[[], Executor] | None:
    """What opens the executor that params name for some work; None for processes of this machine."""
    open_ = ENGINES.entry(run.engine).open
    return None if open_ is None else lambda: open_(run, work)

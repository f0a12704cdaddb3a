"""What an engine is: something of the shape of ``concurrent.futures`` that does tasks.

An engine is one file in ``pipeline/pools/engines``; the file's name is its name in ``params.run.engine``. Tasks are
functions of modules with what they are given; what they give depends on that alone, so that any engine gives the same
tables. A task may be done twice (its machine was lost), and must not mind.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.params.posts import Run


class Work(NamedTuple):
    """``doing`` is the word for it; ``memory`` the bytes that a task takes at most."""

    doing: str
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """``open`` gives an executor, or raises InputError where it cannot be used; None: the step's own processes."""

    meaning: str
    open: Callable[[Run, Work], Executor] | None

"""What a reader of answers is: it knows the files that are its own, and gives them as raw tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

# Number of a row in its file, in every raw table.
ROW = "_row"


@dataclass(slots=True)
class Raw:
    """Tables by the names of ``contract.TABLES``, each with the column ROW, and the file that each one is from."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reader:
    """``says``: what it reads, for people. ``knows``: whether a path is such a thing. ``read``: its raw tables;
    InputError where it cannot be read."""

    says: str
    knows: Callable[[Path], bool]
    read: Callable[[Path], Raw]

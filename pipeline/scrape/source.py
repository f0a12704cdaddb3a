"""What a source of posts is: how it is read into parts.

A source is one file in ``pipeline/scrape/sources``; the file's name is its name in ``params.scrape.source``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.params import Params
from pipeline.reddit.parts import Part

# Ledger rows (tables.ScrapeLedger) about what is in no part.
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """``read`` makes parts in a folder; ``meaning`` says where the posts come from, in a sentence "read from ..."."""

    meaning: str
    read: Callable[[Params, Path], tuple[list[Part], Rows]]

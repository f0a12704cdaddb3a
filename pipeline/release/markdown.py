"""Markdown of the release's documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; numbers stand to the right."""
    rows = [*rows]
    body = [[_cell(cell) for cell in row] for row in rows]
    right = [bool(rows) and all(isinstance(row[i], int) for row in rows) for i in range(len(header))]
    lines = [[*header], ["---:" if r else "---" for r in right], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _cell(cell: Any) -> str:
    """A cell on one line. Names of models and reasons come from others: no HTML of theirs is a page's."""
    if isinstance(cell, int):
        return f"{cell:,}"
    return " ".join(str(cell).split()).replace("<", "&lt;").replace("|", r"\|")

"""Markdown of the release's documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

# Around what a release says because it holds no texts: a hydrated copy, which does, says something else there. Readers
# of the page do not see them.
_WITHHELD = re.compile(r"<!-- withheld:(\w+) -->(.*?)<!-- /withheld -->", re.DOTALL)
_WORDS = "no one two three four five six seven eight nine ten eleven twelve".split()


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


def in_words(number: int) -> str:
    """A number as running text has it: words up to twelve, digits beyond."""
    return _WORDS[number] if 0 <= number < len(_WORDS) else f"{number:,}"


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 scenario``, ``2 scenarios``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def times(counts: Collection[int]) -> str:
    """How often: ``twice``, or ``three to four times`` where the counts differ."""
    low, high = min(counts), max(counts)
    return ("never", "once", "twice")[low] if low == high <= 2 else f"{between(counts)} times"


def between(counts: Collection[int]) -> str:
    """``two``, or ``one to three`` where the counts differ."""
    low, high = min(counts), max(counts)
    return in_words(low) if low == high else f"{in_words(low)} to {in_words(high)}"


def withheld(name: str, text: str) -> str:
    """The text as one that is only true while the texts of posts are withheld. At the beginning of a line it has to be
    a paragraph of its own."""
    return f"<!-- withheld:{name} -->{text}<!-- /withheld -->"


def replaced(card: str, said: Mapping[str, str]) -> str:
    """The card with ``said`` in the place of such texts, by their names; one without a word for it stays."""
    return _WITHHELD.sub(lambda found: said.get(found[1], found[2]), card)

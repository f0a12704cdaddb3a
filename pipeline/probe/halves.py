"""The texts that are asked about, cut in two."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from pipeline.core.seeding import seeded_hash

_BLANK = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Text:
    """A text in two halves."""

    scenario_id: str
    category: str
    first: str
    second: str

    @property
    def whole(self) -> str:
        """Both halves."""
        return f"{self.first} {self.second}"

    @property
    def words(self) -> int:
        """How long the second half is."""
        return len(self.second.split())


def draw(scenarios: pl.DataFrame, most: int, seed: int) -> list[Text]:
    """At most so many texts, the categories in turn, in the order of their ids. A category that runs out gives its
    places to the others; the same seed and a larger number keep all that were drawn."""
    rows = scenarios.select("scenario_id", "category", "text").rows()
    shuffled = sorted(rows, key=lambda row: seeded_hash(seed, "probe", row[0]))
    turns: dict[str, int] = {}
    placed = []
    for row in shuffled:
        turns[row[1]] = turns.get(row[1], 0) + 1
        placed.append((turns[row[1]], row[1], row))
    drawn = [row for *_, row in sorted(placed, key=lambda one: one[:2])[:most]]
    return [Text(scenario, category, *cut(text)) for scenario, category, text in sorted(drawn)]


def cut(text: str) -> tuple[str, str]:
    """The text in two, at the first blank behind its middle."""
    middle = len(text) // 2
    found = _BLANK.search(text, middle)
    return (text[: found.start()], text[found.end() :]) if found else (text[:middle], text[middle:])

"""Whose turn it is: candidates are asked about in rounds, each category from its first rank on, until it is full.

How many a round takes decides how fast a run is and how many votes it buys that it did not need, and nothing else: what
comes of the candidates is read off the votes in the order of ranks (``pipeline.judge.outcome``).
"""

from __future__ import annotations

import math

import polars as pl

from pipeline.params import Params

# Times as many as all rounds before it that a round may ask for.
GROWTH = 4


def places(params: Params) -> int:
    """Scenarios that a category has room for, reserves included."""
    return params.quota.per_category + params.quota.reserve


def in_turn(candidates: pl.DataFrame) -> pl.DataFrame:
    """Candidates in the order of ranks, with ``turn``: their place in it, from 1. Ranks have holes where posts were
    taken back."""
    ordered = candidates.sort("category", "rank")
    return ordered.with_columns(turn=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("category"))


class Turns:
    """How far each category has come: ``asked`` and ``accepted`` count candidates, ``supply`` is how many there are, or
    how many may be asked about."""

    def __init__(self, candidates: pl.DataFrame, params: Params) -> None:
        self._candidates = in_turn(candidates)
        self._places = places(params)
        limit = params.judge.max_candidates
        there = dict(candidates.group_by("category").len().iter_rows())
        self.supply: dict[str, int] = {
            category: min(there.get(category, 0), limit or there.get(category, 0))
            for category in params.categories
        }
        self.asked = dict.fromkeys(self.supply, 0)
        self.accepted = dict.fromkeys(self.supply, 0)

    def missing(self, category: str) -> int:
        return max(0, self._places - self.accepted[category])

    def left(self, category: str) -> int:
        """Candidates whose turn may still come; 0 where the category is full."""
        return self.supply[category] - self.asked[category] if self.missing(category) else 0

    def following(self, sizes: dict[str, int]) -> pl.DataFrame:
        """The next so many candidates of each category."""
        first = pl.col("category").replace_strict(self.asked, return_dtype=pl.Int64)
        last = first + pl.col("category").replace_strict(sizes, default=0, return_dtype=pl.Int64)
        return self._candidates.filter(pl.col("turn").is_between(first, last, closed="right")).drop("turn")

    def next(self) -> pl.DataFrame:
        """The candidates of the next round; none when every category is full or used up."""
        return self.following(self.sizes())

    def sizes(self) -> dict[str, int]:
        """How many candidates of each category the next round takes."""
        return {category: self._size(category) for category in self.supply}

    def take(self, asked: pl.DataFrame, accepted: pl.DataFrame) -> None:
        """Notes what a round came to: the candidates asked about, and those of them that were accepted."""
        for counts, table in ((self.asked, asked), (self.accepted, accepted)):
            for category, count in table.group_by("category").len().iter_rows():
                counts[category] += count

    def tell(self) -> str:
        """In words, for whoever watches."""
        return "; ".join(
            f"{category}: {self.accepted[category]:,} of {self._places:,} from {self.asked[category]:,}"
            for category in self.supply
        )

    def _size(self, category: str) -> int:
        asked = self.asked[category]
        # The first round cannot ask for too much; each later one is bounded, since what it goes by is an estimate.
        size = self._places
        if asked:
            size = min(expected(self.missing(category), self.accepted[category], asked), GROWTH * asked)
        return min(size, self.left(category))


def expected(missing: int, accepted: int, asked: int) -> int:
    """Candidates from which ``missing`` more are accepted, at the rate seen so far and with a margin of one standard
    deviation, so that few rounds are needed for the last places."""
    rate = (accepted + 1) / (asked + 2)  # Laplace's rule of succession
    return math.ceil((missing + math.sqrt(missing)) / rate)

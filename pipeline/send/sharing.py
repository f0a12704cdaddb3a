"""A round dealt out among more raters than judge an item: a balanced incomplete design, item by item.

Every item goes to as many raters as it wants. Each kind of item, the time that it takes and, above all, the number of
items that two raters share are kept as even as they go: each pair then says as much of agreement as any other. Designs
that are exact exist for some numbers only (Fano's plane for seven raters and three an item); this deal takes any.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item for ``raters`` raters; those of a ``kind`` are spread evenly, ``seconds`` is what each takes."""

    item_id: str
    kind: str
    raters: int
    seconds: float


@dataclass
class _Given:
    """What each rater has so far; raters are numbered from 1."""

    items: Counter[tuple[int, str]] = field(default_factory=Counter)
    seconds: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    shared: Counter[frozenset[int]] = field(default_factory=Counter)

    def give(self, one: Wanted, raters: Iterable[int]) -> None:
        raters = list(raters)
        for rater in raters:
            self.items[rater, one.kind] += 1
            self.seconds[rater] += one.seconds
        self.shared.update(map(frozenset, combinations(raters, 2)))

    def next(self, kind: str, chosen: Collection[int], everybody: Iterable[int]) -> int:
        """The first rater of an item is one who has fewest of its kind. The others share fewest items with those
        chosen, among all who have one of the kind more than that at most."""
        everybody = list(everybody)
        least = min(self.items[rater, kind] for rater in everybody)

        def rank(rater: int) -> tuple[float, ...]:
            mine = self.items[rater, kind]
            with_them = sum(self.shared[frozenset((rater, one))] for one in chosen)
            return (max(0, mine - least - 1) if chosen else mine, with_them, mine, self.seconds[rater], rater)

        return min((rater for rater in everybody if rater not in chosen), key=rank)


def deal(
    items: Iterable[Wanted], people: int, fixed: Mapping[str, Collection[int]] | None = None
) -> dict[str, tuple[int, ...]]:
    """The raters (1 to ``people``) of each item. ``fixed`` are those whom an item has already, and keeps.

    The same items give the same deal, whatever their order. Of the 597 items of the paper's round, three raters
    each, two raters share numbers that differ by two at most, whoever they are of 3 to 30, and the longest share takes
    4 % longer than the shortest.
    """
    given, dealt, kept = _Given(), dict[str, tuple[int, ...]](), fixed or {}
    # What is fixed comes first, and the longest before the shorter ones, which even out the time.
    for one in sorted(
        items, key=lambda one: (one.item_id not in kept, one.kind, -one.raters, -one.seconds, one.item_id)
    ):
        raters = list(kept.get(one.item_id, ()))
        while len(raters) < min(one.raters, people):
            raters.append(given.next(one.kind, raters, range(1, people + 1)))
        given.give(one, raters)
        dealt[one.item_id] = tuple(sorted(raters))
    return dealt


def overlap(dealt: Iterable[Collection[int]], people: int) -> tuple[int, int]:
    """How many items two raters share, at least and at most, over all pairs of ``people``; zeros for one rater."""
    shared = Counter(frozenset(pair) for raters in dealt for pair in combinations(raters, 2))
    each = [shared[frozenset(pair)] for pair in combinations(range(1, people + 1), 2)]
    return min(each, default=0), max(each, default=0)

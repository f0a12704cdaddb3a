"""What each dilemma is written from: a category, what is at stake, and two values that pull in different directions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from pipeline.core.seeding import seeded_hash
from pipeline.params import Params
from pipeline.values import Inventory, Value


@dataclass(frozen=True, slots=True)
class Seed:
    """A seed; ``number`` counts those of a category from 1, ``repeat`` those before it that read the same."""

    category: str
    number: int
    stakes: str
    values: tuple[Value, Value]
    repeat: int


def seeds(params: Params) -> Iterator[Seed]:
    """Of each category ``author.per_category`` seeds. Pairs of values come in a seeded order, each once before any
    comes again, and the stakes take turns; so every head of the list is as balanced as it can be, and a longer list
    begins with the shorter one."""
    settings = params.author
    for category in params.categories:
        pairs = sorted(
            tensions(params.values),
            key=lambda pair: seeded_hash(params.seed, f"author {category}", f"{pair[0].slug} {pair[1].slug}"),
        )
        for number in range(settings.per_category):
            turn, place = divmod(number, len(pairs))
            # Where pairs come again, they come with other stakes first.
            stakes = settings.stakes[(place + turn) % len(settings.stakes)]
            yield Seed(category, number + 1, stakes, pairs[place], turn // len(settings.stakes))


def tensions(inventory: Inventory) -> list[tuple[Value, Value]]:
    """Pairs of values that conflict: on a circle all but neighbours, else all."""
    values = list(inventory.values)
    last = len(values) - 1
    pairs = combinations(range(len(values)), 2)
    if not inventory.circle:
        return [(values[a], values[b]) for a, b in pairs]
    return [(values[a], values[b]) for a, b in pairs if b - a not in (1, last)]

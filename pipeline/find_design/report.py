"""How even a design is, counted from its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from pipeline.designs import Design, Place


@dataclass(frozen=True, slots=True)
class Spread:
    """The least and the most that a count comes to, over ``places`` that a total falls on."""

    what: str
    least: int
    most: int
    total: int
    places: int

    @property
    def equal(self) -> bool:
        return self.least == self.most

    @property
    def best(self) -> bool:
        """As even as whole numbers allow."""
        return self.most <= -(-self.total // self.places) and self.least >= self.total // self.places

    def __str__(self) -> str:
        times = f"{self.least} times" if self.equal else f"{self.least} to {self.most} times"
        note = (
            "" if self.equal else " (no whole number is equal)" if self.best else " (not as even as could be)"
        )
        return f"{self.what}: {times}{note}"


def spreads(design: Design) -> Iterator[Spread]:
    """Every count that a design keeps even, over one cycle."""
    shown = [(p, o) for row in design.rows for question in row for p, o in enumerate(question)]
    targets = [(p, o) for p, o in shown if o.target]
    slots, positions = range(design.values), range(design.options)
    makers = sorted({(o.generator, o.stance) for _, o in shown})
    asked_of = sorted({(o.generator, o.stance) for _, o in targets})
    if any(len({option.slot for option in question}) > 1 for row in design.rows for question in row):
        met = Counter(
            pair
            for row in design.rows
            for question in row
            for pair in combinations(sorted({option.slot for option in question}), 2)
        )
        yield _spread("two values meet", met, list(combinations(slots, 2)))
    yield _count("a value is shown", shown, lambda p, o: o.slot, list(slots))
    yield _count(
        "a value stands at a position", shown, lambda p, o: (o.slot, p), list(product(slots, positions))
    )
    yield _count(
        "a generator and stance stand at a position",
        shown,
        lambda p, o: ((o.generator, o.stance), p),
        list(product(makers, positions)),
    )
    yield _count("a value is the target", targets, lambda p, o: o.slot, list(slots))
    yield _count("a generator writes the target", targets, lambda p, o: (o.generator, o.stance), asked_of)
    yield _count("a position holds the target", targets, lambda p, o: p, list(positions))


def text(design: Design, unproved: Sequence[str] = ()) -> str:
    """The report in lines; ``unproved`` steps may have better solutions that were not found."""
    lines = [str(spread) for spread in spreads(design)]
    if unproved:
        lines.append(f"Not proved to be the best that there is: {', '.join(unproved)}.")
    return "\n".join(lines)


def _count(
    what: str,
    options: Sequence[tuple[int, Place]],
    key: Callable[[int, Place], Hashable],
    places: Sequence[Hashable],
) -> Spread:
    return _spread(what, Counter(key(p, o) for p, o in options), places)


def _spread(what: str, counted: Mapping[Any, int], places: Sequence[Hashable]) -> Spread:
    times = [counted.get(place, 0) for place in places]
    return Spread(what, min(times), max(times), sum(times), len(times))

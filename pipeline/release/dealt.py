"""What a release's questions were dealt from: the values of its inventory, and the design of the questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import polars as pl

from pipeline.designs import Design, load
from pipeline.params import Params
from pipeline.release.fields import fields


@dataclass(frozen=True)
class Dealt:
    """Values (slugs in the inventory's order) and a design, with what the design says of a whole cycle.

    ``meetings``: how often two values stand in one question; ``at_positions``: how often a value stands at a position;
    ``targets``: how often it is the target. Each has a count for every pair, value and position, or value, sorted:
    which value stands for which slot turns from cycle to cycle.
    """

    values: tuple[str, ...]
    design: Design

    @classmethod
    def of(cls, params: Params) -> Dealt:
        return cls(params.values.slugs, load(params.assemble.design))

    @cached_property
    def meetings(self) -> list[int]:
        met = Counter(
            pair
            for row in self.design.rows
            for question in row
            for pair in combinations(sorted({place.slot for place in question}), 2)
        )
        return sorted(met[pair] for pair in combinations(range(self.design.values), 2))

    @cached_property
    def at_positions(self) -> list[int]:
        stands = Counter(
            (place.slot, position)
            for row in self.design.rows
            for question in row
            for position, place in enumerate(question)
        )
        slots, positions = range(self.design.values), range(self.design.options)
        return sorted(stands[slot, position] for slot in slots for position in positions)

    @cached_property
    def targets(self) -> list[int]:
        aimed = Counter(p.slot for row in self.design.rows for question in row for p in question if p.target)
        return sorted(aimed[slot] for slot in range(self.design.values))

    @cached_property
    def of_a_generator(self) -> list[int]:
        """How many options of a question are each generator's, over all questions."""
        return sorted(
            sum(place.generator == generator for place in question)
            for row in self.design.rows
            for question in row
            for generator in range(self.design.generators)
        )

    @cached_property
    def at_one_position(self) -> int:
        """How often, at most, a value stands at one position within a scenario."""
        return max(
            count
            for row in self.design.rows
            for count in Counter((p.slot, at) for question in row for at, p in enumerate(question)).values()
        )


def strange_values(config: str, table: pl.DataFrame, values: tuple[str, ...]) -> Iterator[str]:
    """A sentence for each column of a config that holds what is neither a value nor a code of its own."""
    for field in fields(config):
        if not field.values:
            continue
        outer, _, inner = field.name.partition("[].")
        column = table[outer].explode().struct.field(inner) if inner else table[outer]
        strange = sorted(set(column.drop_nulls().unique()) - {*values, *field.vocabulary})
        if strange:
            yield f"{field.name} holds {strange[0]!r}, which is no value of the release"

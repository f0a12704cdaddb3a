"""Aggregates of a column as numbers: polars types them as anything that a column can hold."""

from __future__ import annotations

from pipeline.core.invariants import InvariantError


def whole(aggregate: object) -> int:
    """A minimum, maximum or count of whole numbers; InvariantError where there was no row to take it of."""
    if isinstance(aggregate, int):
        return aggregate
    raise InvariantError(f"a whole number was expected of a column, but {aggregate!r} came")


def real(aggregate: object) -> float:
    """A mean, median or share; InvariantError where there was no row to take it of."""
    if isinstance(aggregate, int | float):
        return float(aggregate)
    raise InvariantError(f"a number was expected of a column, but {aggregate!r} came")

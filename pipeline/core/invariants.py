"""What our own code promises: rows are neither lost nor invented, and what must be there is there.

Where a promise is broken the data are wrong whoever runs us, so this is no error that the user could mend.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Thing = TypeVar("Thing")


class InvariantError(Exception):
    """A defect of ours: it keeps its traceback, and nothing that it stopped was written."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}. This is a defect of ValAct: please report it with this message")


def nothing_vanishes(step: str, unit: str, came_in: int, went_out: Mapping[str, int]) -> None:
    """Raises InvariantError where as many ``unit`` as came in did not go out, and says what was lost or invented.

    ``went_out`` has the counts by where they went: ``{"candidates": 90, "ledger": 10}``.
    """
    out = sum(went_out.values())
    if came_in == out:
        return
    fate = "lost" if came_in > out else "invented"
    parts = " + ".join(f"{count:,} {where}" for where, count in went_out.items())
    raise InvariantError(
        f"{step} {fate} {abs(came_in - out):,} {unit}: {came_in:,} came in, {out:,} went out ({parts})"
    )


def holds(promise: bool, message: str) -> None:
    """Raises InvariantError with the message where the promise does not hold."""
    if not promise:
        raise InvariantError(message)


def given(thing: Thing | None, what: str) -> Thing:
    """The thing, which our code has made sure of before; InvariantError that names ``what`` where it is None."""
    if thing is None:
        raise InvariantError(f"{what} is missing")
    return thing

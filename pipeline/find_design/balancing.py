"""Integer programs of one kind: a yes or no for each of many choices, and counts that shall be as even as possible.

Solved exactly by HiGHS (Huangfu and Hall, Mathematical Programming Computation 10, 2018), as scipy brings it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_matrix

from pipeline.core.errors import InputError
from pipeline.find_design.numbers import shares

SOLVE_ERROR = 4


class Balancing:
    """Choices 0, 1, ..., rules that hold, and counts that are held to as far as possible."""

    def __init__(self, choices: int) -> None:
        self.choices, self.slacks = choices, 0
        self._entries: list[tuple[int, int, float]] = []
        self._low: list[float] = []
        self._high: list[float] = []
        self._first: list[float] = []
        self._second: list[float] = []

    def exactly(self, groups: Iterable[Sequence[int]], times: int = 1) -> None:
        """Of each group of choices so many are taken."""
        for group in groups:
            self._row(group, times, times)

    def at_most_one(self, groups: Iterable[Sequence[int]]) -> None:
        for group in groups:
            self._row(group, 0, 1)

    def at_least_one(self, groups: Iterable[Sequence[int]]) -> None:
        for group in groups:
            self._row(group, 1, len(group))

    def never(self, choices: Sequence[int]) -> None:
        if choices:
            self._row(choices, 0, 0)

    def even(
        self, groups: Sequence[Sequence[int]], total: int, weight: float = 1.0, *, second: bool = False
    ) -> None:
        """Each group has its even share of a total, rounded down or up; each one too few or many costs ``weight``.

        What comes ``second`` is made as even as the best of the others allows.
        """
        low, high = shares(total, len(groups))
        for group in groups:
            less, more = self.choices + self.slacks, self.choices + self.slacks + 1
            self.slacks += 2
            self._first += [0.0 if second else weight] * 2
            self._second += [weight if second else 0.0] * 2
            row = self._row(group, low, high)
            self._entries += [(row, less, 1.0), (row, more, -1.0)]

    def solve(self, seconds: float) -> tuple[list[bool], bool]:
        """Which choices are taken, and whether no others are more even (second counts left out).

        InputError where nothing was found in the time.
        """
        end = time.monotonic() + seconds
        first, second = (
            np.concatenate([np.zeros(self.choices), cost]) for cost in (self._first, self._second)
        )
        best = self._milp(first, [], seconds)
        if best.x is None:
            raise InputError(
                f"the integer program has no solution in {seconds:.0f} s",
                where="the design",
                remedy="give it more time (--seconds), or choose other numbers",
            )
        taken = best.x
        if best.status == 0 and second.any():
            keep = LinearConstraint(first, -np.inf, best.fun + 1e-6)
            better = self._milp(second, [keep], end - time.monotonic())
            taken = taken if better.x is None else better.x
        return [bool(x > 0.5) for x in taken[: self.choices]], best.status == 0

    def _milp(
        self, costs: NDArray[np.float64], more: list[LinearConstraint], seconds: float
    ) -> OptimizeResult:
        columns = self.choices + self.slacks
        rows, places, factors = zip(*self._entries, strict=True)
        matrix = coo_matrix((factors, (rows, places)), shape=(len(self._low), columns)).tocsr()
        top = np.concatenate([np.ones(self.choices), np.full(self.slacks, np.inf)])
        result = OptimizeResult(status=SOLVE_ERROR)
        for presolve in (True, False):
            if result.status != SOLVE_ERROR:
                break
            # On some small programs HiGHS ends with a solve error of its own, and solves them without presolving.
            result = milp(
                costs,
                constraints=[LinearConstraint(matrix, self._low, self._high), *more],
                integrality=np.concatenate([np.ones(self.choices), np.zeros(self.slacks)]),
                bounds=Bounds(np.zeros(columns), top),
                options={"time_limit": max(seconds, 1.0), "presolve": presolve},
            )
        return result

    def _row(self, choices: Sequence[int], low: float, high: float) -> int:
        row = len(self._low)
        self._entries += [(row, choice, 1.0) for choice in choices]
        self._low.append(low)
        self._high.append(high)
        return row


def grouped(keys: Sequence[Hashable]) -> list[list[int]]:
    """Places of equal keys, in the order of their first."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        found[key].append(place)
    return list(found.values())

"""Which cells each form of the lens has: even over countries, topics and values, with every cell used about as often.

Scenarios follow one another along the diagonals of countries x topics (``diagonals``), so that any run of them, and so
a form, has countries and topics about equally often. Which values a form has in its scenarios is a transportation
problem (Hitchcock 1941): so many cells from each scenario, each value equally often within one, none twice, and of all
such choices one whose cells were used least so far. Its vertices are whole numbers. Where pairs are missing not all of
this can be had, and a value may stand in a form once more or less, or cells be used unevenly; ``pipeline.forms.cells``
counts what was reached.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment, linprog

from pipeline.core.seeding import seeded_hash
from pipeline.statistics.resampling import Array

# How a pair is shown: its levels, such as the value named and the expressing action first.
Arm = tuple[bool, str]
# What it costs to show a value once more, or less, than evenly, in uses of a cell.
_UNEVEN = 1.5
# What other cells of one use cost more or less by lot, and values that forms had more often so far.
_LOT, _VALUE = 1e-4, 1e-2


def diagonals(at: Mapping[tuple[str, str], str], seed: int) -> list[str]:
    """Scenarios, given by country and topic, along the diagonals of the two, either in seeded order.

    A step goes on to the next country and the next topic; after as many steps as bring both back at once it goes on
    by one topic more, and so comes everywhere.
    """
    countries, topics = (
        sorted({place[axis] for place in at}, key=lambda level: seeded_hash(seed, "forms: level", level))
        for axis in (0, 1)
    )
    back = math.lcm(len(countries), len(topics))
    walk = (
        (countries[step % len(countries)], topics[(step + step // back) % len(topics)])
        for step in range(len(countries) * len(topics))
    )
    return [at[place] for place in walk if place in at]


def deal(
    order: Sequence[str], values: Mapping[str, Sequence[str]], forms: int, size: int, seed: int
) -> list[list[tuple[str, str]]]:
    """Scenario and value of the ``size`` cells of each form. ``order``: the scenarios, which take turns; ``values``:
    those of each, at least as many as it has turns in one form."""
    uses: Counter[tuple[str, str]] = Counter()
    dealt = []
    for form in range(forms):
        turns = Counter(order[turn % len(order)] for turn in range(form * size, (form + 1) * size))
        cells = [(scenario, value) for scenario in turns for value in values[scenario]]
        lots = [seeded_hash(seed, f"forms: cell of form {form}", f"{s}.{v}") / 2**64 for s, v in cells]
        shown: Counter[str] = Counter()
        for (_, value), times in uses.items():
            shown[value] += times
        costs = [
            uses[cell] + _VALUE * shown[cell[1]] + _LOT * lot for cell, lot in zip(cells, lots, strict=True)
        ]
        chosen = _choose(cells, turns, np.array(costs))
        uses.update(chosen)
        dealt.append(chosen)
    return dealt


def arms(
    dealt: Sequence[Sequence[tuple[str, str]]], arms: Sequence[Arm], seed: int
) -> list[dict[tuple[str, str], Arm]]:
    """Which of the ``arms`` each cell of each form is shown in: equally many cells in each, within one, and each level
    of an arm as often as the others with a cell, and with a value, over all forms so far."""
    uses: Counter[tuple[object, int, object]] = Counter()
    found = []
    for form, cells in enumerate(dealt):
        places = [arms[(form + place) % len(arms)] for place in range(len(cells))]
        costs = [
            [
                sum(
                    2 * uses[cell, axis, level] + uses[cell[1], axis, level] for axis, level in enumerate(arm)
                )
                + seeded_hash(seed, f"forms: arm of form {form}", f"{cell} {place}") / 2**65
                for place, arm in enumerate(places)
            ]
            for cell in cells
        ]
        of = {cells[row]: places[place] for row, place in zip(*linear_sum_assignment(costs), strict=True)}
        uses.update(
            (part, axis, level)
            for cell, arm in of.items()
            for part in (cell, cell[1])
            for axis, level in enumerate(arm)
        )
        found.append(of)
    return found


def _choose(
    cells: Sequence[tuple[str, str]], turns: Mapping[str, int], costs: Array
) -> list[tuple[str, str]]:
    """The cheapest cells: of each scenario as many as it has turns, of each value an equal number within one."""
    values = sorted({value for _, value in cells})
    of_scenario = _marks([scenario for scenario, _ in cells], list(turns))
    of_value = _marks([value for _, value in cells], values)
    even, more = divmod(sum(turns.values()), len(values))
    # Beside the cells: for each value, how many it has above the upper and below the lower number.
    beyond, nothing = np.eye(len(values)), np.zeros((len(values), len(values)))
    found = linprog(
        np.concatenate([costs, np.full(2 * len(values), _UNEVEN)]),
        A_ub=np.block([[of_value, -beyond, nothing], [-of_value, nothing, -beyond]]),
        b_ub=np.repeat([even + (more > 0), -even], len(values)),
        A_eq=np.hstack([of_scenario, np.zeros((len(turns), 2 * len(values)))]),
        b_eq=np.array(list(turns.values())),
        bounds=[(0, 1)] * len(cells) + [(0, None)] * (2 * len(values)),
        method="highs-ds",
    )
    return [cell for cell, share in zip(cells, found.x, strict=False) if share > 0.5]


def _marks(of: Iterable[str], names: Sequence[str]) -> Array:
    """Which of the cells is of which name (names x cells)."""
    return (np.array(names)[:, None] == np.array(list(of))[None, :]).astype(float)

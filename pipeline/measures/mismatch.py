"""In which cells statement and action part, and which values they part most on."""

from __future__ import annotations

import numpy as np

from pipeline.measures.cells import Cells
from pipeline.measures.contingency import ACTED_ONLY, BOTH, NEITHER, STATED_ONLY
from pipeline.measures.gaps import table
from pipeline.statistics.resampling import Array, Index
from pipeline.tables.waist import TOLERANCE


def mismatches(cells: Cells) -> dict[str, int]:
    """Counts of cells, named by what they are: the published table has the headings of the first two exchanged.

    ``at_middle``: of all, cells whose V is .5, which count as disagreement.
    """
    n = table(cells).sum(axis=0).astype(int)
    return {
        "states_agrees_acts_against": int(n[ACTED_ONLY]),
        "states_against_acts_for": int(n[STATED_ONLY]),
        "both_disagree": int(n[BOTH]),
        "both_agree": int(n[NEITHER]),
        "at_middle": int((np.abs(cells.stated[cells.there] - 0.5) <= TOLERANCE).sum()),
    }


def distance_by_value(cells: Cells) -> Array:
    """Mean of |V - A| over scenarios, by value: absolute first, mean second; nan where a value has no cell."""
    n = cells.there.sum(axis=0)
    total = np.nansum(np.abs(cells.stated - cells.acted), axis=0)
    return np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)


def ranking(distance: Array) -> Index:
    """Rank of each value, the largest distance first from 1; equal distances share the smallest. 0 without distance."""
    known = np.isfinite(distance)
    ranks = (distance[known][None, :] > distance[:, None] + TOLERANCE).sum(axis=1) + 1
    return np.where(known, ranks, 0).astype(np.int64)


def subtracted_by_group(cells: Cells, groups: Index) -> float:
    """Mean over groups and values of |mean V - mean A|: as the authors' heat maps do it, where gaps of opposite signs
    cancel. For comparison with them only."""
    parts = []
    for group in np.unique(groups):
        mine = groups == group
        with np.errstate(invalid="ignore"):
            n = cells.there[mine].sum(axis=0)
            apart = np.nansum(cells.stated[mine] - cells.acted[mine], axis=0)
        parts.append(np.abs(np.divide(apart, n, out=np.full(len(n), np.nan), where=n > 0)))
    return float(np.nanmean(np.array(parts)))

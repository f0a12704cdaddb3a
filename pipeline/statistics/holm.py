"""Holm's correction (S. Holm, Scandinavian Journal of Statistics 6, 1979): it holds whatever tests have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float | None]) -> list[float | None]:
    """The p values of one family, corrected; None stays None and counts as no test.

    The smallest of m is multiplied by m, the next by m - 1 and so on; none is less than one before it, or above 1.
    As statsmodels' ``multipletests`` has it, which collects the garbage of the whole process at each call: a third of
    the time that stage analyse took.
    """
    there = [n for n, one in enumerate(p) if one is not None]
    known = np.array([p[n] for n in there], dtype=float)
    order = np.argsort(known)
    raised = np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1))
    corrected: list[float | None] = [None] * len(p)
    for place, one in zip(order, raised, strict=True):
        corrected[there[place]] = min(1.0, float(one))
    return corrected

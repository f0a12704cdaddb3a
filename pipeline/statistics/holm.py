"""Holm's correction (S. Holm, Scandinavian Journal of Statistics 6, 1979): it holds whatever tests have in common."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p: Sequence[float | None]) -> list[float | None]:
    """The p values of one family, corrected; None stays None and counts as no test."""
    from statsmodels.stats.multitest import multipletests

    there = [n for n, one in enumerate(p) if one is not None]
    corrected: list[float | None] = [None] * len(p)
    if there:
        for n, one in zip(there, multipletests([p[n] for n in there], method="holm")[1], strict=True):
            corrected[n] = float(one)
    return corrected

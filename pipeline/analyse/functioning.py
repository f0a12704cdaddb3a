"""Differential functioning: do people and models who prefer a value equally choose its action equally often?

The test of Mantel and Haenszel (1959) for each option of a question: respondents in strata of equal preference for the
option's value, group by choice in each. Questions that differ are taken out of the preference, which is then
estimated again (purification: P. W. Holland and D. T. Thayer, in "Test Validity", 1988).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.statistics.resampling import Array, Index

STRATA = 4
# Members of each group who answered a question; fewer say nothing of a difference.
FEW = 10
ROUNDS = 3
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Functioning:
    """By question: the smallest p of its options times their number, and that option's odds ratio, models to people;
    nan where too few answered."""

    p: Array
    odds: Array


def functioning(chosen: Array, values: Index, models: NDArray[np.bool_], size: int) -> Functioning:
    """``chosen`` (respondents x questions x options) are shares of each respondent's answers, nan without an answer;
    ``values`` (questions x options) by number, ``size`` of these; ``models`` says who is one."""
    questions = values.shape[0]
    found = Functioning(np.full(questions, np.nan), np.full(questions, np.nan))
    kept = np.ones(questions, dtype=bool)
    for _ in range(ROUNDS):
        preference = preferences(chosen[:, kept], values[kept], size)
        for question in range(questions):
            found.p[question], found.odds[question] = _of_question(
                chosen[:, question], values[question], preference, models
            )
        known = ~np.isnan(found.p)
        differing = known & (found.p < LEVEL / max(1, known.sum()))
        if (kept == ~differing).all():
            break
        kept = ~differing
    return found


def answered_by(chosen: Array) -> NDArray[np.bool_]:
    """Where there is an answer: every option has a number."""
    return np.asarray(~np.isnan(chosen).any(axis=-1))


def preferences(chosen: Array, values: Index, size: int) -> Array:
    """Share of the times that a value was shown in which it was chosen (respondents x values); nan if never shown."""
    answered = answered_by(chosen)
    given = np.where(answered[:, :, None], chosen, 0.0)
    above, below = np.zeros((len(chosen), size + 1)), np.zeros((len(chosen), size + 1))
    for option in range(values.shape[1]):
        np.add.at(above.T, values[:, option], given[:, :, option].T)
        np.add.at(below.T, values[:, option], answered.T.astype(float))
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)[:, :size]


def mantel_haenszel(tables: Array) -> tuple[float, float]:
    """p (without continuity correction) and the common odds ratio of tables (strata x 2 x 2): group by choice."""
    total = tables.sum(axis=(1, 2))
    tables, total = tables[total > 1], total[total > 1]
    if not len(tables):
        return np.nan, np.nan
    row, column = tables.sum(axis=2), tables.sum(axis=1)
    expected = row[:, 0] * column[:, 0] / total
    variance = row.prod(axis=1) * column.prod(axis=1) / (total**2 * (total - 1))
    if variance.sum() <= 0:
        return np.nan, np.nan
    statistic = (tables[:, 0, 0] - expected).sum() ** 2 / variance.sum()
    across = (tables[:, 0, 1] * tables[:, 1, 0] / total).sum()
    odds = (tables[:, 0, 0] * tables[:, 1, 1] / total).sum() / across if across > 0 else np.inf
    return float(stats.chi2.sf(statistic, 1)), float(odds)


def _of_question(
    chosen: Array, values: Index, preference: Array, models: NDArray[np.bool_]
) -> tuple[float, float]:
    there = answered_by(chosen)
    if min((there & models).sum(), (there & ~models).sum()) < FEW:
        return np.nan, np.nan
    found = []
    for option, value in enumerate(values):
        if value >= preference.shape[1]:
            continue
        use = there & ~np.isnan(preference[:, value])
        stratum = _strata(preference[use, value])
        picked = chosen[use, option]
        cell = 2 * stratum + np.where(models[use], 0, 1)
        tables = np.stack(
            [np.bincount(cell, weights=part, minlength=2 * STRATA) for part in (picked, 1 - picked)], axis=-1
        )
        found.append(mantel_haenszel(tables.reshape(STRATA, 2, 2).astype(float)))
    known = [one for one in found if not np.isnan(one[0])]
    if not known:
        return np.nan, np.nan
    p, odds = min(known)
    return min(1.0, p * len(known)), odds


def _strata(preference: Array) -> Index:
    """Four of about equal size, equal preferences in one."""
    edges = np.quantile(preference, np.linspace(0, 1, STRATA + 1)[1:-1])
    return np.searchsorted(edges, preference, side="left").astype(np.int64)

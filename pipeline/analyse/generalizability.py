"""Generalizability study: how much respondents, scenarios, wordings and items each add to the scatter of a profile.

What one respondent chose of a value in one scenario under one wording is taken apart into random effects of each facet
and of each combination of them (R. L. Brennan, "Generalizability Theory", 2001, chapters 3 and 5): mean squares of a
fully crossed design, components from them by the algorithm of its equation 3.35, negative ones set to 0. A component
is the mean over the values. The planner (``needed``) turns it round: how wide is an interval with so many of each?
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, Cell
from pipeline.analyse.declared import Declarations, Declared
from pipeline.analyse.wordings import paired_by_order
from pipeline.tables import QUESTIONS, VarianceComponents, conform

ALL, JOIN = "all", " x "
Facets = tuple[str, ...]
Row = dict[str, object]


def components(cells: Array, facets: Facets) -> dict[Facets, float]:
    """Variance components of every combination of facets, from ``cells`` (one axis a facet, then the values).

    A facet with one level has none, and is in none: what it adds is in the others. The last, of all facets, holds what
    no facet explains.
    """
    sizes = dict(zip(facets, cells.shape[:-1], strict=True))
    varied = tuple(facet for facet in facets if sizes[facet] > 1)
    axis = {facet: n for n, facet in enumerate(facets)}
    every = list(chain.from_iterable(combinations(varied, n) for n in range(len(varied) + 1)))
    total = cells.size / cells.shape[-1]

    def sum_of_squares(of: Facets) -> Array:
        others = tuple(axis[facet] for facet in facets if facet not in of)
        means = cells.mean(axis=others, keepdims=True) if others else cells
        per_mean = total / np.prod(means.shape[:-1])
        return np.asarray((means**2).sum(axis=tuple(range(len(facets)))) * per_mean)

    squares = {of: sum_of_squares(of) for of in every}
    mean_squares = {
        of: sum((-1) ** (len(of) - len(part)) * squares[part] for part in every if set(part) <= set(of))
        / np.prod([sizes[facet] - 1 for facet in of])
        for of in every
        if of
    }
    found = {}
    for of in mean_squares:
        above = [more for more in mean_squares if set(of) <= set(more)]
        signed = sum((-1) ** (len(more) - len(of)) * mean_squares[more] for more in above)
        per = total / np.prod([sizes[facet] for facet in of])
        found[of] = max(0.0, float(np.mean(signed / per)))
    return found


def error_variance(found: Mapping[Facets, float], sizes: Mapping[str, int], random: Sequence[str]) -> float:
    """Of a mean over so many levels of each facet, of which those named are a sample of more: every component that
    holds one of these, over the levels that it is averaged over (Brennan 2001, section 4.1)."""
    return sum(
        variance / math.prod(sizes[facet] for facet in of)
        for of, variance in found.items()
        if any(facet in random for facet in of)
    )


def half_width(
    found: Mapping[Facets, float], sizes: Mapping[str, int], random: Sequence[str], confidence: float
) -> float:
    """Half of the interval of the mean: Student's t on one less than the levels of the scarcest random facet that
    adds anything."""
    few = min(
        [sizes[facet] for of, variance in found.items() if variance for facet in of if facet in random],
        default=2,
    )
    t = float(stats.t.ppf((1 + confidence) / 2, max(few - 1, 1)))
    return t * float(np.sqrt(error_variance(found, sizes, random)))


def needed(
    found: Mapping[Facets, float],
    sizes: Mapping[str, int],
    facet: str,
    random: Sequence[str],
    width: float,
    confidence: float,
    most: int,
) -> int | None:
    """The smallest number of levels of a facet, two at least, for an interval no wider; None beyond ``most``."""

    def wide(n: int) -> bool:
        return 2 * half_width(found, {**sizes, facet: n}, random, confidence) > width

    if wide(most):
        return None
    low, high = 1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wide(middle) else (low, middle)
    return high


def variance_components(answers: Answers, declared: Declarations, agents: Agents) -> pl.DataFrame:
    """Table VarianceComponents: of what each respondent enacts and declares, and of each kind's agents together."""
    rows: list[Row] = []
    kinds: dict[str, list[Cell]] = {}
    standing = set(agents.main(cell.respondent for cell in answers.of("default")))
    for cell in answers.of("default"):
        kind = agents.kind[cell.respondent]
        if cell.respondent in standing:
            kinds.setdefault(kind, []).append(cell)
        shares, _ = _crossed([cell])
        order = _of_order(cell)
        rows += _rows(kind, cell.respondent, QUESTIONS, shares, ("respondent", "scenario", "wording"), order)
    for kind, cells in sorted(kinds.items()):
        shares, used = _crossed(cells)
        if used > 1:
            rows += _rows(kind, ALL, QUESTIONS, shares, ("respondent", "scenario", "wording"), None)
    for instrument, of in declared.items():
        for one in of.values():
            answered = _items(one)
            if answered is not None:
                kind = agents.kind[one.respondent]
                rows += _rows(kind, one.respondent, instrument, answered, ("administration", "item"), None)
    return conform(VarianceComponents, rows, where="variance components")


def _crossed(cells: Sequence[Cell]) -> tuple[Array, int]:
    """Shares of the choices of a scenario (respondents x scenarios x wordings x values), of scenarios that all answered
    wholly under the conditions that all have; the number of respondents."""
    conditions = set.intersection(*(set(cell.conditions) for cell in cells))
    scenarios = set.intersection(*(set(cell.scenarios.tolist()) for cell in cells))
    if not conditions or not scenarios:
        return np.zeros((len(cells), 0, 0, len(cells[0].material.inventory))), 0
    found, whole = [], np.ones(len(scenarios), bool)
    for cell in cells:
        places = np.searchsorted(cell.scenarios, sorted(scenarios))
        asked = np.bincount(cell.cluster)[places]
        parts = []
        for condition in sorted(conditions):
            counts = cell.counts[cell.conditions.index(condition)]
            n = counts.sum(axis=1, keepdims=True)
            shares = np.divide(counts, n, out=np.zeros_like(counts), where=n > 0)
            chosen = cell.by_scenario(shares)[places]
            answered = chosen.sum(axis=1)
            whole &= answered > asked - 0.5
            parts.append(chosen / np.maximum(answered, 1)[:, None])
        found.append(np.stack(parts, axis=1))
    return np.array(found)[:, whole], len(cells)


def _of_order(cell: Cell) -> float | None:
    """What the order of the options adds, on the scale of a scenario's shares; None where wordings share no order.

    Two answers under different wordings are equal more often where the options stood alike: what a question's order
    adds to the covariance of two of its answers, which a scenario's share holds once a question, squared.
    """
    same, other = paired_by_order(cell)
    if same is None or other is None:
        return None
    questions = len(cell.questions) / len(cell.scenarios)
    return max(0.0, (same - other) / questions / len(cell.material.inventory))


def _items(one: Declared) -> Array | None:
    """Answers (administrations x items x values), where every value has as many items as the one that has fewest."""
    if one.items is None or len(one.items.answers) < 1:
        return None
    complete = one.items.answers[~np.isnan(one.items.answers).any(axis=1)]
    few = int(np.bincount(one.items.value, minlength=len(one.inventory)).min())
    if few < 2 or not len(complete):
        return None
    places = [np.flatnonzero(one.items.value == value)[:few] for value in range(len(one.inventory))]
    return np.stack([complete[:, place] for place in places], axis=2)


def _rows(
    kind: str, respondent: str, instrument: str, cells: Array, facets: Facets, order: float | None
) -> Iterator[Row]:
    if 0 in cells.shape or max(cells.shape[:-1]) < 2:
        return
    found = components(cells, facets)
    sizes = dict(zip(facets, cells.shape[:-1], strict=True))
    whole = sum(found.values())
    key: Row = {"kind": kind, "respondent": respondent, "instrument": instrument}
    for of, variance in found.items():
        yield key | {
            "facet": JOIN.join(of),
            "levels": min(sizes[facet] for facet in of),
            "variance": variance,
            "share": variance / whole if whole > 0 else None,
        }
    if order is not None:
        yield key | {
            "facet": "order",
            "levels": 2,
            "variance": order,
            "share": min(1.0, order / whole) if whole > 0 else None,
        }

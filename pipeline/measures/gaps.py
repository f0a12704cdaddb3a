"""The measures, by name: what each scenario adds to a few sums, and the figure as a function of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.measures import contingency
from pipeline.measures.cells import Cells
from pipeline.measures.contingency import counts
from pipeline.measures.nested import Statistic
from pipeline.statistics.resampling import Array

SHARE = (0.0, 1.0)
SIGNED = (-1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Measure:
    """``added``: what each scenario adds (scenarios x k); ``statistic``: the figure of their sum; ``bounds``: between
    what it lies."""

    meaning: str
    added: Callable[[Cells], Array]
    statistic: Statistic
    bounds: tuple[float, float] = SHARE


def table(cells: Cells) -> Array:
    """Counts of a two by two table for each scenario (scenarios x 4)."""
    return counts(cells.stated_no, cells.acted_no, cells.there)


def mean_of_scenarios(of: Statistic) -> Callable[[Cells], Array]:
    """Adds a scenario's own figure, and that it has one."""

    def added(cells: Cells) -> Array:
        found = of(table(cells))
        has = np.isfinite(found)
        return np.column_stack([np.where(has, found, 0.0), has])

    return added


def distances(cells: Cells) -> Array:
    """Sum of |V - A| and number of cells of each scenario (scenarios x 2)."""
    apart = np.abs(cells.stated - cells.acted)
    return np.column_stack([np.nansum(apart, axis=1), cells.there.sum(axis=1)])


def levels(cells: Cells) -> Array:
    """Cells of each scenario by V and by what the action says: first those that disagree, then the others, each at the
    levels of V in ascending order (scenarios x 2 levels)."""
    known = np.unique(np.round(cells.stated[cells.there], 9))
    place = np.searchsorted(known, np.round(np.where(cells.there, cells.stated, known[0]), 9))
    found = np.zeros((len(cells.scenarios), 2, len(known)))
    row = np.broadcast_to(np.arange(len(cells.scenarios))[:, None], place.shape)
    np.add.at(found, (row, (~cells.acted_no).astype(int), place), cells.there)
    return found.reshape(len(found), -1)


def auc(sums: Array) -> Array:
    """The chance that V is larger where the action disagrees than where it agrees, ties one half (Mann and Whitney
    1947), from ``levels``."""
    no, yes = np.split(sums, 2, axis=-1)
    below = np.cumsum(yes, axis=-1) - yes
    wins = (no * (below + yes / 2)).sum(axis=-1)
    pairs = no.sum(axis=-1) * yes.sum(axis=-1)
    return np.divide(wins, pairs, out=np.full(np.shape(wins), np.nan), where=pairs > 0)


def profiles(cells: Cells) -> Array:
    """Sums of V and of A, and the number of cells, by value (scenarios x 3 values)."""
    return np.column_stack([np.nan_to_num(cells.stated), np.nan_to_num(cells.acted), cells.there])


def correlation(sums: Array) -> Array:
    """Pearson's r of the mean V and the mean A over the values, from ``profiles``: the correlation gap."""
    stated, acted, n = np.split(sums, 3, axis=-1)
    return _pearson(_ratio(stated, n), _ratio(acted, n))


def correlation_of_groups(groups: Array) -> Statistic:
    """The same over groups of values, a group the mean of its values' means; ``groups`` (values x groups) are marks."""

    def of(sums: Array) -> Array:
        stated, acted, n = np.split(sums, 3, axis=-1)
        weights = groups / groups.sum(axis=0)
        return _pearson(_ratio(stated, n) @ weights, _ratio(acted, n) @ weights)

    return of


def _share(sums: Array) -> Array:
    return _ratio(sums[..., 0], sums[..., 1])


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def _pearson(x: Array, y: Array) -> Array:
    x, y = (one - one.mean(axis=-1, keepdims=True) for one in (x, y))
    length = np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    # A constant profile is not exactly zero after its mean is taken off.
    return np.divide((x * y).sum(axis=-1), length, out=np.full(length.shape, np.nan), where=length > 1e-12)


MEASURES: dict[str, Measure] = {
    "rate": Measure(
        "F1 of 'disagree' in a scenario, mean over scenarios", mean_of_scenarios(contingency.f1), _share
    ),
    "rate_best": Measure(
        "Largest rate that the scenarios' margins allow", mean_of_scenarios(contingency.f1_best), _share
    ),
    "rate_independent": Measure(
        "Rate of these margins if statement and action had nothing to do with each other",
        mean_of_scenarios(contingency.f1_independent),
        _share,
    ),
    "rate_agree": Measure(
        "The same with 'agree' as the positive class", mean_of_scenarios(contingency.f1_agree), _share
    ),
    "f1": Measure("F1 of 'disagree' over all cells", table, contingency.f1),
    "f1_best": Measure("Largest F1 that these margins allow", table, contingency.f1_best),
    "f1_independent": Measure(
        "F1 of these margins if statement and action had nothing to do with each other",
        table,
        contingency.f1_independent,
    ),
    "agreement": Measure("Share of cells on which both say the same", table, contingency.agreement),
    "kappa": Measure("Cohen's kappa", table, contingency.kappa, SIGNED),
    "phi": Measure("Correlation of the two marks", table, contingency.phi, SIGNED),
    "phi_best": Measure("Largest phi that these margins allow", table, contingency.phi_best),
    "stated_no": Measure("Share of cells in which the statement disagrees", table, contingency.stated_share),
    "acted_no": Measure("Share of cells in which the action disagrees", table, contingency.acted_share),
    "auc": Measure("How well V tells which actions disagree: area under the curve", levels, auc),
    "distance": Measure("Mean of |V - A|", distances, _share),
    "r_values": Measure("Correlation over the values of mean V and mean A", profiles, correlation, SIGNED),
}

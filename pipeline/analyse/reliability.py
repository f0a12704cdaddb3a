"""Split-half reliability of profiles over the values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.analyse.answers import Answers, Array
from pipeline.analyse.correlation import rowwise, spearman_brown
from pipeline.analyse.declared import Declarations, Declared
from pipeline.analyse.notes import Notebook
from pipeline.statistics.resampling import Index, generator
from pipeline.tables import QUESTIONS, Reliability, conform

SPLITS = 500


def reliability(answers: Answers, declared: Declarations, seed: int, notes: Notebook) -> pl.DataFrame:
    """Table Reliability: of the enacted profile over scenarios; of the declared one over items, administrations, item
    orders and wordings."""
    rows = []
    for cell in answers.of("default"):
        chosen = cell.chosen(cell.pooled)
        half_r = split_half(chosen, range(len(chosen)), generator(seed, f"halves of {cell.respondent}"))
        rows += _row(cell.respondent, QUESTIONS, "enacted", "scenarios", len(chosen), half_r, notes)
    for name, of in declared.items():
        for one in of.values():
            by_items = of_items(one, seed)
            if one.items is not None and by_items is not None:
                number = len(one.items.value)
                rows += _row(one.respondent, name, "declared", "items", number, by_items, notes)
            for facet, units in one.facets.items():
                half_r = of_facet(one, facet, seed)
                if half_r is None and facet != "administrations":
                    continue
                rows += _row(one.respondent, name, "declared", facet, len(set(units)), half_r, notes)
    return conform(Reliability, rows, where="reliability")


def of_facet(one: Declared, facet: str, seed: int) -> float | None:
    """Mean r of random halves of a facet of what one respondent declares."""
    rng = generator(seed, f"halves of {one.respondent} by {facet}")
    return split_half(one.means, one.facets[facet], rng)


def of_items(one: Declared, seed: int) -> float | None:
    """Mean r of halves that share no item and no administration; None where a value has one item, or none are known.

    Repeats of the same items agree on what is particular to these items: their halves say how well the next
    administration is known, not how well what the instrument asks for is. One administration is in both halves.
    """
    if one.items is None:
        return None
    answers, value = one.items.answers, one.items.value
    if np.bincount(value, minlength=len(one.inventory)).min() < 2:
        return None
    rng = generator(seed, f"halves of {one.respondent} by items")
    of_value = np.eye(len(one.inventory))[value]
    items = _half_of_each(value, rng)
    taken = np.ones((SPLITS, 1)) if len(answers) < 2 else _half_of_each(np.zeros(len(answers), int), rng)
    there = ~np.isnan(answers)
    known = np.where(there, answers, 0)

    def profile(items: Array, administrations: Array) -> Array:
        sums, counts = ((administrations @ part * items) @ of_value for part in (known, there.astype(float)))
        return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)

    other = taken if len(answers) < 2 else 1 - taken
    r = rowwise(profile(items, taken), profile(1 - items, other))
    return None if np.isnan(r).all() else float(np.nanmean(r))


def _half_of_each(group: Index, rng: np.random.Generator) -> Array:
    """Which units (splits x units) are in the first half: half of each group, of an odd one half less or more."""
    found = np.zeros((SPLITS, len(group)))
    for name in np.unique(group):
        own = np.flatnonzero(group == name)
        place = rng.permuted(np.tile(np.arange(len(own)), (SPLITS, 1)), axis=1)
        size = (len(own) + rng.integers(0, 2, (SPLITS, 1))) // 2
        found[:, own] = place < size
    return found


def split_half(sums: Array, units: Sequence[object], rng: np.random.Generator) -> float | None:
    """Mean r of the profiles (columns) of two random halves of the units that rows belong to; None where a half is
    empty or constant.

    Only directions count for r, so that sums of choices and sums of means do as well as shares and means.
    """
    names, unit = np.unique(np.asarray(units), return_inverse=True)
    if len(names) < 2:
        return None
    per_unit = np.zeros((len(names), sums.shape[1]))
    np.add.at(per_unit, unit, sums)
    in_first = rng.permuted(np.tile(np.arange(len(names)) < len(names) // 2, (SPLITS, 1)), axis=1).astype(
        float
    )
    first = in_first @ per_unit
    # Halves that differ in how many administrations they hold differ by a factor only.
    r = rowwise(first, per_unit.sum(axis=0) - first)
    return None if np.isnan(r).all() else float(np.nanmean(r))


def _row(
    respondent: str,
    instrument: str,
    profile: str,
    facet: str,
    units: int,
    half_r: float | None,
    notes: Notebook,
) -> list[dict[str, object]]:
    whole = None if half_r is None else spearman_brown(half_r)
    if whole is None:
        notes.add(
            "reliability",
            respondent,
            f"no_halves_{instrument}",
            f"The reliability of {respondent}'s {profile} profile cannot be told: there "
            + (
                f"is one unit of {facet}"
                if units < 2
                else f"are no two halves of its {units} {facet} that vary"
            )
            + ", so that no halves can be compared.",
        )
        return []
    return [
        {
            "respondent": respondent,
            "instrument": instrument,
            "profile": profile,
            "facet": facet,
            "units": units,
            "splits": SPLITS,
            "half_r": half_r,
            "reliability": whole,
        }
    ]

"""Split-half reliability of profiles over the values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.analyse.answers import Answers, Array
from pipeline.analyse.correlation import rowwise, spearman_brown
from pipeline.analyse.declared import Declarations, Declared
from pipeline.analyse.notes import Notebook
from pipeline.statistics.resampling import generator
from pipeline.tables import QUESTIONS, Reliability, conform

SPLITS = 500


def reliability(answers: Answers, declared: Declarations, seed: int, notes: Notebook) -> pl.DataFrame:
    """Table Reliability: of the enacted profile over scenarios; of the declared one over administrations, item orders
    and wordings."""
    rows = []
    for cell in answers.of("default"):
        chosen = cell.chosen(cell.pooled)
        half_r = split_half(chosen, range(len(chosen)), generator(seed, f"halves of {cell.respondent}"))
        rows += _row(cell.respondent, QUESTIONS, "enacted", "scenarios", len(chosen), half_r, notes)
    for name, of in declared.items():
        for one in of.values():
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

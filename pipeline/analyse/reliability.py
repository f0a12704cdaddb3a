"""Split-half reliability of profiles over the ten values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.analyse.answers import Answers, Array
from pipeline.analyse.correlation import rowwise, spearman_brown
from pipeline.analyse.declared import Declared
from pipeline.analyse.notes import Notebook
from pipeline.statistics.resampling import generator
from pipeline.tables import Reliability, conform

SPLITS = 500


def reliability(answers: Answers, declared: dict[str, Declared], seed: int, notes: Notebook) -> pl.DataFrame:
    """Table Reliability: of the enacted profile over scenarios; of the declared one over administrations, item orders
    and wordings."""
    rows = []
    for cell in answers.of("default"):
        chosen = cell.chosen(cell.pooled)
        half_r = split_half(chosen, np.arange(len(chosen)), generator(seed, f"halves of {cell.respondent}"))
        rows += _row(cell.respondent, "enacted", "scenarios", len(chosen), half_r, notes)
    for one in declared.values():
        for facet, units in one.facets.items():
            half_r = split_half(one.means, units, generator(seed, f"halves of {one.respondent} by {facet}"))
            if half_r is None and facet != "administrations":
                continue
            rows += _row(one.respondent, "declared", facet, len(set(units)), half_r, notes)
    return conform(Reliability, rows, where="reliability")


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
    respondent: str, profile: str, facet: str, units: int, half_r: float | None, notes: Notebook
) -> list[dict[str, object]]:
    whole = None if half_r is None else spearman_brown(half_r)
    if whole is None:
        notes.add(
            "reliability",
            respondent,
            f"no_halves_{profile}",
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
            "profile": profile,
            "facet": facet,
            "units": units,
            "splits": SPLITS,
            "half_r": half_r,
            "reliability": whole,
        }
    ]

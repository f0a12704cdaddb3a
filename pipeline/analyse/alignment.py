"""The second paper's measures on these questions: rate, distance, ranking, and what stands beside them.

What an instrument declares is declared everywhere; what is enacted is counted scenario by scenario.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.analyse.declared import Declarations, comparable
from pipeline.analyse.declared import Declared as Administered
from pipeline.analyse.notes import Notebook
from pipeline.measures import waist
from pipeline.measures.study import measure
from pipeline.tables import EVERYWHERE, Declared, Factors, conform
from pipeline.values import Inventory

TABLES = ("alignment", "value_distances", "mismatches", "factor_effects")


def alignment(
    choices: pl.DataFrame,
    options: pl.DataFrame,
    questions: pl.DataFrame,
    declared: Declarations,
    inventory: Inventory,
    *,
    confidence: float,
    seed: int,
    notes: Notebook,
) -> dict[str, pl.DataFrame]:
    """The tables of TABLES, for each respondent and instrument that both are there for."""
    asked = choices.join(questions.select("question_id", "scenario_id"), on="question_id", validate="m:1")
    enacted = waist.enacted_of_choices(asked, options)
    factors = waist.factors_of(questions.select("scenario_id", "category"), "category")
    found = [
        measure(
            enacted,
            _declared(list(of.values())),
            factors if enacted.height else Factors.create_empty(),
            inventory,
            seed=seed,
            confidence=confidence,
            instrument=instrument,
        )
        for instrument, of in sorted(comparable(declared, inventory, "alignment", notes).items())
    ]
    empty = measure(enacted.clear(), Declared.create_empty(), factors.clear(), inventory, seed=seed)
    return {name: pl.concat([empty[name], *(tables[name] for tables in found)]) for name in TABLES}


def _declared(administered: list[Administered]) -> pl.DataFrame:
    """Table Declared: the mean over the administrations that count, on the scale of the instrument from end to end. An
    instrument of which only centred scores are known says nothing of its ends."""
    rows = [
        (one.respondent, EVERYWHERE, value, float(score), len(one.means))
        for one in administered
        if not one.only_centred
        for value, score in zip(one.inventory.slugs, _on_scale(one), strict=True)
    ]
    frame = pl.DataFrame(rows, schema=Declared.create_empty().schema, orient="row")
    return conform(Declared, frame, where="declared values")


def _on_scale(one: Administered) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    low, high = one.instrument.low, one.instrument.high
    return np.clip((one.mean - low) / (high - low), 0, 1)

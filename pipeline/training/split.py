"""Which scenarios are trained on, and which are kept for the test: by scenario, never by question."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl

from pipeline.core.documents import read_text
from pipeline.core.errors import InputError
from pipeline.core.seeding import seeded_hash

# The list of scenarios of an export; and what says that a folder is one, and how it was made.
FILE, MARK = "scenarios.csv", "export.json"
TRAIN, TEST = "train", "test"
_REMEDY = "give the folder that `valact export-training` wrote"


def side(scenario: str, share: float, seed: int) -> str:
    """TEST for ``share`` of all scenarios, by a seeded hash of the id: whatever else is in a release, and in every
    version of it, a scenario stays where it is."""
    return TEST if seeded_hash(seed, "training split", scenario) < share * 2**64 else TRAIN


def split(scenarios: pl.DataFrame, share: float, seed: int) -> pl.DataFrame:
    """``scenarios`` (scenario_id) with the column split; InputError where a side is left empty."""
    sides = [side(scenario, share, seed) for scenario in scenarios["scenario_id"]]
    if lacking := {TRAIN, TEST} - set(sides):
        raise InputError(
            f"none of the {scenarios.height:,} scenarios is on the side {lacking.pop()!r}",
            where="--test-share",
            remedy="choose another share, or a release with more scenarios",
        )
    return scenarios.with_columns(split=pl.Series(sides, dtype=pl.String))


def test_scenarios(folder: Path) -> list[str]:
    """The scenarios that an export kept for the test; InputError where the folder has no list of them."""
    path = folder / FILE
    rows = csv.DictReader(io.StringIO(read_text(path, missing=_REMEDY)))
    if not {"scenario_id", "split"} <= set(rows.fieldnames or ()):
        raise InputError("columns scenario_id and split are needed", where=str(path), remedy=_REMEDY)
    found = sorted({row["scenario_id"] for row in rows if row["split"] == TEST})
    if not found:
        raise InputError("it names no scenario of the test", where=str(path), remedy=_REMEDY)
    return found

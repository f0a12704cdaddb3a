"""The release that training files are made from: its tables, with or without texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.core.errors import InputError
from pipeline.release import manifest
from pipeline.release.configs import SPLIT
from pipeline.tables import bounded, check_values
from pipeline.values import Inventory
from pipeline.verify.hydrated import ORIGIN, is_hydrated

CONFIGS = ("scenarios", "actions", "options", "questions")


@dataclass(frozen=True, slots=True)
class Source:
    """``tables``: the configs of a release by name, only with scenarios that have their text, unless it is ``withheld``
    from all of them; ``lacking`` scenarios of a hydrated copy have none any more."""

    name: str
    version: str
    licence: str | None
    sample: bool
    hydrated: bool
    withheld: bool
    lacking: int
    tables: dict[str, pl.DataFrame]
    # The line by which training data that hold the data set are known, where the release has one.
    canary: str | None = None


def read(folder: Path, inventory: Inventory) -> Source:
    """A release folder, or a hydrated copy of one; InputError where it is neither, or asks for other values."""
    hydrated = is_hydrated(folder)
    about = manifest.read(folder, ORIGIN) if hydrated else manifest.read(folder)
    tables = {name: bounded.read(folder / name / f"{SPLIT}.parquet") for name in CONFIGS}
    check_values(tables["options"], ("value",), inventory.slugs, where=str(folder / "options"))
    if tables["questions"].is_empty():
        raise InputError("the release has no question", where=str(folder))
    scenarios = tables["scenarios"]
    lacking = scenarios["text"].null_count()
    withheld = lacking == scenarios.height
    if not withheld:
        tables["scenarios"] = scenarios.filter(pl.col("text").is_not_null())
    return Source(
        about.name,
        about.version,
        about.licence,
        about.sample,
        hydrated,
        withheld,
        0 if withheld else lacking,
        tables,
        about.canary,
    )


def options(source: Source, *, confirmed: bool) -> pl.DataFrame:
    """The options with their question's ``target_value``; ``confirmed``: only those whose action experts read as
    intended."""
    tables = source.tables
    actions = tables["actions"]
    if confirmed:
        actions = actions.filter(pl.col("validation") == "confirmed")
        if actions.is_empty():
            raise InputError(
                "no action was confirmed by raters", where="actions", remedy="leave out --confirmed"
            )
    return (
        tables["options"]
        .drop("text", "label")
        .join(tables["questions"].select("question_id", "target_value"), on="question_id", validate="m:1")
        .join(tables["scenarios"].select("scenario_id"), on="scenario_id", how="semi")
        .with_columns(options=pl.len().over("question_id"))
        .join(actions.select("action_id"), on="action_id", how="semi")
        .sort("question_id", "position")
    )

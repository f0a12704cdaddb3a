"""Assemble: the pairs of actions that respondents choose from; a pair without both is in the ledger."""

from __future__ import annotations

import polars as pl

from pipeline.lens import places
from pipeline.lens.generate.checks import same_matter
from pipeline.lens.params import Params
from pipeline.step import Job, Step
from pipeline.tables.columns import STANCES


def make(job: Job[Params]) -> None:
    both = _both(job.read(places.ACTIONS))
    whole = (pl.col("status") == "ok") & (pl.col("status_opposes") == "ok")
    complete, lost = both.filter(whole), both.filter(~whole)
    job.balance("pairs", both.height, complete=complete.height, ledger=lost.height)
    alike = [same_matter(one, other) for one, other in complete.select("text", "text_opposes").iter_rows()]
    job.write(
        places.PAIRS,
        complete.select(
            "scenario_id", "value", expresses="action_id", opposes="action_id_opposes"
        ).with_columns(same_matter=pl.Series(alike, dtype=pl.Boolean)),
    )
    job.write(
        places.ASSEMBLE_LEDGER,
        lost.select("scenario_id", "value", expresses="status", opposes="status_opposes"),
    )
    if lost.height:
        job.note(f"{lost.height:,} of {both.height:,} pairs are not asked: an action of theirs is missing")


def _both(actions: pl.DataFrame) -> pl.DataFrame:
    """One row a scenario and value: the expressing action, and the opposing one's columns with ``_opposes``."""
    one, other = (actions.filter(pl.col("stance") == stance) for stance in STANCES)
    return one.join(other, on=["scenario_id", "value"], how="inner", suffix=f"_{STANCES[1]}", validate="1:1")


STEP = Step("assemble", make, inputs=(places.ACTIONS,), outputs=(places.PAIRS, places.ASSEMBLE_LEDGER))

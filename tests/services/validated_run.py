"""What the stages of validation leave behind in a run's folder, with simulated raters or with none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.params import Params
from pipeline.send.design import draw
from pipeline.tables import (
    Actions,
    ActionVerdicts,
    Items,
    Judgements,
    Options,
    Questions,
    Readings,
    Scenarios,
    read_table,
    write_table,
)
from pipeline.validate.consensus import action_verdicts
from pipeline.validate.figures import measure
from pipeline.validate.reading import measure as measure_reading
from pipeline.validate.wording import measure as measure_wording
from pipeline.verdict import gate, judged
from services.raters import Rater, judge


def assembled(folder: Path) -> list[pl.DataFrame]:
    """A run's scenarios, actions, questions and options."""
    schemas = {"scenarios": Scenarios, "actions": Actions, "questions": Questions, "options": Options}
    return [read_table(schema, folder / f"assemble/{name}.parquet") for name, schema in schemas.items()]


def validate_run(folder: Path, params: Params, raters: Sequence[Rater] = (), seed: int = 1) -> gate.Verdict:
    """Draws the items of a finished run, lets the raters judge them, and writes what release reads."""
    tables = assembled(folder)
    items = write_table(Items, draw(*tables, params), folder / "send/items.parquet")
    judgements = judge(items, tables[3], [*raters], seed, params.values.slugs) if raters else []
    table = write_table(Judgements, judgements, folder / "collect/judgements.parquet")
    found = judged.join(items, table, tables[3], params.values, source="test")
    figures = measure(found, params.seed)
    write_table(
        ActionVerdicts,
        action_verdicts(tables[1], found, figures.consensus),
        folder / "validate/actions.parquet",
    )
    baseline = measure_wording(tables[1], tables[3], params.values, params.seed)
    readings = read_table(Readings, folder / "generate/readings.parquet")
    read = measure_reading(tables[1], readings, params.values, params.seed)
    beside = {"text_only": baseline.overall, "reading": read.overall}
    verdict = gate.pass_gate(figures.overall | beside, params.validation)
    gate.write(verdict, folder / "validate/gate.json", folder / "metrics/validation.json")
    return verdict

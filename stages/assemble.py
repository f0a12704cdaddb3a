"""Assemble: complete scenarios fill the quotas, and their 20 actions are dealt into five questions."""

import sys
from pathlib import Path

import polars as pl

from pipeline.assemble.deal import assemble
from pipeline.assemble.selection import select
from pipeline.params import Params
from pipeline.step.run import stage
from pipeline.tables import (
    Actions,
    GenerationLedger,
    Ledger,
    Options,
    Questions,
    Scenarios,
    read_table,
    write_table,
)

OUT = Path("data/assemble")


@stage("assemble")
def main(params: Params) -> None:
    scenarios = read_table(Scenarios, "data/judge/scenarios.parquet")
    folders = [Path("data/generate") / generator for generator in params.generate.generators]
    actions = pl.concat([read_table(Actions, folder / "actions.parquet") for folder in folders])
    failures = pl.concat([read_table(GenerationLedger, folder / "ledger.parquet") for folder in folders])

    selected = select(scenarios, actions, failures, params)
    assert scenarios.height == selected.scenarios.height + selected.ledger.height, (
        "assemble lost or invented scenarios"
    )
    questions, options = assemble(
        selected.scenarios,
        selected.actions,
        mode=params.assemble.mode,
        seed=params.seed,
        generators=params.generate.generators,
    )
    write_table(Scenarios, selected.scenarios, OUT / "scenarios.parquet")
    write_table(Actions, selected.actions, OUT / "actions.parquet")
    write_table(Ledger, selected.ledger, OUT / "ledger.parquet")
    write_table(Questions, questions, OUT / "questions.parquet")
    write_table(Options, options, OUT / "options.parquet")
    for line in selected.shortages:
        print(f"valact assemble: short of the quota: {line}", file=sys.stderr)


if __name__ == "__main__":
    main()

"""Generate: one generator writes ten value-mapped actions for every scenario, reserves included."""

import sys
from pathlib import Path

from pipeline.engine import Engine
from pipeline.generate import repairs
from pipeline.generate.write import generate
from pipeline.params import Params
from pipeline.step.run import stage
from pipeline.tables import Actions, Drafts, GenerationLedger, Scenarios, Transcripts, read_table, write_table


@stage("generate")
def main(params: Params, generator: str) -> None:
    scenarios = read_table(Scenarios, "data/judge/scenarios.parquet")
    with Engine(params, stage="generate") as engine:
        written = generate(engine, scenarios, generator, params.generate, repairs.read())
        transcript = engine.transcript()
    complete = written.actions["scenario_id"].n_unique()
    given_up = written.ledger.filter("final")["scenario_id"].n_unique()
    assert scenarios.height == complete + given_up, "generate lost or invented scenarios"

    out = Path("data/generate") / generator
    write_table(Actions, written.actions, out / "actions.parquet")
    write_table(Drafts, written.drafts, out / "drafts.parquet")
    write_table(GenerationLedger, written.ledger, out / "ledger.parquet")
    write_table(Transcripts, transcript, out / "transcripts.parquet")


if __name__ == "__main__":
    main(*sys.argv[1:])

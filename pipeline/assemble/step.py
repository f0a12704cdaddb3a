"""Assemble: complete scenarios fill the quotas, and their actions are dealt into questions."""

from __future__ import annotations

from pipeline import designs
from pipeline.assemble.deal import assemble
from pipeline.assemble.selection import select
from pipeline.step import Job, Step
from pipeline.tables import places


def make(job: Job) -> None:
    params, scenarios = job.params, job.read(places.JUDGED_SCENARIOS)
    generators = params.generate.generators
    actions, failures = job.read(places.GENERATED_ACTIONS), job.read(places.GENERATE_LEDGER)
    selected = select(scenarios, actions, failures, params)
    job.balance(
        "scenarios", scenarios.height, selected=selected.scenarios.height, ledger=selected.ledger.height
    )
    questions, options = assemble(
        selected.scenarios,
        selected.actions,
        mode=params.assemble.mode,
        seed=params.seed,
        generators=generators,
        design=designs.load(params.assemble.design),
        values=params.values.slugs,
    )
    job.write(places.SCENARIOS, selected.scenarios)
    job.write(places.ACTIONS, selected.actions)
    job.write(places.ASSEMBLE_LEDGER, selected.ledger)
    job.write(places.QUESTIONS, questions)
    job.write(places.OPTIONS, options)
    for line in selected.shortages:
        job.note(f"short of the quota: {line}")


STEP = Step(
    "assemble",
    make,
    inputs=(places.JUDGED_SCENARIOS, places.GENERATED_ACTIONS, places.GENERATE_LEDGER),
    outputs=(places.SCENARIOS, places.ACTIONS, places.ASSEMBLE_LEDGER, places.QUESTIONS, places.OPTIONS),
)

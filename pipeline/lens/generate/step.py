"""Generate: for each value of a scenario an action that expresses it, and one that opposes it."""

from __future__ import annotations

from collections import Counter

from pipeline.engine import Engine
from pipeline.lens import places
from pipeline.lens.generate.write import Action, Writer
from pipeline.lens.params import Params
from pipeline.step import FollowUp, Job, Step
from pipeline.tables.columns import STANCES

# Repairs that a first answer needs, where no recorded answers tell, and what a repair holds besides the first request.
REPAIRS, REPAIR_CHARACTERS = 0.1, 700


def ask(job: Job[Params]) -> tuple[list[Action], Writer]:
    writer = Writer(job.answers, job.params)
    return writer.write(job.read(places.SCENARIOS).iter_rows(named=True)), writer


def make(job: Job[Params]) -> None:
    actions, writer = ask(job)
    wanted = job.read(places.SCENARIOS).height * len(job.params.asked) * len(STANCES)
    rows = [
        {
            "action_id": action.action_id,
            "scenario_id": action.scenario["scenario_id"],
            "value": action.value.slug,
            "stance": action.stance,
            "generator": job.params.generate.generator,
            **action.row,
        }
        for action in actions
        if action.row is not None
    ]
    counts = Counter(row["status"] for row in rows)
    job.balance("actions", wanted, **counts)
    job.write(places.ACTIONS, rows)
    job.write(places.GENERATE_LEDGER, writer.ledger)
    job.note(", ".join(f"{count:,} actions {status}" for status, count in counts.most_common()))


STEP = Step(
    "generate",
    make,
    inputs=(places.SCENARIOS,),
    outputs=(places.ACTIONS, places.GENERATE_LEDGER, places.GENERATE_TRANSCRIPTS),
    ask=ask,
    opens=Engine,
    models=lambda params, part: (params.generate.generator,),
    follow_ups=lambda params, part: (
        FollowUp(
            REPAIRS if params.generate.max_repairs else 0,
            most=params.generate.max_repairs,
            characters=REPAIR_CHARACTERS,
        ),
    ),
)

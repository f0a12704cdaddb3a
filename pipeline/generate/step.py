"""Generate: one generator writes an action for each value and every scenario, reserves included."""

from __future__ import annotations

from pipeline import designs
from pipeline.engine import Engine
from pipeline.generate import repairs
from pipeline.generate.write import Generation, generate
from pipeline.params import Params
from pipeline.step import FollowUp, Job, Step
from pipeline.tables import places

# Share of the scenarios that need a repair, where no recorded answers tell, and what a repair request holds
# besides the first request: the answer and what is wrong with it.
REPAIRS = 0.15
REPAIR_CHARACTERS = 2000


def ask(job: Job) -> Generation:
    scenarios = job.read(places.JUDGED_SCENARIOS)
    params = job.params
    # Known before anything is asked, and paid for: the actions will fill the questions of the design.
    designs.fits(designs.load(params.assemble.design), params.values.slugs, params.generate.generators)
    asked_anew = repairs.read(values=params.values)
    return generate(job.answers, scenarios, job.part, params.generate, params.values, asked_anew)


def make(job: Job) -> None:
    written = ask(job)
    complete = written.actions["scenario_id"].n_unique()
    given_up = written.ledger.filter("final")["scenario_id"].n_unique()
    scenarios = job.read(places.JUDGED_SCENARIOS).height
    job.balance("scenarios", scenarios, complete=complete, given_up=given_up)
    job.write(places.GENERATED_ACTIONS, written.actions)
    job.write(places.DRAFTS, written.drafts)
    job.write(places.GENERATE_LEDGER, written.ledger)


def follow_up(params: Params, part: str) -> FollowUp:
    return FollowUp(REPAIRS, rounds=params.generate.max_repairs, characters=REPAIR_CHARACTERS)


STEP = Step(
    "generate",
    make,
    inputs=(places.JUDGED_SCENARIOS,),
    outputs=(
        places.GENERATED_ACTIONS,
        places.DRAFTS,
        places.GENERATE_LEDGER,
        places.GENERATE_TRANSCRIPTS,
    ),
    parts=lambda params: params.generate.generators,
    ask=ask,
    opens=Engine,
    models=lambda params, part: (part,),
    follow_up=follow_up,
)

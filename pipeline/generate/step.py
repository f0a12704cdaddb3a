"""Generate: an action for each value by each generator, for as many scenarios as the quotas want complete."""

from __future__ import annotations

from pipeline import designs
from pipeline.core.errors import ShortageError
from pipeline.engine import Engine
from pipeline.generate import repairs
from pipeline.generate.fill import Generation, generate
from pipeline.generate.work import ACTIONS
from pipeline.params import Params
from pipeline.step import FollowUp, Job, Step
from pipeline.tables import places

# Repairs that a first answer needs, where no recorded answers tell, and what a repair request holds besides the first
# request: the answers and what is wrong with them.
REPAIRS = 0.5
REPAIR_CHARACTERS = 2000
REMEDIES = (
    "raise quota.reserve, so that more accepted scenarios stand by; scrape more posts, of more years or subreddits; "
    "or lower quota.per_category"
)


def ask(job: Job) -> Generation:
    scenarios = job.read(places.JUDGED_SCENARIOS)
    params = job.params
    # Known before anything is asked, and paid for: the actions will fill the questions of the design.
    designs.fits(designs.load(params.assemble.design), params.values.slugs, params.generate.generators)
    asked_anew = repairs.read(values=params.values)
    return generate(
        job.answers, scenarios, params.generate, params.values, params.quota.per_category, asked_anew
    )


def make(job: Job) -> None:
    written = ask(job)
    scenarios = job.read(places.JUDGED_SCENARIOS)
    complete, lost, unanswered = written.count()
    job.balance(
        "scenarios",
        scenarios.height,
        complete=complete,
        lost=lost,
        unanswered=unanswered,
        not_needed=scenarios.height - len(written.cases),
    )
    job.write(places.GENERATED_ACTIONS, written.actions)
    job.write(places.DRAFTS, written.drafts)
    job.write(places.GENERATE_LEDGER, written.ledger)
    if short := shortages(job.params, written):
        error = ShortageError(
            "too few scenarios have all their actions:\n  " + "\n  ".join(short),
            where=str(job.path(places.GENERATE_LEDGER)),
            remedy=REMEDIES,
        )
        job.end_with(error) if job.params.quota.strict else job.note(str(error))


def shortages(params: Params, written: Generation) -> list[str]:
    """A line for each category that has too few complete scenarios: how many, and what became of the others."""
    wanted = params.quota.per_category
    lines = []
    for category in params.categories:
        complete, lost, unanswered = written.count(category)
        if complete < wanted:
            waiting = f", {unanswered} got no answer (run again to ask)" if unanswered else ""
            lines.append(
                f"{category}: {complete} of {wanted}; {lost} were lost{waiting}, no other is accepted"
            )
    return lines


def follow_ups(params: Params, part: str) -> list[FollowUp]:
    rules = params.generate
    alone = len(params.values) if rules.last_resort else 0
    repairs = FollowUp(
        REPAIRS if rules.max_repairs else 0,
        most=rules.max_repairs + alone,
        characters=REPAIR_CHARACTERS,
        schema=ACTIONS,
    )
    return [repairs]


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
    ask=ask,
    opens=Engine,
    models=lambda params, part: params.generate.generators,
    follow_ups=follow_ups,
)

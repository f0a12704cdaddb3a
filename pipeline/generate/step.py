"""Generate: an action for each value by each generator, for as many scenarios as the quotas want complete."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pipeline import designs
from pipeline.core.errors import ShortageError
from pipeline.engine import Engine
from pipeline.generate.fill import Generation, generate
from pipeline.generate.reading import LABELS
from pipeline.generate.work import ACTIONS
from pipeline.params import Params
from pipeline.repairs import asked as repairs
from pipeline.step import FollowUp, Job, Step
from pipeline.tables import places

# Repairs that a first answer needs, where no recorded answers tell, and what a repair request holds besides the first
# request: the answers and what is wrong with them.
REPAIRS = 0.5
REPAIR_CHARACTERS = 2000
# A label and its field, an action; share of the actions on which readers differ, requests of a scenario to read what
# was written anew: where no recorded answers tell.
LABEL_TOKENS, ACTION_CHARACTERS = 8, 120
DISPUTED, READ_AGAIN = 0.25, 1
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
        job.answers,
        scenarios,
        params.generate,
        params.values,
        params.quota.per_category,
        asked_anew,
        params.seed,
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
    job.write(places.READINGS, written.readings)
    if written.reworded:
        job.note(str(written.reworded))
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


def models(params: Params, part: str) -> list[str]:
    return list(dict.fromkeys([*params.generate.generators, *params.generate.reading.models]))


def follow_ups(params: Params, part: str) -> list[FollowUp]:
    rules = params.generate
    alone = len(params.values) if rules.last_resort else 0
    reworded = _reworded(params)
    repairs = FollowUp(
        (REPAIRS if rules.max_repairs else 0) + reworded,
        most=rules.max_repairs + alone + (rules.rewording.share > 0),
        characters=REPAIR_CHARACTERS,
        schema=ACTIONS,
    )
    return [repairs, *_readings(params)]


def _reworded(params: Params) -> float:
    """Share of the requests of a generator and scenario that are followed by one to word actions anew."""
    return float(1 - (1 - params.generate.rewording.share) ** len(params.values))


def _readings(params: Params) -> Iterator[FollowUp]:
    """Of each scenario: every batch to both readers, and what comes anew; what they differ on to the third."""
    rules = params.generate.reading
    actions = len(params.values) * len(params.generate.generators)
    batches = math.ceil(actions / rules.batch)
    disputed = math.ceil(actions * DISPUTED / rules.batch)
    again = (READ_AGAIN if rules.max_repairs else 0) + min(1.0, 2 * _reworded(params))
    for name in rules.models:
        yield FollowUp(
            disputed if name == rules.tie_breaker else batches + again,
            most=batches * (1 + rules.max_repairs + (params.generate.rewording.share > 0)),
            model=name,
            characters=ACTION_CHARACTERS * rules.batch,  # they stand beside the post
            tokens=LABEL_TOKENS * rules.batch,
            schema=LABELS,
        )


STEP = Step(
    "generate",
    make,
    inputs=(places.JUDGED_SCENARIOS,),
    outputs=(
        places.GENERATED_ACTIONS,
        places.DRAFTS,
        places.GENERATE_LEDGER,
        places.READINGS,
        places.GENERATE_TRANSCRIPTS,
    ),
    ask=ask,
    opens=Engine,
    models=models,
    follow_ups=follow_ups,
)

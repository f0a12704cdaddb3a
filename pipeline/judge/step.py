"""Judge: candidates are asked about in rounds until every category has as many scenarios as the quotas want."""

from __future__ import annotations

import polars as pl

from pipeline.core.errors import ShortageError
from pipeline.engine import Engine
from pipeline.judge.forecast import plan
from pipeline.judge.hearing import Hearing, hold
from pipeline.judge.outcome import ACCEPTED, ledger, settle
from pipeline.judge.quota import cells, draw, remedies, shortages
from pipeline.params import Params
from pipeline.step import FollowUp, Job, Step
from pipeline.tables import places

# Share of the candidates that need the tie-breaker, where no recorded answers tell.
TIES = 0.25


def ask(job: Job) -> Hearing:
    return hold(job.read(places.CANDIDATES), job.answers, job.params)


def make(job: Job) -> None:
    params, candidates = job.params, job.read(places.CANDIDATES)
    hearing = ask(job)
    settled = settle(candidates, hearing, params)
    scenarios = draw(settled.filter(pl.col("outcome") == ACCEPTED), params)
    went = ledger(settled)
    job.balance("posts", candidates.height, scenarios=scenarios.height, ledger=went.height)
    filled = cells(settled, scenarios, params)
    job.write(places.VOTES, hearing.votes)
    job.write(places.JUDGED_SCENARIOS, scenarios)
    job.write(places.JUDGE_LEDGER, went)
    job.write(places.CELLS, filled)
    if short := shortages(filled, params):
        _tell(job, short, remedies(params, filled))


def _tell(job: Job, short: list[str], help_: str) -> None:
    """Nothing is lost by a shortage: what was accepted is there, and its votes are recorded."""
    where = str(job.path(places.CELLS))
    if job.params.quota.strict:
        job.end_with(
            ShortageError(
                "quota.strict is set and a quota is not filled:\n  " + "\n  ".join(short),
                where=where,
                remedy=help_,
            )
        )
        return
    for line in short:
        job.note(f"short of the quota: {line}")
    job.note(f"{where} has every cell; what helps: {help_}")


def follow_ups(params: Params, part: str) -> list[FollowUp]:
    return [FollowUp(TIES, model=params.judge.tie_breaker)]


STEP = Step(
    "judge",
    make,
    inputs=(places.CANDIDATES,),
    outputs=(
        places.VOTES,
        places.JUDGED_SCENARIOS,
        places.JUDGE_LEDGER,
        places.CELLS,
        places.JUDGE_TRANSCRIPTS,
    ),
    ask=ask,
    plan=plan,
    opens=Engine,
    models=lambda params, part: params.judge.models,
    follow_ups=follow_ups,
)

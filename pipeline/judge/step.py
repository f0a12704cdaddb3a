"""Judge: the panel votes on every candidate; quotas take scenarios from those it accepts."""

from __future__ import annotations

import polars as pl

from pipeline.core.errors import ShortageError
from pipeline.engine import Engine
from pipeline.judge.panel import hold_vote, verdicts
from pipeline.judge.quota import draw, shortages
from pipeline.params import Params
from pipeline.step import FollowUp, Job, Step
from pipeline.tables import places

# Share of the candidates that need the tie-breaker, where no recorded answers tell.
TIES = 0.25


def ask(job: Job) -> pl.DataFrame:
    """The votes."""
    return hold_vote(job.answers, job.read(places.CANDIDATES), job.params.judge)


def make(job: Job) -> None:
    params, candidates = job.params, job.read(places.CANDIDATES)
    votes = ask(job)
    judged = candidates.join(verdicts(votes), on="post_id", how="left", validate="1:1")
    drawn = draw(judged.filter(pl.col("verdict") == "yes").drop("verdict", "tally"), params)
    rejected = judged.filter(pl.col("verdict").ne_missing("yes")).select(
        "post_id",
        stage=pl.lit("judge"),
        reason=pl.when(pl.col("verdict") == "no").then(pl.lit("voted_out")).otherwise(pl.lit("no_majority")),
        detail="tally",
    )
    ledger = pl.concat([rejected, drawn.ledger])
    job.balance("posts", candidates.height, scenarios=drawn.scenarios.height, ledger=ledger.height)
    job.write(places.VOTES, votes)
    job.write(places.JUDGED_SCENARIOS, drawn.scenarios)
    job.write(places.JUDGE_LEDGER, ledger)
    job.write(places.CELLS, drawn.cells)
    short = shortages(drawn.cells, params.quota.per_category)
    if short and params.quota.strict:
        job.end_with(
            ShortageError(
                "quota.strict is set and a quota is not filled:\n  " + "\n  ".join(short),
                where=str(job.path(places.CELLS)),
                remedy="scrape more posts, raise filter.shortlist, or lower quota.per_category",
            )
        )
    else:
        for line in short:
            job.note(f"short of the quota: {line}")


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
    opens=Engine,
    models=lambda params, part: params.judge.models,
    follow_ups=follow_ups,
)

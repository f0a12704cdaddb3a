"""Judge: the panel votes on every candidate; quotas take scenarios from those it accepts."""

import sys
from pathlib import Path

import polars as pl

from pipeline.core.errors import ShortageError
from pipeline.engine import Engine
from pipeline.judge.panel import hold_vote, verdicts
from pipeline.judge.quota import draw, shortages
from pipeline.params import Params
from pipeline.step.run import stage
from pipeline.tables import Candidates, Cells, Ledger, Scenarios, Transcripts, Votes, read_table, write_table

OUT = Path("data/judge")


@stage("judge")
def main(params: Params) -> None:
    candidates = read_table(Candidates, "data/filter/candidates.parquet")
    with Engine(params, stage="judge") as engine:
        votes = hold_vote(engine, candidates, params.judge)
        transcript = engine.transcript()
    judged = candidates.join(verdicts(votes), on="post_id", how="left", validate="1:1")
    drawn = draw(judged.filter(pl.col("verdict") == "yes").drop("verdict", "tally"), params)
    rejected = judged.filter(pl.col("verdict").ne_missing("yes")).select(
        "post_id",
        stage=pl.lit("judge"),
        reason=pl.when(pl.col("verdict") == "no").then(pl.lit("voted_out")).otherwise(pl.lit("no_majority")),
        detail="tally",
    )
    ledger = pl.concat([rejected, drawn.ledger])
    assert candidates.height == drawn.scenarios.height + ledger.height, "judge lost or invented posts"

    write_table(Votes, votes, OUT / "votes.parquet")
    write_table(Scenarios, drawn.scenarios, OUT / "scenarios.parquet")
    write_table(Ledger, ledger, OUT / "ledger.parquet")
    write_table(Cells, drawn.cells, OUT / "cells.parquet")
    write_table(Transcripts, transcript, OUT / "transcripts.parquet")

    short = shortages(drawn.cells, params.quota.per_category)
    if short and params.quota.strict:
        raise ShortageError(
            "quota.strict is set and a quota is not filled:\n  " + "\n  ".join(short),
            where="data/judge/cells.parquet",
            remedy="scrape more posts, raise filter.shortlist, or lower quota.per_category",
        )
    for line in short:
        print(f"valact judge: short of the quota: {line}", file=sys.stderr)


if __name__ == "__main__":
    main()

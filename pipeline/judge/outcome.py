"""What becomes of each candidate: a function of the votes and the order of ranks, whatever rounds they were asked in.

A category takes the first of its candidates that are accepted until it is full. A candidate behind the last of them
was not needed, voted on or not.
"""

from __future__ import annotations

import polars as pl

from pipeline.judge.hearing import Hearing
from pipeline.judge.panel import flags_raised, verdicts
from pipeline.judge.turns import in_turn, places
from pipeline.params import Params
from pipeline.tables import Ledger, conform
from pipeline.tables.flags import PROMPT_INJECTION

ACCEPTED = "accepted"


def settle(candidates: pl.DataFrame, hearing: Hearing, params: Params) -> pl.DataFrame:
    """Candidates with masked text, flags, ``outcome`` (ACCEPTED or the reason for which it went) and ``detail``."""
    table = (
        in_turn(candidates)
        .drop("text")
        .join(hearing.masked, on="post_id", how="left", validate="1:1")
        .join(verdicts(hearing.votes), on="post_id", how="left", validate="1:1")
        .join(flags_raised(hearing.votes), on="post_id", how="left", validate="1:1")
        .sort("category", "turn")
    )
    yes = (pl.col("verdict") == "yes").fill_null(False)
    before = yes.cast(pl.Int64).cum_sum().over("category") - yes.cast(pl.Int64)
    limit = pl.lit(params.judge.max_candidates)
    outcome = (
        pl.when(before >= places(params))
        .then(pl.lit("quota_full"))
        .when((pl.col("turn") > limit).fill_null(False))
        .then(pl.lit("beyond_limit"))
        .when(pl.col("text").is_null())
        .then(pl.lit("took_too_long"))
        .when(yes)
        .then(pl.lit(ACCEPTED))
        .when(pl.col("verdict") == "no")
        .then(pl.lit("voted_out"))
        .otherwise(pl.lit("no_majority"))
    )
    return (
        table.with_columns(
            pl.when("gives_orders").then(True).otherwise(PROMPT_INJECTION).alias(PROMPT_INJECTION),
            outcome=outcome,
        )
        .with_columns(
            detail=pl.when(pl.col("outcome").is_in(["voted_out", "no_majority"]))
            .then("tally")
            .when(pl.col("outcome") == "took_too_long")
            .then(pl.lit(f"masking took more than {params.filter.seconds_a_post:g} seconds"))
            .otherwise(pl.format("rank {} in {}", "rank", "category"))
        )
        .drop("turn")
    )


def ledger(settled: pl.DataFrame) -> pl.DataFrame:
    """A row for each candidate that was not accepted."""
    went = settled.filter(pl.col("outcome") != ACCEPTED).select(
        "post_id", stage=pl.lit("judge"), reason="outcome", detail="detail"
    )
    return conform(Ledger, went, where="ledger")

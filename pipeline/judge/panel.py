"""The panel of LLM judges: two vote on every candidate, a third where they differ, and the majority wins.

After the filter of arXiv 2601.07972: yes/no votes at temperature 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from pipeline import prompts
from pipeline.engine import Answerer, Message, Request
from pipeline.params.build import Judge
from pipeline.tables import Votes, conform

VOTE_SCHEMA = {
    "name": "vote",
    "schema": {
        "type": "object",
        "properties": {"vote": {"type": "string", "enum": ["yes", "no"]}},
        "required": ["vote"],
        "additionalProperties": False,
    },
}


def hold_vote(engine: Answerer, candidates: pl.DataFrame, judge: Judge) -> pl.DataFrame:
    """Votes table: the panel on every candidate, the tie-breaker on those without two equal valid votes."""
    panel = _ask(engine, candidates, judge.panel, "panel", judge)
    disputed = candidates.filter(pl.col("post_id").is_in(_undecided(panel)["post_id"].implode()))
    tie_breaks = _ask(engine, disputed, [judge.tie_breaker], "tie_breaker", judge)
    return pl.concat([panel, tie_breaks])


def verdicts(votes: pl.DataFrame) -> pl.DataFrame:
    """One row a post: ``verdict`` is the vote that two judges share, null where no two valid votes agree.

    ``tally`` says how the votes fell, for the ledger.
    """
    counts = votes.group_by("post_id").agg(
        yes=(pl.col("vote") == "yes").sum(), no=(pl.col("vote") == "no").sum(), cast=pl.len()
    )
    return counts.select(
        "post_id",
        verdict=pl.when(pl.col("yes") >= 2).then(pl.lit("yes")).when(pl.col("no") >= 2).then(pl.lit("no")),
        tally=pl.format(
            "{} yes, {} no, {} without a valid vote",
            "yes",
            "no",
            pl.col("cast") - pl.col("yes") - pl.col("no"),
        ),
    ).sort("post_id")


def _undecided(votes: pl.DataFrame) -> pl.DataFrame:
    return verdicts(votes).filter(pl.col("verdict").is_null())


def _ask(
    engine: Answerer, candidates: pl.DataFrame, judges: Iterable[str], role: str, judge: Judge
) -> pl.DataFrame:
    prompt = prompts.load(judge.prompt)
    asked: list[tuple[str, str, Request]] = []
    for name in judges:
        for post_id, subreddit, text in candidates.select("post_id", "subreddit", "text").iter_rows():
            system, user = prompt.fill(subreddit=subreddit, text=text)
            request = engine.request(
                model=name,
                messages=[Message("system", system), Message("user", user)],
                schema=VOTE_SCHEMA,
                temperature=judge.temperature,
                subject=post_id,
            )
            asked.append((post_id, name, request))
    answers = engine.answer([request for _, _, request in asked])
    rows: list[dict[str, Any]] = []
    for post_id, name, request in asked:
        response = answers[request.key]
        rows.append(
            {
                "post_id": post_id,
                "judge": name,
                "role": role,
                "vote": response.json(request.schema)["vote"] if response.status == "ok" else None,
                "status": response.status,
                "request_key": request.key,
                "origin": response.origin,
            }
        )
    return conform(Votes, rows, where="votes")

"""The panel of LLM judges: two vote on every candidate, a third where they differ, and the majority wins.

After the filter of arXiv 2601.07972: yes/no votes at temperature 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from pipeline import prompts
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.params.build import Judge
from pipeline.tables import Votes, conform
from pipeline.tables.flags import FLAGS, packed

_VOTE = {"type": "string", "enum": ["yes", "no"]}
# What a prompt without the field ``flags`` asks for, as all did once: their recorded answers are found again.
VOTE_SCHEMA = {
    "name": "vote",
    "schema": {
        "type": "object",
        "properties": {"vote": _VOTE},
        "required": ["vote"],
        "additionalProperties": False,
    },
}
FLAGGED_VOTE_SCHEMA = {
    "name": "flagged_vote",
    "schema": {
        "type": "object",
        "properties": {
            "vote": _VOTE,
            "flags": {"type": "array", "items": {"type": "string", "enum": list(FLAGS)}},
        },
        "required": ["vote", "flags"],
        "additionalProperties": False,
    },
    # A vote counts whatever its flags are: left out they are unknown, and a name that we do not know is none.
    "least": {
        "type": "object",
        "properties": {"vote": _VOTE, "flags": {"type": "array", "items": {"type": "string"}}},
        "required": ["vote"],
        "additionalProperties": False,
    },
}


# Prompts of judges: ``judge.prompt`` names one of them.
FOLDER = "judge"
MEANINGS = "\n".join(f"- {name}: {flag.meaning}" for name, flag in FLAGS.items())


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


def flags_raised(votes: pl.DataFrame) -> pl.DataFrame:
    """One row a post: a column a flag, true where any judge raised it, false where judges gave flags and none raised
    it, null where none gave any."""
    raised = pl.col("flags").str.split(" ")
    return votes.group_by("post_id").agg(raised.list.contains(name).max().alias(name) for name in FLAGS)


def _ask(
    engine: Answerer, candidates: pl.DataFrame, judges: Iterable[str], role: str, judge: Judge
) -> pl.DataFrame:
    prompt = prompts.load(f"{FOLDER}/{judge.prompt}")
    flagged = "${flags}" in prompt.system + prompt.user
    asked: list[tuple[str, str, Request]] = []
    for name in judges:
        for post_id, subreddit, text in candidates.select("post_id", "subreddit", "text").iter_rows():
            system, user = prompt.fill(subreddit=subreddit, text=text, flags=MEANINGS)
            request = engine.request(
                model=name,
                messages=[Message("system", system), Message("user", user)],
                schema=FLAGGED_VOTE_SCHEMA if flagged else VOTE_SCHEMA,
                temperature=judge.temperature,
                subject=post_id,
            )
            asked.append((post_id, name, request))
    answers = engine.answer([request for _, _, request in asked])
    rows: list[dict[str, Any]] = []
    for post_id, name, request in asked:
        response = answers[request.key]
        vote, flags = _read(request, response)
        rows.append(
            {
                "post_id": post_id,
                "judge": name,
                "role": role,
                "vote": vote,
                "flags": flags,
                "status": response.status,
                "request_key": request.key,
                "origin": response.origin,
            }
        )
    return conform(Votes, rows, where="votes")


def _read(request: Request, response: Response) -> tuple[str | None, str | None]:
    """Vote and flags of an answer; null for what it does not say."""
    if response.status != "ok":
        return None, None
    said = response.json(request.schema)
    return said["vote"], packed(said["flags"]) if "flags" in said else None

"""The tables of a small finished run, as the stages before release write them, made without any of them.

Two categories; in each, posts that the filter, the judges, the quota and the generators turned away, and
reserves that were and were not needed. Every ledger row is drawn so that the counts add up. Nobody has judged.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import designs
from pipeline import params as settings
from pipeline.assemble.deal import assemble
from pipeline.params import Params
from pipeline.tables import (
    Actions,
    Candidates,
    Cells,
    Drafts,
    GenerationLedger,
    Ledger,
    Options,
    Posts,
    Questions,
    Readings,
    Scenarios,
    ScrapeLedger,
    Votes,
    conform,
    write_table,
)
from pipeline.tables.ids import scenario_id
from services.validated_run import validate_run

WRITERS = ["writer-1", "writer-2"]
# Stands in every post, so that a test can look for it where no text may be.
SECRET = "QUOKKA"
KEY = "0" * 64

# Fate of each category's posts, by number: the rest pass all the way.
FATES = {
    1: "not_self_post",
    2: "too_short",
    3: "too_short",
    4: "voted_out",
    5: "no_majority",
    6: "quota_full",
    7: "generation_failed",
    8: "reserve_not_needed",
}
POSTS = 11  # so that three scenarios a category are used, and rank 1 was given up


def run_params(
    source: str = "sample",
    text: str = "include",
    writers: Sequence[str] = WRITERS,
    recipe: Mapping[str, Any] | None = None,
    **release: Any,
) -> Params:
    """``writers`` are the generators; ``recipe`` has sections of params besides (inventory, assemble)."""
    models = {name: {"provider": "replay", "model": f"test/{name}"} for name in ("j1", "j2", "j3", *writers)}
    return settings.parse(
        {
            "profile": "test",
            "seed": 7,
            "categories": {"Career & work": ["careerguidance", "AskHR"], "Ethics": ["changemyview"]},
            "dates": {"first": "2020-01-01", "last": "2024-12-31"},
            "scrape": {"source": source, "archive": {"paths": ["dumps"]}},
            "models": models,
            "judge": {"panel": ["j1", "j2"], "tie_breaker": "j3"},
            "quota": {"per_category": 3, "reserve": 2},
            "generate": {"generators": [*writers]},
            **(recipe or {}),
            "release": {"version": "0.2.0", "text": text, "licence": "cc0-1.0", **release},
        },
        where="test",
    )


def finished_run(folder: Path, params: Params, prefix: str = "valact") -> Path:
    """Writes the tables under ``folder`` and returns it. Ids of posts begin with ``prefix``: those of the sample do
    with its name."""
    posts = [
        post
        for letter, subreddits in zip("ce", params.categories.values(), strict=True)
        for post in _posts(letter, subreddits, prefix)
    ]
    fate = {post["post_id"]: FATES.get(int(post["post_id"][-2:]), "used") for post in posts}
    category = {post["post_id"]: params.category_of[post["subreddit"].lower()] for post in posts}
    text = {post["post_id"]: f"{post['title']}\n\n{post['body']}" for post in posts}
    by_fate = lambda *fates: [p for p in posts if fate[p["post_id"]] in fates]  # noqa: E731

    write_table(Posts, posts, folder / "scrape/posts.parquet")
    write_table(
        ScrapeLedger,
        [
            {
                "source": "a.zst",
                "reason": "bad_json",
                "line": 3,
                "count": 1,
                "post_id": None,
                "detail": "cut",
            },
            {
                "source": "a.zst",
                "reason": "other_subreddit",
                "line": 0,
                "count": 9,
                "post_id": None,
                "detail": None,
            },
        ],
        folder / "scrape/ledger.parquet",
    )
    rejected = by_fate("not_self_post", "too_short")
    candidates = [p for p in posts if p not in rejected]
    write_table(
        Candidates,
        [
            {
                "post_id": p["post_id"],
                "category": category[p["post_id"]],
                "rank": rank,
                "subreddit": p["subreddit"],
                "created_at": p["created_at"],
                "text": text[p["post_id"]],
                "words": 50,
                "source_sha256": _hash(p["post_id"]),
            }
            for rank, p in enumerate(candidates, start=1)
        ],
        folder / "filter/candidates.parquet",
    )
    _ledger(folder, "filter", rejected, fate)
    _ledger(folder, "judge", by_fate("voted_out", "no_majority", "quota_full"), fate)
    _ledger(folder, "assemble", by_fate("generation_failed", "reserve_not_needed"), fate)
    write_table(Votes, [vote for p in candidates for vote in _votes(p, fate)], folder / "judge/votes.parquet")

    drawn = by_fate("generation_failed", "used", "reserve_not_needed")
    ranks: dict[str, int] = {}
    scenarios = []
    for p in sorted(drawn, key=lambda p: fate[p["post_id"]] == "reserve_not_needed"):
        post_id = p["post_id"]
        rank = ranks[category[post_id]] = ranks.get(category[post_id], 0) + 1
        scenarios.append(
            {
                "scenario_id": scenario_id(post_id),
                "post_id": post_id,
                "category": category[post_id],
                "subreddit": p["subreddit"],
                "created_at": p["created_at"],
                "rank": rank,
                "role": "chosen" if rank <= params.quota.per_category else "reserve",
                "text": text[post_id],
                "masked": 1,
                "source_sha256": _hash(post_id),
                "text_sha256": _hash(text[post_id]),
                "minors": True,
                "self_harm": False,
            }
        )
    write_table(Scenarios, scenarios, folder / "judge/scenarios.parquet")
    write_table(Cells, _cells(params, candidates, fate), folder / "judge/cells.parquet")
    used = conform(Scenarios, [s for s in scenarios if fate[s["post_id"]] == "used"], where="used")
    write_table(Scenarios, used, folder / "assemble/scenarios.parquet")
    actions = pl.DataFrame([a for s in used["scenario_id"] for a in _actions(s, params)])
    write_table(Actions, actions, folder / "assemble/actions.parquet")
    questions, options = assemble(
        used,
        actions,
        mode=params.assemble.mode,
        seed=params.seed,
        generators=params.generate.generators,
        design=designs.load(params.assemble.design),
        values=params.values.slugs,
    )
    write_table(Questions, questions, folder / "assemble/questions.parquet")
    write_table(Options, options, folder / "assemble/options.parquet")
    lost = [s for s in scenarios if fate[s["post_id"]] == "generation_failed"]
    rows = [row for writer in params.generate.generators for row in _generation_failures(writer, lost)]
    write_table(Readings, [], folder / "generate/readings.parquet")
    write_table(Drafts, [], folder / "generate/drafts.parquet")
    write_table(GenerationLedger, rows, folder / "generate/ledger.parquet")
    validate_run(folder, params)
    return folder


def _posts(letter: str, subreddits: list[str], prefix: str) -> list[dict[str, Any]]:
    return [
        {
            "post_id": f"{prefix}{letter}{n:02}",
            "subreddit": subreddits[n % len(subreddits)],
            "created_at": dt.datetime(2020 + n % 5, 3, 4, 18, 20, tzinfo=dt.UTC),
            "title": f"{SECRET} title {letter}{n}: should I | or not?",
            "body": f"A body of post {letter}{n}.\n\nWith a second paragraph, “quotes” and {SECRET}.",
            "score": n,
            "comments": n,
            "flair": None,
            "is_self": n != 1,
            "state": "live",
            "over_18": False,
            "by_moderator": False,
            "crosspost": False,
        }
        for n in range(1, POSTS + 1)
    ]


def _cells(params: Params, candidates: list[dict[str, Any]], fate: dict[str, str]) -> list[dict[str, Any]]:
    def row(category: str, subreddit: str, year: int) -> dict[str, Any]:
        fates = [
            fate[p["post_id"]]
            for p in candidates
            if (p["subreddit"], p["created_at"].year) == (subreddit, year)
        ]
        judged = [one for one in fates if one != "quota_full"]
        accepted = [one for one in judged if one not in ("voted_out", "no_majority")]
        counts = {"candidates": len(fates), "judged": len(judged), "accepted": len(accepted)}
        return {
            "category": category,
            "subreddit": subreddit,
            "year": year,
            "wanted": 1.0,
            "chosen": 0,
        } | counts

    return [
        row(category, subreddit, year)
        for category, subreddits in params.categories.items()
        for subreddit in subreddits
        for year in range(2020, 2025)
    ]


def _votes(post: dict[str, Any], fate: dict[str, str]) -> list[dict[str, Any]]:
    cast: dict[str, list[tuple[str | None, str]]] = {
        "voted_out": [("no", "ok"), ("no", "ok")],
        "no_majority": [("yes", "ok"), (None, "invalid"), ("no", "ok")],
    }
    votes = cast.get(fate[post["post_id"]], [("yes", "ok"), ("yes", "ok")])
    return [
        {
            "post_id": post["post_id"],
            "judge": f"j{n}",
            "role": "panel" if n < 3 else "tie_breaker",
            "vote": vote,
            "flags": "minors" if vote else None,
            "status": status,
            "request_key": KEY,
            "origin": "live",
        }
        for n, (vote, status) in enumerate(votes, start=1)
    ]


def _actions(scenario: str, params: Params) -> list[dict[str, Any]]:
    return [
        {
            "action_id": f"{scenario}.{value}.{writer}",
            "scenario_id": scenario,
            "value": value,
            "stance": "expresses",
            "generator": writer,
            "text": f"Do what {writer} has in mind for number {number} here.",
            "words": 10,
            "sentences": 1,
            "attempt": 2 if number == 3 else 1,
            "request_key": KEY,
            "origin": "live",
        }
        for writer in params.generate.generators
        for number, value in enumerate(params.values.slugs)
    ]


def _generation_failures(writer: str, failed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def row(scenario: str, attempt: int, value: str, reason: str) -> dict[str, Any]:
        return {
            "scenario_id": scenario,
            "generator": writer,
            "attempt": attempt,
            "value": value,
            "reason": reason,
            "detail": None,
            "request_key": KEY,
            "final": attempt == 2,
        }

    return [row(s["scenario_id"], attempt, "power", "words_in_range") for s in failed for attempt in (1, 2)]


def _ledger(folder: Path, stage: str, posts: list[dict[str, Any]], fate: dict[str, str]) -> None:
    rows = [
        {"post_id": p["post_id"], "stage": stage, "reason": fate[p["post_id"]], "detail": None} for p in posts
    ]
    write_table(Ledger, rows, folder / stage / "ledger.parquet")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

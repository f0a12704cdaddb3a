"""The cheap rules of the filter, as data: a name, and what a rejected post looks like.

A rule looks at columns of Posts only, so that polars tries all of them on millions of posts in one pass.
A post keeps the first reason in the order of ``RULES``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipeline.params import Params

# Titles that tell how an earlier post went on: "UPDATE: he said yes", "**Update** he said yes", "2 year
# update: still here", "My landlord (final update)", "My landlord UPDATE!". Not "How do I update my resume?".
_WHICH = (
    r"(?:(?:semi|mini|small|quick|very|short|brief|minor|big|long|overdue|another|first|second|third|last|latest"
    r"|final|grand|happy|sad|possibly|hopefully|the|one|two|six|\d+|years?|yrs?|months?|weeks?|days?)\W+){0,4}"
)
UPDATE = "|".join(
    [
        rf"(?i:^\W*{_WHICH}updated?\s*(?:$|(?:#|x)?\s?\d+\b|[:\-–—\])}}!.,|/(*\"”~]))",
        rf"(?i:^\W*{_WHICH}updated?\s+(?:to|on|from|about|for|regarding|post)\b)",
        rf"(?i:[\[({{*]\W*{_WHICH}updated?\s*(?:#?\d+|to)?\W*[\])}}*])",
        r"(?i:[-–—:|.!?]\s*update\s*#?\d*\W*$)",
        # In capitals it needs no mark around it.
        r"^\W*(?:[A-Z]+\W+){0,2}UPDATED?\b",
        r"\bUPDATE\s*#?\d*\W*$",
    ]
)
# Threads that moderators open for everybody.
THREAD = (
    r"(?i)\b(?:mega\s?thread|(?:daily|weekly|weekday|weekend|monthly|annual|quarterly)\b.{0,40}\bthread"
    r"|(?:open|discussion|questions?|help|advice|off[ -]topic) thread\b.{0,40}\b(?:20\d\d|week|month|day)"
    r"|mods? (?:announcement|post)|moderators? wanted|rules? update|state of the sub(?:reddit)?)"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """``rejects`` gives the expression over Posts that is true for a rejected post; ``detail`` says what was
    found, for the ledger."""

    name: str
    rejects: Callable[[Params], pl.Expr]
    detail: Callable[[Params], pl.Expr] = lambda params: pl.lit(None, dtype=pl.String)


RULES = (
    Rule(
        "unknown_subreddit",
        lambda params: ~pl.col("subreddit").str.to_lowercase().is_in(list(params.category_of)),
        lambda params: pl.format("r/{} is in no category", "subreddit"),
    ),
    Rule("not_self_post", lambda params: ~pl.col("is_self")),
    Rule("removed", lambda params: pl.col("state") == "removed"),
    Rule("deleted", lambda params: pl.col("state") == "deleted"),
    Rule("over_18", lambda params: pl.col("over_18")),
    Rule("moderator_post", lambda params: pl.col("by_moderator") | pl.col("title").str.contains(THREAD)),
    Rule("crosspost", lambda params: pl.col("crosspost")),
    Rule("update_post", lambda params: pl.col("title").str.contains(UPDATE)),
    Rule(
        "outside_dates",
        lambda params: ~pl.col("created_at").dt.date().is_between(params.dates.first, params.dates.last),
        lambda params: pl.col("created_at").dt.date().cast(pl.String),
    ),
    Rule(
        "low_score",
        lambda params: pl.col("score") < params.score.min if params.score.min is not None else pl.lit(False),
        lambda params: pl.format("score {}", "score"),
    ),
    Rule(
        "high_score",
        lambda params: pl.col("score") > params.score.max if params.score.max is not None else pl.lit(False),
        lambda params: pl.format("score {}", "score"),
    ),
)


def first_reason(params: Params) -> tuple[pl.Expr, pl.Expr]:
    """Name and detail of the first rule that rejects a post; null where none does."""
    reason, detail = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.String)
    for rule in reversed(RULES):
        rejected = rule.rejects(params).fill_null(False)
        reason = pl.when(rejected).then(pl.lit(rule.name)).otherwise(reason)
        detail = pl.when(rejected).then(rule.detail(params)).otherwise(detail)
    return reason, detail

"""From candidates to scenarios: the judges' votes, and what the quotas took."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipeline.tables.columns import (
    RESPONSE_STATUSES,
    SCENARIO_ID,
    SHA256,
    one_of,
    origin_column,
    post_id_column,
    request_column,
    utc,
)
from pipeline.tables.flags import RAISED, flag_column


class Votes(dy.Schema):
    """Every vote of every judge, also the invalid and refused ones."""

    post_id = post_id_column(primary_key=True)
    judge = dy.String(primary_key=True, description="Name of the judge in params.models")
    role = one_of(
        ["panel", "tie_breaker"],
        "Panel judges see every candidate, the tie-breaker the disputed",
        nullable=False,
    )
    vote = one_of(["yes", "no"], "Empty where the judge gave no valid vote", nullable=True)
    flags = dy.String(
        nullable=True,
        regex=RAISED,
        description="Flags that the judge raised, a blank between them; null where it was not asked for flags "
        "or gave none",
    )
    status = one_of(RESPONSE_STATUSES, "Status of the recorded response", nullable=False)
    request_key = request_column(nullable=False)
    origin = origin_column()


class Scenarios(dy.Schema):
    """Advice posts that the panel accepted and the quotas took."""

    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="Opaque id of the scenario")
    post_id = post_id_column(unique=True)
    category = dy.String(nullable=False, description="Category of the subreddit")
    subreddit = dy.String(nullable=False, description="Subreddit")
    created_at = utc("When the post was submitted")
    rank = dy.Int32(
        nullable=False, min=1, description="Place in its category's drawing order; reserves follow"
    )
    role = one_of(
        ["chosen", "reserve"], "A reserve replaces a chosen scenario whose generation failed", nullable=False
    )
    text = dy.String(
        nullable=False, min_length=1, description="Title and body, markup resolved, personal data masked"
    )
    masked = dy.Int32(nullable=False, min=0, description="Personal-data spans that were masked")
    source_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of the normalised text before masking"
    )
    text_sha256 = dy.String(nullable=False, regex=SHA256, description="SHA-256 of the scenario text")
    self_harm = flag_column("self_harm")
    violence_or_abuse = flag_column("violence_or_abuse")
    sexual_content = flag_column("sexual_content")
    minors = flag_column("minors")
    illegal_acts = flag_column("illegal_acts")
    medical_or_legal = flag_column("medical_or_legal")
    prompt_injection = flag_column("prompt_injection")

    @dy.rule()
    def rank_unique_in_category(cls) -> pl.Expr:
        return pl.struct("category", "rank").is_unique()


class Cells(dy.Schema):
    """How well each cell (category, subreddit, year) of the quota design was filled."""

    category = dy.String(primary_key=True, description="Category")
    subreddit = dy.String(primary_key=True, description="Subreddit")
    year = dy.Int32(primary_key=True, description="Year of submission (UTC)")
    wanted = dy.Float64(nullable=False, min=0, description="Even share of the category's quota")
    candidates = dy.Int32(nullable=False, min=0, description="Posts that passed the filter")
    judged = dy.Int32(
        nullable=False, min=0, description="Candidates whose turn came before the quota was full"
    )
    accepted = dy.Int32(nullable=False, min=0, description="Judged candidates that the panel accepted")
    chosen = dy.Int32(nullable=False, min=0, description="Scenarios taken, reserves aside")

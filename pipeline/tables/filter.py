"""Posts that passed the filter."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipeline.tables.columns import SHA256, post_id_column, utc


class Candidates(dy.Schema):
    """Posts that passed the filter, in the order in which the judges are asked about them. Their texts are as their
    authors wrote them: personal data is masked when a candidate's turn comes, and only then."""

    post_id = post_id_column(primary_key=True)
    category = dy.String(nullable=False, description="Category of the subreddit")
    rank = dy.Int32(nullable=False, min=1, description="Place in its category's drawing order")
    subreddit = dy.String(nullable=False, description="Subreddit")
    created_at = utc("When the post was submitted")
    text = dy.String(
        nullable=False, min_length=1, description="Title and body, markup resolved, before masking"
    )
    words = dy.Int32(nullable=False, min=1, description="Words in the text")
    source_sha256 = dy.String(nullable=False, regex=SHA256, description="SHA-256 of the text")

    @dy.rule()
    def rank_unique_in_category(cls) -> pl.Expr:
        return pl.struct("category", "rank").is_unique()

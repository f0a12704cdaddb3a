"""Posts that passed the filter."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import SHA256, post_id_column, utc


class Candidates(dy.Schema):
    """Posts that passed the filter, with the scenario text that judges, generators and people see."""

    post_id = post_id_column(primary_key=True)
    category = dy.String(nullable=False, description="Category of the subreddit")
    subreddit = dy.String(nullable=False, description="Subreddit")
    created_at = utc("When the post was submitted")
    text = dy.String(
        nullable=False, min_length=1, description="Title and body, markup resolved, personal data masked"
    )
    words = dy.Int32(nullable=False, min=1, description="Words in the text before masking")
    masked = dy.Int32(nullable=False, min=0, description="Personal-data spans that were masked")
    source_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of the normalised text before masking"
    )
    text_sha256 = dy.String(nullable=False, regex=SHA256, description="SHA-256 of the scenario text")

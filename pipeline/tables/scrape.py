"""Posts as they came, and what of their source was no post."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import one_of, post_id_column, utc


class Posts(dy.Schema):
    """Submissions as they came from a source, normalised; no user name is kept."""

    post_id = post_id_column(primary_key=True)
    subreddit = dy.String(
        nullable=False, min_length=1, description="Subreddit, as its categories entry spells it"
    )
    created_at = utc("When the post was submitted")
    title = dy.String(nullable=False, description="Title, raw")
    body = dy.String(nullable=False, description="Self text, raw Markdown; empty for a link post")
    score = dy.Int64(nullable=True, description="Upvotes minus downvotes, where the source has it")
    comments = dy.Int64(nullable=True, description="Number of comments, where the source has it")
    flair = dy.String(nullable=True, description="Link flair text")
    is_self = dy.Bool(nullable=False, description="A text post")
    state = one_of(
        ["live", "removed", "deleted"], "Whether the text is still there, or who took it away", nullable=False
    )
    over_18 = dy.Bool(nullable=False, description="Marked as adult content")
    by_moderator = dy.Bool(nullable=False, description="Stickied, or distinguished as moderator or admin")
    crosspost = dy.Bool(nullable=False, description="A cross-post of another submission")


class ScrapeLedger(dy.Schema):
    """What a source held and the posts table does not, and why. ``count`` is 1 where a row is about one line."""

    source = dy.String(primary_key=True, description="File name, listing or id list")
    reason = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="Reason code")
    line = dy.Int64(
        primary_key=True, min=0, description="Line number in the file, from 1; 0 for a count over many lines"
    )
    count = dy.Int64(nullable=False, min=1, description="How many records this row stands for")
    post_id = dy.String(nullable=True, description="The post, where it could be read")
    detail = dy.String(nullable=True, description="What was wrong, for people")

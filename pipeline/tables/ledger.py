"""The ledger that several steps keep: what each did not pass on, and why."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import post_id_column


class Ledger(dy.Schema):
    """One row a post that a stage did not pass on, with the first reason."""

    post_id = post_id_column(primary_key=True)
    stage = dy.String(nullable=False, description="The stage that took the decision")
    reason = dy.String(nullable=False, regex=r"^[a-z0-9_]+$", description="Reason code")
    detail = dy.String(
        nullable=True, description="What exactly was found, for people; never text of the post"
    )

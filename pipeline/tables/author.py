"""Dilemmas that a model wrote, with what each was written from."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import (
    RESPONSE_STATUSES,
    one_of,
    origin_column,
    post_id_column,
    request_column,
    value_column,
)


class Authored(dy.Schema):
    """One row for each seed: also those of which nothing came."""

    category = dy.String(primary_key=True, description="Category that it was written for")
    number = dy.Int32(primary_key=True, min=1, description="Number of the seed in its category")
    post_id = post_id_column(nullable=True)
    stakes = dy.String(nullable=False, description="What is at stake, as the model was told")
    value = value_column("A value that pulls in one direction", nullable=False)
    other_value = value_column("A value that pulls in another", nullable=False)
    model = dy.String(nullable=False, description="Id of the model that wrote it")
    status = one_of(RESPONSE_STATUSES, "Status of the recorded response", nullable=False)
    title = dy.String(nullable=True, description="Title, as written")
    text = dy.String(nullable=True, description="Text, as written")
    request_key = request_column(nullable=False)
    origin = origin_column()

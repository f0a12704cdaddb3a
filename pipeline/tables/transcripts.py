"""Recorded responses with their requests, as they are handed on: texts of posts are in them."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import RESPONSE_STATUSES, one_of, origin_column, request_column, utc


class Transcripts(dy.Schema):
    """Recorded responses with the requests that they answer: what rebuilds a run at no cost."""

    request_key = request_column(primary_key=True)
    subject = dy.String(nullable=False, description="The post or scenario it was about")
    provider = dy.String(nullable=False, description="Provider that served it")
    base_url = dy.String(nullable=False, description="Where it was served; empty for replay")
    model = dy.String(nullable=False, description="Model id as requested")
    served_model = dy.String(nullable=True, description="Model id as answered")
    status = one_of(RESPONSE_STATUSES, "What kind of answer it is", nullable=False)
    text = dy.String(nullable=False, description="The raw answer; empty where there is none")
    finish_reason = dy.String(nullable=True, description="The provider's finish reason")
    error = dy.String(nullable=True, description="The provider's refusal or error text")
    input_tokens = dy.Int64(nullable=True, min=0, description="Billed input tokens")
    cached_tokens = dy.Int64(nullable=True, min=0, description="Of these, served from the provider's cache")
    output_tokens = dy.Int64(nullable=True, min=0, description="Billed output tokens")
    recorded_at = utc("When the answer was recorded")
    origin = origin_column("Where it came from, as far as whoever wrote this table knows")
    request = dy.String(
        nullable=True,
        description="The request as canonical JSON, of which the key is the SHA-256; empty where it is not kept",
    )

"""Posts by moderators, and threads that they open for everybody."""

from __future__ import annotations

import polars as pl

from pipeline.filter.rule import ColumnRule

THREAD = (
    r"(?i)\b(?:mega\s?thread|(?:daily|weekly|weekday|weekend|monthly|annual|quarterly)\b.{0,40}\bthread"
    r"|(?:open|discussion|questions?|help|advice|off[ -]topic) thread\b.{0,40}\b(?:20\d\d|week|month|day)"
    r"|mods? (?:announcement|post)|moderators? wanted|rules? update|state of the sub(?:reddit)?)"
)

ENTRY = ColumnRule(
    place=60,
    meaning="by moderators: announcements, recurring threads",
    rejects=lambda params: pl.col("by_moderator") | pl.col("title").str.contains(THREAD),
)

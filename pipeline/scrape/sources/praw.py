"""Reddit's listings, by its API."""

from __future__ import annotations

from pathlib import Path

from pipeline.params import Params
from pipeline.reddit.parts import Part
from pipeline.scrape.source import Rows, Source


def _read(params: Params, work: Path) -> tuple[list[Part], Rows]:
    # PRAW is only loaded where Reddit is asked.
    from pipeline.reddit.client import Client
    from pipeline.reddit.journal import Journal
    from pipeline.scrape import api

    settings = params.scrape.praw
    with Journal() as journal:
        parts = api.harvest(
            Client(settings.site), params.subreddit_spelling, settings.listings, settings.limit, journal, work
        )
    return parts, []


ENTRY = Source(meaning="Reddit's API (listings)", read=_read)

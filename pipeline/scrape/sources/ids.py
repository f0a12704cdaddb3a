"""Posts whose ids stand in a file, by Reddit's API."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.invariants import given
from pipeline.params import Params
from pipeline.reddit.parts import Part
from pipeline.scrape.source import Rows, Source


def _read(params: Params, work: Path) -> tuple[list[Part], Rows]:
    # PRAW is only loaded where Reddit is asked.
    from pipeline.reddit import ids
    from pipeline.reddit.client import Client
    from pipeline.reddit.journal import Journal

    file = Path(given(params.scrape.ids.file, "scrape.ids.file"))
    with Journal() as journal:
        client = Client(params.scrape.praw.site)
        return [ids.harvest(client, file, params.subreddit_spelling, journal, work)], []


ENTRY = Source(meaning="Reddit's API (a list of post ids)", read=_read)

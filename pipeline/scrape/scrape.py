"""From ``params.scrape`` to the posts table and the scrape ledger, whatever the source."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError
from pipeline.core.invariants import given
from pipeline.params import Params
from pipeline.reddit import archive
from pipeline.reddit.parts import Outcome, Part, join, workspace
from pipeline.reddit.scan import Wanted


def scrape(params: Params, folder: Path) -> Outcome:
    """Writes ``posts.parquet`` (``tables.Posts``) and ``ledger.parquet`` (``tables.ScrapeLedger``).

    Every record of the source is a post or counted in the ledger. Raises InputError when no post is left.
    """
    with workspace(folder) as work:
        parts, ledger = _read(params, work)
        outcome = join(parts, ledger, folder)
    if outcome.posts == 0:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in outcome.reasons.items())
        raise InputError(
            f"no post was found: {reasons or 'the source is empty'}",
            where=f"scrape.source: {params.scrape.source}",
            remedy=f"check categories, dates and score in params.yaml; {folder / 'ledger.parquet'} has the details",
        )
    return outcome


def _read(params: Params, work: Path) -> tuple[list[Part], list[dict[str, Any]]]:
    source, spelling = params.scrape.source, params.subreddit_spelling
    if source == "sample":
        # Dates and scores are left to the filter here, so that the sample shows its reasons.
        return archive.read([params.scrape.sample.dump], Wanted(spelling), work, processes=1)
    if source == "archive":
        wanted = Wanted(
            spelling,
            first=_midnight(params.dates.first),
            before=_midnight(params.dates.last + dt.timedelta(days=1)),
            min_score=params.score.min,
            max_score=params.score.max,
        )
        return archive.read(params.scrape.archive.paths, wanted, work, params.scrape.archive.processes)

    # PRAW is only loaded where Reddit is asked.
    from pipeline.reddit import ids
    from pipeline.reddit.client import Client
    from pipeline.reddit.journal import Journal
    from pipeline.scrape import api

    client, settings = Client(params.scrape.praw.site), params.scrape.praw
    with Journal() as journal:
        if source == "praw":
            return api.harvest(client, spelling, settings.listings, settings.limit, journal, work), []
        return [
            ids.harvest(
                client, Path(given(params.scrape.ids.file, "scrape.ids.file")), spelling, journal, work
            )
        ], []


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)

"""Dumps of submissions. What is outside the dates and scores is counted here, a row a reason and file, because a
dump holds a hundred times more than is wanted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pipeline.params import Params
from pipeline.pools import Work, opener
from pipeline.reddit import archive
from pipeline.reddit.parts import Part
from pipeline.reddit.scan import Wanted
from pipeline.scrape.source import Rows, Source


def wanted(params: Params) -> Wanted:
    """Which submissions of a dump are taken."""
    return Wanted(
        params.subreddit_spelling,
        first=_midnight(params.dates.first),
        before=_midnight(params.dates.last + dt.timedelta(days=1)),
        min_score=params.score.min,
        max_score=params.score.max,
    )


def _read(params: Params, work: Path) -> tuple[list[Part], Rows]:
    settings = params.scrape.archive
    pool = opener(params.run, Work("reading dumps", archive.MEMORY))
    return archive.read(settings.paths, wanted(params), work, settings.processes, pool)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


ENTRY = Source(meaning="dumps of Reddit submissions", read=_read)

"""The sample dump of this repository. Dates and scores are left to the filter, so that the sample shows its reasons."""

from __future__ import annotations

from pathlib import Path

from pipeline.params import Params
from pipeline.reddit import archive
from pipeline.reddit.parts import Part
from pipeline.reddit.scan import Wanted
from pipeline.scrape.source import Rows, Source


def _read(params: Params, work: Path) -> tuple[list[Part], Rows]:
    return archive.read([params.scrape.sample.dump], Wanted(params.subreddit_spelling), work, processes=1)


ENTRY = Source(meaning="the sample", read=_read)

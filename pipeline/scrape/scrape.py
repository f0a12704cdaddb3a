"""From ``params.scrape`` to the posts table and the scrape ledger, whatever the source."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.reddit.parts import Outcome, join, parts_folder, workspace
from pipeline.scrape.sources import SOURCES

# The source that goes with any other.
AUTHORED = "authored"


def scrape(params: Params, folder: Path, *, keep: bool = False) -> Outcome:
    """Writes ``posts.parquet`` (``tables.Posts``) and ``ledger.parquet`` (``tables.ScrapeLedger``).

    Every record of the source is a post or counted in the ledger. ``keep`` leaves what was read of dumps for another
    run. Raises InputError when no post is left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with workspace(parts_folder(params.run, folder), keep=keep) as work:
        parts, ledger = SOURCES.entry(params.scrape.source).read(params, work)
        if params.scrape.authored.paths and params.scrape.source != AUTHORED:
            more, rows = SOURCES.entry(AUTHORED).read(params, work)
            parts, ledger = [*parts, *more], [*ledger, *rows]
        outcome = join(parts, ledger, folder, keep=keep)
    if outcome.posts == 0:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in outcome.reasons.items())
        raise InputError(
            f"no post was found: {reasons or 'the source is empty'}",
            where=f"scrape.source: {params.scrape.source}",
            remedy=f"check categories, dates and score in params.yaml; {folder / 'ledger.parquet'} has the details",
        )
    return outcome

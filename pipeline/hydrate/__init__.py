"""Hydration: the withheld text of a release, for whoever may read the posts, into a copy that stays here.

``sources`` gets posts by id, from Reddit or from dumps, into a journal that survives a stop; ``check`` decides what
each is worth; ``folder`` writes the copy. The journal goes when the copy is there.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from pipeline.core.errors import InputError
from pipeline.hydrate import check, folder, sources
from pipeline.reddit.journal import Journal
from pipeline.release import manifest
from pipeline.release.configs import SPLIT, ScenariosConfig
from pipeline.tables import bounded, read_table

__all__ = ["from_dumps", "from_reddit", "hydrate"]

# Fills the journal with what there is under each post_id of a scenarios table; gives the subreddits that are closed.
Source = Callable[[pl.DataFrame, Journal], set[str]]


def from_reddit(site: str | None = None) -> Source:
    """Posts as Reddit's API has them now; ``site`` names a section of praw.ini, None the ``REDDIT_*`` variables."""
    return lambda scenarios, journal: sources.ask_reddit(scenarios, journal, site)


def from_dumps(paths: Sequence[str], processes: int = 1) -> Source:
    """Posts as dumps on this machine have them, from the day on which each was made."""
    return lambda scenarios, journal: sources.read_dumps(scenarios, journal, paths, processes)


def hydrate(release: Path, out: Path, source: Source) -> dict[str, int]:
    """Writes the hydrated copy of the release folder to ``out`` and counts scenarios by status.

    A stopped run goes on where it was when it is called again with the same ``out``. Raises InputError for a
    release that withholds nothing, and for an ``out`` that holds anything but an earlier copy.
    """
    folder.check_is_free(out)
    for config in folder.FILLED:
        bounded.read(release / config / f"{SPLIT}.parquet")
    scenarios = read_table(ScenariosConfig, release / "scenarios" / f"{SPLIT}.parquet")
    if scenarios["text"].null_count() < scenarios.height:
        raise InputError("the release carries its text: nothing is withheld", where=str(release))
    kept = out.with_name(f".{out.name}.hydration")
    with Journal(kept) as journal:
        closed = source(scenarios, journal)
        settled = check.settle(scenarios, journal, closed, manifest.read(release).masking)
    folder.write(release, out, scenarios, settled)
    shutil.rmtree(kept)
    return dict(Counter(settled["status"]))

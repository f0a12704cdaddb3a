"""Where the posts of a release are got from; what has arrived is in the journal and never got twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.core.errors import InputError
from pipeline.reddit import archive
from pipeline.reddit.dumps import Dump, find_dumps
from pipeline.reddit.files import File
from pipeline.reddit.journal import Journal, Listing
from pipeline.reddit.parts import Part
from pipeline.reddit.scan import Wanted

# Reasons of the scan for a file that could not be read to its end.
BROKEN = ("truncated", "corrupt")
# What a row of the posts table was, said as Reddit says it.
_TAKEN_AWAY = {"live": None, "removed": "moderator", "deleted": "deleted"}


def ask_reddit(scenarios: pl.DataFrame, journal: Journal, site: str | None) -> set[str]:
    """Fetches every post that the journal lacks, a hundred a request; looks at the subreddits of missing ones."""
    # PRAW is only loaded where Reddit is asked.
    from pipeline.hydrate import status
    from pipeline.reddit import ids
    from pipeline.reddit.client import Client

    client = Client(site)
    ids.fetch(client, journal.unanswered(scenarios["post_id"]), journal.add_answers)
    missing = [
        subreddit
        for post_id, subreddit in scenarios.select("post_id", "subreddit").iter_rows()
        if journal.answer(post_id) is None
    ]
    return status.closed(client, missing)


def read_dumps(scenarios: pl.DataFrame, journal: Journal, paths: Sequence[str], processes: int) -> set[str]:
    """Scans dumps for the posts, some files at a time, until all are found; a file that was read is not read again.

    The first file that has a post counts. A dump knows of no closed subreddits.
    """
    dumps, _ = find_dumps(paths)
    left = [dump for dump in dumps if not journal.listing(_mark(dump.file)).finished]
    at_once = max(1, processes)
    spelling = {name.lower(): name for name in scenarios["subreddit"].unique()}
    work = journal.path.parent / "parts"
    broken: dict[File, str] = {}
    while left and (unknown := journal.unanswered(scenarios["post_id"])):
        some, left = left[:at_once], left[at_once:]
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        wanted = Wanted(spelling, ids=frozenset(unknown))
        parts = archive.read_dumps(some, wanted, work, processes)
        found: dict[str, Mapping[str, Any]] = {}
        for part in parts:
            for row in pl.read_parquet(part.path).iter_rows(named=True):
                found.setdefault(row["post_id"], _as_reddit(row))
        journal.add_answers(found)
        breaks = dict(_broken(parts, some))
        for file in {dump.file for dump in some} - set(breaks):
            journal.add_page(_mark(file), Listing(), [], Listing(0, None, finished=True))
        broken |= breaks
    shutil.rmtree(work, ignore_errors=True)
    if broken and (unknown := journal.unanswered(scenarios["post_id"])):
        # What is behind the break would be taken for gone.
        dump, why = next(iter(broken.items()))
        raise InputError(
            f"{why}, and {len(unknown):,} posts are not found yet",
            where=str(dump),
            remedy="get the dump anew and hydrate again: what was found is kept",
        )
    journal.add_answers(dict.fromkeys(journal.unanswered(scenarios["post_id"])))
    return set()


def _broken(parts: Sequence[Part], dumps: Sequence[Dump]) -> Iterator[tuple[File, str]]:
    """Dumps that break off, and where."""
    for part, dump in zip(parts, dumps, strict=True):
        for row in part.ledger:
            if row["reason"] in BROKEN:
                yield dump.file, f"the dump is {row['reason']}: {row['detail']}"


def _as_reddit(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["post_id"],
        "subreddit": row["subreddit"],
        "created_utc": row["created_at"].timestamp(),
        "title": row["title"],
        "selftext": row["body"],
        "removed_by_category": _TAKEN_AWAY[row["state"]],
    }


def _mark(file: File) -> str:
    """The journal's name of a dump that was read."""
    return f"dump {file.place} {file.size} {file.mark}"

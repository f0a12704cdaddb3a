"""Reddit's listings: the newest, hottest and top posts of subreddits, and what a search finds in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.core import progress
from pipeline.params.posts import Listing
from pipeline.reddit import journal as journals
from pipeline.reddit.client import Client, Unavailable
from pipeline.reddit.journal import Journal
from pipeline.reddit.parts import Part, Tally, write_part

PAGE = 100
# Reddit ends every listing at about 1,000 posts, fewer where some have gone: a listing that ends with this many
# was most likely cut, not exhausted.
NEAR_THE_CAP = 900


def harvest(
    client: Client,
    subreddits: Mapping[str, str],
    listings: Iterable[Listing],
    limit: int,
    journal: Journal,
    work: Path,
) -> list[Part]:
    """One part a subreddit and listing, from the journal where it has them.

    A subreddit that cannot be read is a ledger row (``subreddit_unavailable``) and asked for again in the next
    run; a listing that ends at a limit has a row ``listing_cap``. Each such row counts as a record.
    """
    # Keyed by name, because params may list the same listing twice.
    wanted = {_source(name, entry): (name, entry) for name in subreddits.values() for entry in listings}
    parts = []
    with progress.track("reading Reddit", unit="posts") as bar:
        for number, (source, (subreddit, listing)) in enumerate(wanted.items()):
            request = _request(subreddit, listing, limit)
            tally = Tally(source)
            before = journal.listing(request)
            bar.advance(before.items, note=f"{source} from the journal")
            try:
                end = _fetch(client, subreddit, listing, limit, journal, request, bar)
                if end.after is not None:
                    tally.line("listing_cap", 0, f"scrape.praw.limit was reached: {end.items:,} posts")
                elif end.items >= NEAR_THE_CAP:
                    tally.line(
                        "listing_cap", 0, f"Reddit ends listings at about 1,000 posts; {end.items:,} came"
                    )
            except Unavailable as error:
                tally.line("subreddit_unavailable", 0, str(error))
            parts.append(
                write_part(source, journal.items(request), subreddits, tally, work / f"{number:05}.parquet")
            )
    return parts


def _fetch(
    client: Client,
    subreddit: str,
    listing: Listing,
    limit: int,
    journal: Journal,
    request: str,
    bar: progress.Bar,
) -> journals.Listing:
    """Reads the listing to its end or limit, from where the journal left it."""
    path, query = _address(subreddit, listing)
    state = journal.listing(request)
    while not state.finished:
        wanted = min(PAGE, limit - state.items)
        page = {**query, "limit": wanted} | ({"after": state.after} if state.after else {})
        data = client.get(path, page, lambda words: bar.advance(0, note=words))["data"]
        posts = [child["data"] for child in data["children"] if child["kind"] == "t3"][:wanted]
        items = state.items + len(posts)
        after = data["after"] if posts else None
        reached = journals.Listing(items, after, after is None or items >= limit)
        journal.add_page(request, state, posts, reached)
        state = reached
        bar.advance(len(posts), note=f"{_source(subreddit, listing)}; {client.limits()}")
    return state


def _address(subreddit: str, listing: Listing) -> tuple[str, dict[str, Any]]:
    path = f"r/{subreddit}/{listing.kind}"
    if listing.kind == "search":
        query = {"q": listing.query, "restrict_sr": 1, "sort": "new", "t": listing.period, "type": "link"}
        return path, query
    return path, {"t": listing.period} if listing.kind == "top" else {}


def _source(subreddit: str, listing: Listing) -> str:
    source = f"r/{subreddit}/{listing.kind}"
    if listing.kind in ("top", "search"):
        source += f" ({listing.period})"
    return f"{source} {listing.query!r}" if listing.query is not None else source


def _request(subreddit: str, listing: Listing, limit: int) -> str:
    """The journal's key: everything that changes the answer."""
    return json.dumps([subreddit.lower(), listing.kind, listing.period, listing.query, limit])

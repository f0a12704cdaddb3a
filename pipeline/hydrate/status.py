"""What has become of posts that are known by id: still there, deleted, removed, behind a closed door, or gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.reddit.client import Client, Unavailable
from pipeline.reddit.post import Rejected, normalise

LIVE, DELETED, REMOVED, PRIVATE, GONE = "live", "deleted", "removed", "private", "gone"


def status_of(raw: Mapping[str, Any] | None, closed: bool) -> str:
    """One of the five for what Reddit has under an id; ``closed`` says whether its subreddit can be read at all.

    Reddit says nothing about a post that it does not give: where the subreddit is closed, that is why.
    """
    if raw is None:
        return PRIVATE if closed else GONE
    row = normalise(raw)
    return GONE if isinstance(row, Rejected) else row["state"]


def closed(client: Client, subreddits: Iterable[str]) -> set[str]:
    """Those subreddits that are private, banned or quarantined now: one request each."""
    found = set()
    for name in sorted(set(subreddits)):
        try:
            client.get(f"r/{name}/about", {}, lambda words: None)
        except Unavailable:
            found.add(name)
    return found

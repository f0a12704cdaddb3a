"""Asking Reddit which posts of a release are still there: what their authors took back, a release gives up too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.core.errors import InputError, ProviderError
from pipeline.params.refresh import Refresh
from pipeline.reddit import ids
from pipeline.reddit.client import Client
from pipeline.reddit.status import LIVE, closed, status_of
from pipeline.tables import Candidates, read_table
from pipeline.takedown.find import CANDIDATES, RELEASE
from pipeline.withdrawn.register import Loss, What


@dataclass(frozen=True, slots=True)
class Findings:
    """How many posts of the release are in each state, and those that are to leave."""

    states: dict[str, int]
    losses: dict[str, Loss]


def refresh(project: Path, client: Client, settings: Refresh) -> Findings:
    """Looks at every post of the release that is built in ``project``, scenarios and voted-out candidates alike.

    Nothing is kept of what Reddit answers, and nothing is changed. Raises ProviderError where so many posts are
    gone that a fault at the other end is likelier, because what leaves cannot be brought back.
    """
    posts = _posts(project)
    raw: dict[str, Mapping[str, Any] | None] = {}
    ids.fetch(client, list(posts), raw.update)
    shut = closed(client, (posts[post][0] for post, found in raw.items() if found is None))
    states = {post: status_of(found, posts[post][0] in shut) for post, found in raw.items()}
    losses = {
        post: Loss(state, posts[post][1])  # type: ignore[arg-type]
        for post, state in states.items()
        if state != LIVE and state in settings.take_down
    }
    if len(losses) > settings.max_share * len(posts):
        raise ProviderError(
            f"{len(losses):,} of {len(posts):,} posts would leave the release, more than refresh.max_share allows",
            where="Reddit's API",
            remedy="look at some of them by hand; if they are gone indeed, raise refresh.max_share",
        )
    return Findings(dict(Counter(states.values())), losses)


def _posts(project: Path) -> dict[str, tuple[str, What]]:
    """Subreddit and kind of every post in the release, by id; candidates have the subreddits of all."""
    release = project / RELEASE
    try:
        scenarios = pl.read_parquet(release / "scenarios/test.parquet", columns=["post_id"])["post_id"]
        votes = pl.read_parquet(release / "filter_votes/test.parquet", columns=["post_id"])["post_id"]
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"no release that can be read ({str(error).splitlines()[0]})",
            where=str(release),
            remedy="run `dvc repro` or `dvc pull` first",
        ) from None
    candidates = read_table(Candidates, project / CANDIDATES)
    subreddits = dict(candidates.select("post_id", "subreddit").iter_rows())
    used = set(scenarios)
    return {
        post: (subreddits[post], "scenario" if post in used else "candidate")
        for post in sorted(used | set(votes))
    }

"""Asking Reddit which of the posts that are kept here are still there: what their authors took back leaves.

Not only posts of a release: everything that was scraped, fetched or answered about is somebody's text that lies here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError, ProviderError
from pipeline.hydrate.status import LIVE, closed, status_of
from pipeline.params import Params
from pipeline.reddit import ids, journal
from pipeline.reddit.client import Client
from pipeline.responses.forget import subjects
from pipeline.tables import SCENARIO_ID
from pipeline.takedown.erase import tables
from pipeline.takedown.find import kinds
from pipeline.takedown.freeze import locked
from pipeline.withdrawn.register import Loss
from pipeline.withdrawn.rows import column


@dataclass(frozen=True, slots=True)
class Findings:
    """How many posts are in each state, and those that are to leave."""

    states: dict[str, int]
    losses: dict[str, Loss]


def refresh(project: Path, client: Client, params: Params) -> Findings:
    """Looks at every post that is kept in ``project``, one request for a hundred.

    Nothing is kept of what Reddit answers, and nothing is changed. Raises ProviderError where so many posts of the
    release (of all, where none is built) are gone that a fault at the other end is likelier, because what leaves cannot
    be brought back; InputError where tables are not here that DVC knows of.
    """
    posts = kept(project, params)
    if not posts:
        raise InputError(
            "no post is kept here", where=str(project), remedy="run `dvc repro` or `dvc pull` first"
        )
    raw: dict[str, Mapping[str, Any] | None] = {}
    ids.fetch(client, sorted(posts), raw.update)
    missing = (posts[post] for post, found in raw.items() if found is None)
    shut = closed(client, {subreddit for subreddit in missing if subreddit})
    states = {post: status_of(found, posts[post] in shut) for post, found in raw.items()}
    what = kinds(project, posts)
    losses = {
        post: Loss(state, what[post])
        for post, state in states.items()
        if state != LIVE and state in params.refresh.take_down
    }
    _doubt([post for post in posts if what[post] != "post"] or list(posts), losses, params.refresh.max_share)
    return Findings(dict(Counter(states.values())), losses)


def kept(project: Path, params: Params) -> dict[str, str | None]:
    """Every post that anything here is about, and its subreddit where that is known."""
    _all_tables_are_here(project)
    found: dict[str, str | None] = {}
    for file in tables(project, params):
        # What an answer is about; notes of the analysis have subjects too, which are no posts.
        subjects_of = (name for name, _ in column(file, "subject", "request_key"))
        for name in (*(name for (name,) in column(file, "post_id")), *subjects_of):
            if _is_post(name):
                found.setdefault(name, None)
        found |= {
            post: subreddit for post, subreddit in column(file, "post_id", "subreddit") if _is_post(post)
        }
    found |= {name: found.get(name) for name in subjects(project / params.responses.store) if _is_post(name)}
    if (folder := project / journal.FOLDER).exists():
        with journal.Journal(folder) as fetched:
            found |= {post: found.get(post) or subreddit for post, subreddit in fetched.subreddits().items()}
    return found


def _is_post(name: str | None) -> bool:
    return bool(name) and ids.parse(str(name)) == name and not re.fullmatch(SCENARIO_ID, str(name))


def _doubt(posts: list[str], losses: Mapping[str, Loss], most: float) -> None:
    gone = sum(post in losses for post in posts)
    if gone > most * len(posts):
        raise ProviderError(
            f"{gone:,} of {len(posts):,} posts would leave the release, more than refresh.max_share allows",
            where="Reddit's API",
            remedy="look at some of them by hand; if they are gone indeed, raise refresh.max_share",
        )


def _all_tables_are_here(project: Path) -> None:
    """InputError for a folder of posts that DVC has built and that is only in its cache or at a remote."""
    for out in (out["path"] for stage in locked(project).values() for out in stage.get("outs", ())):
        if out.startswith("data/") and not (project / out).exists():
            raise InputError(
                "DVC knows these tables, and they are not here: posts in them would not be looked at",
                where=out,
                remedy="`dvc pull` (or `dvc repro`) brings them",
            )

"""Which post somebody means, and what of the release it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.reddit.ids import parse
from pipeline.tables import SCENARIO_ID
from pipeline.withdrawn.register import What
from pipeline.withdrawn.rows import column

RELEASE = Path("data/release/valact-15k")
CANDIDATES = Path("data/filter/candidates.parquet")
# Where the pairs of post and scenario stand. The releases are asked too: while a stage runs, DVC has taken its tables
# away.
_DRAWN = ("data/assemble/scenarios.parquet", "data/judge/scenarios.parquet")
_RELEASED = (f"{RELEASE}/scenarios/test.parquet", "data/previous/*/scenarios/test.parquet")
_USED = (_DRAWN[0], *_RELEASED)
_VOTED = (
    str(CANDIDATES),
    f"{RELEASE}/filter_votes/test.parquet",
    "data/previous/*/filter_votes/test.parquet",
)


def resolve(project: Path, entry: str) -> tuple[str, What]:
    """The post's id and what it is, for a post's id, a fullname, a link, or a scenario's id.

    A table that cannot be read, as while it is being built, says nothing. Raises InputError for what is none of these,
    and for a scenario that no table here holds.
    """
    if re.fullmatch(SCENARIO_ID, entry):
        pairs = _rows(project, (*_DRAWN, *_RELEASED), "post_id", "scenario_id")
        post = next((post for post, scenario in pairs if scenario == entry), None)
        if post is None:
            raise InputError(
                "no table here holds this scenario",
                where=entry,
                remedy="give the post's id or link, or bring the tables with `dvc pull`; it may be taken down already",
            )
    elif (post := parse(entry)) is None:
        raise InputError("neither a post's id or link nor a scenario's id", where=entry)
    return post, kinds(project, [post])[post]


def kinds(project: Path, posts: Iterable[str]) -> dict[str, What]:
    """What each of the posts is, as far as the tables here tell."""
    wanted = set(posts)
    found: dict[str, What] = dict.fromkeys(wanted, "post")
    if wanted:
        found |= {post: "candidate" for (post,) in _rows(project, _VOTED, "post_id") if post in wanted}
        found |= {post: "scenario" for (post,) in _rows(project, _USED, "post_id") if post in wanted}
    return found


def _rows(project: Path, patterns: Iterable[str], *names: str) -> Iterator[tuple[str, ...]]:
    for pattern in patterns:
        for file in sorted(project.glob(pattern)):
            try:
                yield from column(file, *names)
            except InputError:  # being written at this moment
                continue

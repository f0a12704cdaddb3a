"""Which post somebody means, and what of the release it is."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.reddit.ids import parse
from pipeline.tables import SCENARIO_ID
from pipeline.withdrawn.register import What
from pipeline.withdrawn.rows import column

SCENARIOS = (Path("data/assemble/scenarios.parquet"), Path("data/judge/scenarios.parquet"))
RELEASE = Path("data/release/valact-15k")
CANDIDATES = Path("data/filter/candidates.parquet")


def resolve(project: Path, entry: str) -> tuple[str, What]:
    """The post's id and what it is, for a post's id, a fullname, a link, or a scenario's id.

    Raises InputError for what is none of these, and for a scenario that no table here holds.
    """
    drawn = [
        pair
        for path in SCENARIOS
        if (project / path).exists()
        for pair in column(project / path, "post_id", "scenario_id")
    ]
    if re.fullmatch(SCENARIO_ID, entry):
        post = next((post for post, scenario in drawn if scenario == entry), None)
        if post is None:
            raise InputError(
                "no table here holds this scenario",
                where=entry,
                remedy="give the post's id or link, or bring the tables with `dvc pull`; it may be taken down already",
            )
    elif (post := parse(entry)) is None:
        raise InputError("neither a post's id or link nor a scenario's id", where=entry)
    used = SCENARIOS[0]
    if (project / used).exists() and any(
        p == post for p, _ in column(project / used, "post_id", "scenario_id")
    ):
        return post, "scenario"
    if (project / CANDIDATES).exists() and any(p == post for (p,) in column(project / CANDIDATES, "post_id")):
        return post, "candidate"
    return post, "post"

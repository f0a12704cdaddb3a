"""Who the raters of a round are: only here, on the coordinator's machine, and only while it is asked."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pipeline.annotation import projects
from pipeline.annotation.client import Server, connect
from pipeline.annotation.exchange import current_rounds, fetch
from pipeline.annotation.rater_ids import rater_id
from pipeline.annotation.site import VALACT, Rated, Site
from pipeline.core.errors import InputError

# A page that is left open is no work: an item counts for so many seconds at most.
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the server; ``minutes`` is the time of their judgements, ``last`` when they gave the last one."""

    rater: str
    email: str
    name: str
    judged: int
    skipped: int
    minutes: float
    last: str


def people_of(server: Server, params: Rated, site: Site = VALACT) -> list[Person]:
    """Every member with what they did in the round and in those that its repairs led to, by e-mail address."""
    with connect(server) as client:
        members: Iterable[Any] = client.users.list()
        accounts = [(one.id, one.email or "", " ".join(filter(None, _names(one)))) for one in members]
        names = current_rounds(params, site)
        # All of them have the key of the first.
        first = next(iter(projects.of_round(client, names[0])), None)
        done = [
            one for name in names for _, made in fetch(client, server, name, site) for one in made.annotations
        ]
    found = []
    for id_, email, name in accounts:
        if first is None:
            break
        rater = rater_id(first.key, id_)
        mine = [one for one in done if one["rater"] == rater]
        seconds = sum(min(float(one["seconds"] or 0), LONGEST) for one in mine)
        skipped = sum(one["skipped"] for one in mine)
        last = max((one["updated_at"] for one in mine), default="")
        found.append(Person(rater, email, name, len(mine) - skipped, skipped, seconds / 60, last))
    return sorted(found, key=lambda one: one.email)


def _names(one: Any) -> tuple[str, str]:
    return one.first_name or "", one.last_name or ""


def as_csv(people: Iterable[Person]) -> str:
    """A line a person."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [one.name for one in fields(Person)])
    writer.writeheader()
    writer.writerows(asdict(one) for one in people)
    return text.getvalue()


def outside_git(path: Path) -> None:
    """InputError for a file that git would take: who links ids to people undoes the ids of all published judgements."""
    folder = path.absolute().parent
    inside = (
        subprocess.run(["git", "rev-parse"], cwd=folder, capture_output=True, check=False).returncode == 0
    )
    ignored = subprocess.run(
        ["git", "check-ignore", "-q", path.name], cwd=folder, capture_output=True, check=False
    )
    if inside and ignored.returncode != 0:
        raise InputError(
            "git would take this file, and it names who gave which judgement",
            where=str(path),
            remedy="name a file in .label-studio/, or outside the repository",
        )

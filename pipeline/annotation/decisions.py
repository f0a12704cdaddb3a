"""Who is taken out of a round, and who back in: decisions of the coordinator, dated, in the round's file, for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pipeline.annotation import rounds
from pipeline.annotation.rounds import ROUNDS, Round
from pipeline.core.errors import InputError

EXCLUDE, INCLUDE = "exclude", "include"


def excluded(made: Round) -> frozenset[str]:
    """The raters of a round whose last decision is that they do not count."""
    last = {one["rater"]: one["decision"] for one in made.decisions}
    return frozenset(rater for rater, decision in last.items() if decision == EXCLUDE)


def decide(
    rater: str,
    decision: str,
    why: str,
    names: Iterable[str],
    *,
    folder: Path = ROUNDS,
    day: dt.date | None = None,
) -> list[str]:
    """Adds a decision on a rater to each of the rounds ``names`` that has judgements of theirs, and says which.

    Judgements stay where they are. InputError where the rater is in none of the rounds, where nothing would change, or
    without a reason.
    """
    if not why.strip():
        raise InputError("a reason is needed: it is reported with the figures", where="--why")
    rounds_ = [rounds.known(name, folder) for name in names]
    mine = [made for made in rounds_ if any(rounds.rater_of(one) == rater for one in made.annotations)]
    if not mine:
        raise InputError(
            f"{rater} is no rater of {' or '.join(made.name for made in rounds_)}",
            where="RATER",
            remedy="`valact annotate status` lists the raters' ids",
        )
    changed = [made for made in mine if (rater in excluded(made)) != (decision == EXCLUDE)]
    if not changed:
        raise InputError(f"{rater} is {'out' if decision == EXCLUDE else 'in'} already", where="RATER")
    on = (day or dt.datetime.now(dt.UTC).date()).isoformat()
    for made in changed:
        row = {"rater": rater, "decision": decision, "why": why.strip(), "on": on}
        rounds.write(replace(made, decisions=(*made.decisions, row)), folder)
    return [made.name for made in changed]

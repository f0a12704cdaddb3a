"""Whether a run would get through: everything it needs, looked at before it starts.

What is looked at is resolved by the code of the run itself (params, endpoints, store, sources). No secret is
shown. Only ``online`` asks anybody anything, and nothing that costs money.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.doctor import machine
from pipeline.doctor.check import Check

if TYPE_CHECKING:
    from pipeline.recipe import Recipe


def examine(*, online: bool, today: dt.date, recipe: Recipe | None = None) -> Iterator[Check]:
    """Every check of a recipe (ValAct's where none is given), in the order in which a run would notice."""
    packages = list(machine.packages())
    yield from machine.python()
    yield from packages
    if any(check.state == "problem" for check in packages):
        yield Check("the rest", "note", "not looked at: it needs the packages")
        return
    yield from machine.rest()

    # Only now: what a run is made of imports the packages that were just looked for.
    from pipeline.doctor import run
    from pipeline.recipe import VALACT

    yield from run.checks(online=online, today=today, recipe=recipe or VALACT)

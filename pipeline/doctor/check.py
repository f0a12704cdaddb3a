"""What a check says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from pipeline.core.errors import ValActError

State = Literal["ok", "note", "warning", "problem"]


class Check(NamedTuple):
    """One thing that was looked at. A ``problem`` would stop the run, a ``warning`` may, a ``note`` does not."""

    what: str
    state: State
    found: str
    remedy: str | None = None


def guarded(what: str, checks: Iterator[Check]) -> Iterator[Check]:
    """The checks; an error of ours becomes a problem."""
    try:
        yield from checks
    except ValActError as error:
        yield problem(what, error)


def problem(what: str, error: ValActError) -> Check:
    """The error of ours as a check."""
    said = error.where and error.where != what
    found = f"{error.where}: {error.message}" if said else error.message
    return Check(what, "problem", found, error.remedy)

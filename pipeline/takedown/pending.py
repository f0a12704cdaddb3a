"""What a take-down has to know until all of it is done: ``.takedowns/pending.json``, which goes last."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.atomic import write_private
from pipeline.core.documents import read_json
from pipeline.core.errors import InputError, PendingError
from pipeline.takedown.shown import Shown
from pipeline.withdrawn.register import PRIVATE

FILE = PRIVATE / "pending.json"
LOCK = PRIVATE / "lock"
BROKEN = "delete the file and take the same posts down again, by their ids"


@dataclass(slots=True)
class Pending:
    """``stages`` that were up to date before anything was erased (None: not asked yet), ``posts`` that are to leave,
    and by what raters were ``shown`` them, which no table tells any more once it was erased."""

    stages: list[str] | None = None
    posts: set[str] = field(default_factory=set)
    shown: Shown = field(default_factory=Shown)

    @classmethod
    def read(cls, project: Path) -> Pending:
        path = project / FILE
        if not path.exists():
            return cls()
        found = read_json(path, remedy=BROKEN)
        try:
            return cls(found["stages"], set(found["posts"]), Shown.of_json(found.get("shown", {})))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"not what a take-down left to do ({type(error).__name__})",
                where=str(path),
                remedy=BROKEN,
            ) from None

    def write(self, project: Path) -> None:
        content = {"stages": self.stages, "posts": sorted(self.posts), "shown": self.shown.as_json()}
        write_private(json.dumps(content), project / FILE)

    def done(self, project: Path) -> None:
        for half in (project / PRIVATE).glob(f".{FILE.name}.*.part"):  # what a killed run left
            half.unlink(missing_ok=True)
        (project / FILE).unlink(missing_ok=True)


@contextmanager
def alone(project: Path, *, wait: bool, name: Path = LOCK) -> Iterator[None]:
    """One process at a time in the block; the lock dies with its process. PendingError where another is in it."""
    (project / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(project / name, os.O_RDWR | os.O_CREAT, 0o600), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise PendingError(
                "another take-down is at work here; the posts are in the register and can come into no release",
                where=str(project / name),
                remedy="when it is done, `valact takedown` without an id erases what is left of them",
            ) from None
        yield

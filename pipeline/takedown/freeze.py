"""Telling DVC that tables without the posts that were taken back are what their stages built.

A patch removes rows and moves none. Were the stages to run again, the quotas would draw another post for each
one that left, and the questions of a whole category would be dealt anew. So the stages up to assemble keep
what they built, less the rows, and only what follows them is built anew. A stage that was not up to date before is
left to run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.errors import InputError, PendingError
from pipeline.withdrawn.register import REGISTER

LOCK = "dvc.lock"
KEPT = ("scrape", "filter", "judge", "generate", "assemble")


def nobody_builds(project: Path) -> None:
    """PendingError while a stage that DVC started is at work: it would write what is being erased."""
    try:
        writing = json.loads((project / ".dvc/tmp/rwlock").read_text(encoding="utf-8")).get("write", {})
    except (OSError, ValueError, AttributeError):
        return
    alive = sorted({pid for one in writing.values() if _runs(pid := int(one["pid"]))})
    if alive:
        raise PendingError(
            "the posts are in the register and can come into no release, but nothing is erased yet: `dvc repro` is at "
            f"work here (process {', '.join(map(str, alive))})",
            where=str(project),
            remedy="when it is done, `valact takedown` without an id finishes this",
        )


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def built(project: Path) -> list[str]:
    """What DVC could commit: files that it was told of with `dvc add`, and the stages up to assemble that it has built.

    In this order: a stage that reads a folder also reads what DVC notes there of a file.
    """
    return [*_added(project), *(name for name in locked(project) if is_stage(name))]


def is_stage(name: str) -> bool:
    """Whether something of ``built`` is a stage."""
    return name.split("@")[0] in KEPT


def _added(project: Path) -> list[str]:
    return sorted(path.relative_to(project).as_posix() for path in (project / "data").rglob("*.dvc"))


def locked(project: Path) -> dict[str, Any]:
    """What dvc.lock says of each stage that dvc.yaml has, too.

    dvc.lock keeps the parts of a matrix that other params had (respondents of another profile), and DVC can commit no
    stage that is not in dvc.yaml. InputError where DVC cannot read the recipe.
    """
    if not (project / LOCK).exists():
        return {}
    stages = yaml.safe_load((project / LOCK).read_text(encoding="utf-8")).get("stages", {})
    known = set(_dvc(project, "stage", "list", "--name-only").split())
    return {name: stage for name, stage in stages.items() if name in known}


def up_to_date(project: Path, stages: Iterable[str]) -> list[str]:
    """Those of the stages and added files whose outputs are as built.

    That the register has changed since is no reason to run one again: what it names is about to leave.
    """
    if not (stages := list(stages)):
        return []
    changed = json.loads(_dvc(project, "status", "--json"))
    return [name for name in stages if _only_the_register(changed.get(name, ()))]


def _only_the_register(changes: Iterable[Any]) -> bool:
    """Whether these changes of a stage, as `dvc status` tells them, are of nothing else."""
    return all(
        isinstance(change, dict)
        and change.keys() == {"changed deps"}
        and set(change["changed deps"]) == {REGISTER.as_posix()}
        for change in changes
    )


def accept(project: Path, stages: Sequence[str]) -> None:
    """Makes what is there now the recorded state of stages and added files: dvc.lock and the cache follow."""
    if stages:
        _dvc(project, "commit", "--force", *stages)


def _dvc(project: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InputError(
            f"`dvc {arguments[0]}` failed: {(done.stderr.strip() or done.stdout.strip())[-500:]}",
            where=str(project / LOCK),
            remedy="the posts are in the register and can come into no release; when what it says is mended (or the "
            "other DVC is done), `valact takedown` without an id finishes this",
        )
    return done.stdout

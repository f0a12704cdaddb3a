"""Telling DVC that tables without the posts that were taken back are what their stages built.

A patch removes rows and moves none. Were the stages to run again, the quotas would draw another post for each
one that left, and the questions of a whole category would be dealt anew. So the stages up to assemble keep
what they built, less the rows, and only what follows them is built anew. A stage that was not up to date before is
left to run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from pipeline.core.errors import InputError

LOCK = "dvc.lock"
KEPT = ("scrape", "filter", "judge", "generate", "assemble")


def up_to_date(project: Path) -> list[str]:
    """Those stages up to assemble whose outputs are as built; none where DVC has built nothing yet."""
    if not (project / LOCK).exists():
        return []
    locked = yaml.safe_load((project / LOCK).read_text(encoding="utf-8"))["stages"]
    changed = json.loads(_dvc(project, "status", "--json"))
    return [name for name in locked if name.split("@")[0] in KEPT and name not in changed]


def accept(project: Path, stages: Sequence[str]) -> None:
    """Makes what is there now the recorded state of the stages: dvc.lock and the cache follow."""
    if stages:
        _dvc(project, "commit", "--quiet", "--force", *stages)


def _dvc(project: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InputError(
            f"`dvc {arguments[0]}` failed: {done.stderr.strip()[-500:]}",
            where=str(project / LOCK),
            remedy="mend what it says and run `valact takedown` again: it goes on where it stopped",
        )
    return done.stdout

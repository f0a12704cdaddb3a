"""One take-down from beginning to end, so that a stop at any point loses nothing and the next run goes on.

The register comes first: from then on the post can come into no release, whatever happens. What has to be known
until all is done (the posts, and which stages were up to date) waits in ``.takedowns/pending.json`` and goes last.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import params as settings
from pipeline.core.errors import ParamsError
from pipeline.params import Params
from pipeline.release import tombstones
from pipeline.takedown import freeze
from pipeline.takedown.erase import Erased, erase, find
from pipeline.takedown.find import RELEASE
from pipeline.withdrawn.register import PRIVATE, Loss, Register

PENDING = PRIVATE / "pending.json"
_VERSION = re.compile(
    r"^(release:.*?\n(?:[ #].*\n|\n)*?\s+version:\s*)([\"']?)(\d+)\.(\d+)\.(\d+)\2", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a take-down did: posts newly entered, what was erased, stages that kept their state, next version."""

    entered: int
    erased: Erased
    kept: list[str]
    version: str


def take_down(project: Path, losses: Mapping[str, Loss], day: dt.date, params: Params) -> Outcome:
    """Enters the posts, erases all that is held of them and of every post entered before, and raises the version.

    Without ``losses`` it finishes what was stopped, and cleans a copy that another machine brought.
    """
    register = Register.open(project)
    before = register.entries
    stages, posts = _pending(project)
    if stages is None:
        stages = freeze.up_to_date(project)
    posts |= set(losses)
    _remember(project, stages, posts)
    register = register.add(losses, day)
    posts |= find(project, register, params)
    erased = erase(project, posts, params)
    freeze.accept(project, stages)
    version = raise_version(project, params, register)
    (project / PENDING).unlink(missing_ok=True)
    return Outcome(len(register.entries) - len(before), erased, stages, version)


def raise_version(project: Path, params: Params, register: Register) -> str:
    """Where the release folder lacks a tombstone, makes release.version the patch version after its own.

    Several take-downs before the next build raise it once. Comments in params.yaml stay, and the profile that it
    is a copy of follows.
    """
    folder = project / RELEASE
    now = params.release.version
    if not (folder / "croissant.json").exists():
        return now
    known = {entry.id for entry in tombstones.read(folder)}
    lacking = any(entry.what != "post" and entry.id not in known for entry in register.entries)
    built = _numbers(json.loads((folder / "croissant.json").read_text(encoding="utf-8"))["version"])
    if not lacking or _numbers(now) > built:
        return now
    version = f"{built[0]}.{built[1]}.{built[2] + 1}"
    path = project / settings.PARAMS_FILE
    text = path.read_text(encoding="utf-8")
    new, count = _VERSION.subn(rf"\g<1>\g<2>{version}\g<2>", text)
    if count != 1:
        raise ParamsError(
            "release.version was not found where a line can be changed",
            where=str(path),
            remedy=f"set it to {version} by hand",
        )
    profile = project / settings.PROFILES / f"{params.profile}.yaml"
    if profile.exists() and profile.read_text(encoding="utf-8") == text:
        profile.write_text(new, encoding="utf-8")
    path.write_text(new, encoding="utf-8")
    return version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _pending(project: Path) -> tuple[list[str] | None, set[str]]:
    path = project / PENDING
    if not path.exists():
        return None, set()
    found = json.loads(path.read_text(encoding="utf-8"))
    return found["stages"], set(found["posts"])


def _remember(project: Path, stages: list[str], posts: set[str]) -> None:
    path = project / PENDING
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps({"stages": stages, "posts": sorted(posts)}), encoding="utf-8")
    part.replace(path)

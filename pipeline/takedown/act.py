"""One take-down from beginning to end, so that a stop at any point loses nothing and the next run goes on.

The register comes first, whatever else is the matter: from then on the post can come into no release. What has to be
known until all is done waits in ``.takedowns/pending.json`` and goes last.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import params as settings
from pipeline.core.atomic import write_text
from pipeline.core.documents import read_json, read_text
from pipeline.core.errors import ParamsError
from pipeline.params import Params
from pipeline.release import tombstones
from pipeline.takedown import freeze, places
from pipeline.takedown.erase import Erased, erase, find, tables
from pipeline.takedown.find import RELEASE, kinds
from pipeline.takedown.pending import Pending, alone
from pipeline.takedown.shown import shown
from pipeline.withdrawn.register import PRIVATE, Loss, Register

_WRITING = PRIVATE / "register.lock"
_VERSION = re.compile(
    r"^(release:.*?\n(?:[ #].*\n|\n)*?\s+version:\s*)([\"']?)(\d+)\.(\d+)\.(\d+)\2", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a take-down did: posts newly entered, what was erased, stages that kept their state, next version.

    ``notes`` are for the person who ran it: what was taken away where people work, and what nobody looked at.
    """

    entered: int
    erased: Erased
    kept: list[str]
    version: str
    notes: tuple[str, ...] = ()


def take_down(project: Path, losses: Mapping[str, Loss], day: dt.date, params: Params) -> Outcome:
    """Enters the posts, erases all that is held of them and of every post entered before, and raises the version.

    Without ``losses`` it finishes what was stopped, and cleans a copy that another machine brought. Raises
    PendingError while `dvc repro` or another take-down is at work, and what ``places.forget`` raises where a Label
    Studio server cannot be reached: the posts are in the register by then, and the next call finishes it.
    """
    entered = enter(project, losses, day)
    with alone(project, wait=False):
        pending = Pending.read(project)
        pending.posts |= set(losses)
        if pending.posts:
            pending.write(project)
        register = Register.open(project)
        freeze.nobody_builds(project)
        built = freeze.built(project)
        if pending.stages is None:
            pending.stages = freeze.up_to_date(project, built)
        kept = [stage for stage in pending.stages if stage in built]
        pending.posts |= find(project, register, params)
        register = _as_what_they_are(project, pending.posts, day)
        pending.shown |= shown(project, tables(project, params), pending.posts, params)
        version = next_version(project, params, register)
        raised = with_version(project, version) if version != params.release.version else None
        pending.write(project)
        # Nothing was erased so far, and all that can be known to fail has been looked at.
        notes, unreached = places.forget(project, pending)
        erased = erase(project, pending.posts, pending.shown, params)
        freeze.accept(project, kept)
        if raised is not None:
            write_params(project, params.profile, raised)
        if unreached is not None:
            raise unreached
        pending.done(project)
    if moving := sorted(filter(freeze.is_stage, set(built) - set(kept))):
        notes.append(
            f"{', '.join(moving)}: not up to date before this (`dvc status` says why; another profile is one reason), "
            "so that the next `dvc repro` runs them again and may draw other posts"
        )
    return Outcome(entered, erased, list(filter(freeze.is_stage, kept)), version, tuple(notes))


def enter(project: Path, losses: Mapping[str, Loss], day: dt.date) -> int:
    """Enters posts in the register and says how many were not in it; needs no table, no DVC and no server."""
    with alone(project, wait=True, name=_WRITING):
        register = Register.open(project)
        after = register.add(losses, day) if losses else register
    return len(after.entries) - len(register.entries)


def _as_what_they_are(project: Path, posts: set[str], day: dt.date) -> Register:
    """The register, with posts that were entered while their tables were away as what the tables now say."""
    with alone(project, wait=True, name=_WRITING):
        register = Register.open(project)
        entered = register.taken(posts)
        return register.add(
            {post: Loss("requested", what) for post, what in kinds(project, entered).items()}, day
        )


def next_version(project: Path, params: Params, register: Register) -> str:
    """release.version, or the patch version after that of the release folder where it lacks a tombstone.

    Several take-downs before the next build raise it once.
    """
    folder = project / RELEASE
    now = params.release.version
    if not (folder / "croissant.json").exists():
        return now
    known = {entry.id for entry in tombstones.read(folder)}
    lacking = any(entry.what != "post" and entry.id not in known for entry in register.entries)
    croissant = read_json(folder / "croissant.json", remedy="`dvc repro -f release` builds it anew")
    built = _numbers(croissant["version"])
    if not lacking or _numbers(now) > built:
        return now
    return f"{built[0]}.{built[1]}.{built[2] + 1}"


def with_version(project: Path, version: str) -> str:
    """params.yaml with this version; comments stay. ParamsError where it has no line for it."""
    path = project / settings.PARAMS_FILE
    new, count = _VERSION.subn(rf"\g<1>\g<2>{version}\g<2>", read_text(path))
    if count != 1:
        raise ParamsError(
            "release.version was not found where a line can be changed",
            where=str(path),
            remedy=f"set it to {version} by hand",
        )
    return new


def write_params(project: Path, profile: str, text: str) -> None:
    """Replaces params.yaml, and the profile that it is a copy of with it."""
    path, copied = project / settings.PARAMS_FILE, project / settings.PROFILES / f"{profile}.yaml"
    if copied.exists() and read_text(copied) == read_text(path):
        write_text(text, copied)
    write_text(text, path)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))

"""What a run needs of this machine."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.doctor.check import Check
from pipeline.masking.model import SPACY_MODEL

PACKAGE = "valact"
# What a builder has: everything but what tests need.
EXTRAS = ("", "load", "verify", "hydrate", "build")
# Free bytes below which a run is likely to stop, and below which a full-size one may.
TOO_LITTLE, LITTLE = 2**30, 10 * 2**30


def rest() -> Iterator[Check]:
    """Everything but Python and its packages."""
    yield from _spacy()
    yield from _git_and_dvc()
    yield from disk(Path.cwd(), "this folder")


def python() -> Iterator[Check]:
    # Newer syntax would have failed before this line; an older one is told so by the installer.
    yield Check("python", "ok", f"{sys.version.split()[0]} in {sys.prefix}")


def packages() -> Iterator[Check]:
    from packaging.requirements import Requirement

    remedy = "run `make repro` or `make test`: they install what the lock files say"
    try:
        requirements = [Requirement(line) for line in importlib.metadata.requires(PACKAGE) or []]
    except importlib.metadata.PackageNotFoundError:
        yield Check("packages", "problem", f"{PACKAGE} itself is not installed in this Python", remedy)
        return
    needed = [
        one
        for one in requirements
        if one.name != PACKAGE
        and (one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in EXTRAS))
    ]
    wrong = 0
    for requirement in needed:
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            version = None
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            wrong += 1
            yield Check(
                "packages", "problem", f"{requirement} is needed, {version or 'none'} is here", remedy
            )
    if not wrong:
        yield Check("packages", "ok", f"all {len(needed)} as required")


def _spacy() -> Iterator[Check]:
    if importlib.util.find_spec(SPACY_MODEL):
        yield Check("spaCy", "ok", f"model {SPACY_MODEL} {importlib.metadata.version(SPACY_MODEL)}")
    else:
        yield Check(
            "spaCy", "problem", f"the model {SPACY_MODEL} is missing", "run `make repro`: it installs it"
        )


def _git_and_dvc() -> Iterator[Check]:
    if shutil.which("git") is None:
        yield Check("git, DVC", "problem", "git is not installed", "install it: `dvc repro` needs it")
        return
    inside = subprocess.run(
        ["git", "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False
    )
    if inside.returncode:
        yield Check("git, DVC", "problem", "this folder is no git repository", "run `git init`, or clone it")
    elif not Path(".dvc").is_dir():
        yield Check("git, DVC", "problem", "there is no .dvc here", "run valact from the repository's root")
    else:
        yield Check("git, DVC", "ok", f"DVC {importlib.metadata.version('dvc')} in a git repository")


def disk(folder: Path, name: str) -> Iterator[Check]:
    free = shutil.disk_usage(folder).free
    text = f"{free / 2**30:,.1f} GiB free for {name}"
    if free < TOO_LITTLE:
        yield Check("disk", "problem", text, "free some room: a run writes tables, caches and answers")
    elif free < LITTLE:
        yield Check("disk", "warning", text, "a run of the paper's size may need more")
    else:
        yield Check("disk", "ok", text)

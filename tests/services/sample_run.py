"""The sample release built by `dvc repro`, once a test run, for tests that go on from there in copies of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from services.project import copy_project, repro, run_environment
from services.shared import once


def built() -> Path:
    """The sample release as `make repro` builds it, in a project of its own; for reading only."""
    return once("sample", _build) / "valact"


def sample_run(target: Path) -> Path:
    """A copy of a built project whose text is withheld, committed to its own git repository.

    Real posts are released without their text; so is the sample here, so that no release may hold any.
    """
    return copy_built(once("withheld", _build_withheld) / "valact", target)


def copy_built(project: Path, target: Path) -> Path:
    """A copy to change at will. DVC's cache is linked: its files are never written to, only put and deleted."""
    cache = project / ".dvc/cache"

    def link_or_copy(source: str, to: str) -> None:
        (os.link if Path(source).is_relative_to(cache) else shutil.copy2)(source, to)

    return Path(shutil.copytree(project, target, symlinks=True, copy_function=link_or_copy))


def _build(folder: Path) -> None:
    _succeed(repro(copy_project(folder / "valact")))


def _build_withheld(folder: Path) -> None:
    # Only what comes after the text is withheld runs again.
    project = copy_built(built(), folder / "valact")
    set_text(project, "withhold")
    shutil.copyfile(project / "params.yaml", project / "profiles/sample.yaml")
    _succeed(repro(project))
    commit(project, "built")


def set_text(project: Path, text: str) -> None:
    """Sets ``release.text`` in params.yaml."""
    params = project / "params.yaml"
    params.write_text(re.sub("text: (include|withhold)", f"text: {text}", params.read_text()))


def _succeed(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def commit(project: Path, message: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    run(project, "git", "add", "--all")
    run(project, "git", *identity, "commit", "--quiet", "--allow-empty", "--message", message)


def run(project: Path, *command: str, **environment: str) -> str:
    """What the command prints; it must succeed. ``valact`` and ``dvc`` are those of the project."""
    programs = {"valact": ["-c", "from pipeline.cli import main; main()"], "dvc": ["-m", "dvc"]}
    argv = [sys.executable, *programs[command[0]], *command[1:]] if command[0] in programs else [*command]
    done = subprocess.run(
        argv,
        cwd=project,
        env=run_environment(project) | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout

"""The sample release built once a test session by `dvc repro`, for tests that go on from there in copies of it."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from services.project import copy_project, repro, run_environment


@functools.cache
def _built() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="valact-sample-")
    project = copy_project(Path(folder.name) / "valact")
    # Real posts are released without their text; so is the sample here, so that no release may hold any.
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("text: include", "text: withhold"))
    shutil.copyfile(params, project / "profiles/sample.yaml")
    done = repro(project)
    assert done.returncode == 0, done.stdout + done.stderr
    commit(project, "built")
    return folder


def sample_run(target: Path) -> Path:
    """A copy of the built project (its text withheld), committed to its own git repository."""
    return Path(shutil.copytree(Path(_built().name) / "valact", target, symlinks=True))


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

"""The sample release built by `dvc repro`, once a test run, and what becomes of it: its text withheld, pushed to a
remote, a post taken back. Tests go on from there in copies.

What `dvc repro` built is the sample alone. Later states run the stages that differ in one process and tell DVC of them
(`dvc commit`): the libraries that each stage imports cost more than the stages do.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import params as settings
from pipeline.takedown import freeze
from services.project import copy_project, repro, run_environment, stages
from services.shared import once


def built() -> Path:
    """The sample release as `make repro` builds it, in a project of its own; for reading only."""
    return once("sample", _build) / "valact"


def sample_run(target: Path) -> Path:
    """A copy of a built project whose text is withheld, committed to its own git repository.

    Real posts are released without their text; so is the sample here, so that no release may hold any.
    """
    return copy_built(once("withheld", _build_withheld) / "valact", target)


def handed_over() -> Path:
    """The project whose text is withheld with a DVC remote, ``remote`` beside it, to which all was pushed; for reading
    only."""
    return once("handed-over", _hand_over) / "valact"


def taken_back() -> Path:
    """The same after `valact takedown` of ``victim``, what follows it built anew, and `dvc gc`; for reading only."""
    return once("taken-back", _take_back) / "valact"


def victim(project: Path) -> dict[str, Any]:
    """The row of a scenario in the middle of its cycle."""
    scenarios = pl.read_parquet(project / "data/assemble/scenarios.parquet")
    questions = pl.read_parquet(project / "data/assemble/questions.parquet").filter(cycle=0, cycle_scenario=2)
    return scenarios.filter(scenario_id=questions["scenario_id"][0]).row(0, named=True)


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
    _build_after(project, "release", "report", "publish")
    commit(project, "built")


def _hand_over(folder: Path) -> None:
    project = sample_run(folder / "valact")
    # Recorded transcripts of the user's own, as a paid run has them, which git does not hold.
    shutil.copyfile(
        project / "data/sample/transcripts/sample.parquet", project / "data/recorded/paid.parquet"
    )
    for name in ("params.yaml", "profiles/sample.yaml"):
        text = (project / name).read_text()
        (project / name).write_text(
            text.replace("transcripts: data/sample/transcripts", "transcripts: data/recorded")
        )
    run(project, "dvc", "add", "--quiet", "data/recorded/paid.parquet")
    # The same answers from another folder: nothing has to be built anew, but DVC does not know that.
    changed = json.loads(run(project, "dvc", "status", "--json", "--with-deps"))
    own = [stage for stage in changed if not stage.startswith("lens/")]
    run(project, "dvc", "commit", "--quiet", "--force", *own)
    run(project, "dvc", "remote", "add", "--default", "shared", str(folder / "remote"))
    run(project, "dvc", "push", "--quiet")
    commit(project, "handed over")


def _take_back(folder: Path) -> None:
    project = copy_built(handed_over(), folder / "valact")
    row = victim(project)
    link = f"https://www.reddit.com/r/{row['subreddit']}/comments/{row['post_id']}/a_title/"
    told = run(project, "valact", "takedown", link, "--yes")
    assert "1 posts taken back" in told
    assert "release.version is 0.1.1" in told
    done = run(project, "dvc", "repro", "release")
    for name in freeze.KEPT:
        assert f"Running stage '{name}" not in done, "a stage ran that would have drawn or dealt anew"
    assert "Running stage 'release'" in done
    respondents = settings.load(project / "params.yaml").respondents
    asked = [f"administer@{name}" for name in respondents]
    _build_after(project, *asked, "score", "analyse", "report", "publish")
    run(project, "dvc", "gc", "--workspace", "--force")


def _build_after(project: Path, *names: str) -> None:
    _succeed(stages(project, *names))
    run(project, "dvc", "commit", "--quiet", "--force", *names)


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

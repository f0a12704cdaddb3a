"""A copy of the repository to run whole pipelines in, and the loopback environment for its models."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def copy_project(target: Path, profile: str = "sample") -> Path:
    """A fresh git repository with the files that git knows here, set to a profile; nothing built, no store."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    shutil.copyfile(target / f"profiles/{profile}.yaml", target / "params.yaml")
    subprocess.run(["git", "init", "--quiet"], cwd=target, check=True)
    return target


def repro(project: Path, *targets: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `dvc repro`; the caller looks at its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "dvc", "repro", *targets],
        cwd=project,
        env=run_environment(project) | environment,
        capture_output=True,
        text=True,
        check=False,
    )


# Each stage as its script runs it; a part is named after an @, as DVC does.
STAGES = """
import sys
from importlib import import_module
for name in sys.argv[1:]:
    stage, _, part = name.partition("@")
    import_module(f"stages.{stage}").main(*filter(None, [part]))
"""


def stages(project: Path, *names: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs these stages in one process and without DVC, whose part in it other tests see; the caller looks at its exit
    code."""
    return subprocess.run(
        [sys.executable, "-c", STAGES, *names],
        cwd=project,
        env=run_environment(project) | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def run_environment(project: Path) -> dict[str, str]:
    """This environment, in which `python` is the one of the tests and the project's own modules come first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    modules = os.pathsep.join([str(project), *filter(None, [os.environ.get("PYTHONPATH")])])
    return os.environ | {"PATH": path, "PYTHONPATH": modules}


def loopback_keys(chat: str, dashscope: str) -> dict[str, str]:
    """The environment that sends every provider of profiles/paper.yaml to servers on this machine."""
    return {
        "OPENAI_BASE_URL": chat,
        "OPENAI_API_KEY": "loopback",
        "TOGETHER_BASE_URL": chat,
        "TOGETHER_API_KEY": "loopback",
        "DASHSCOPE_BASE_URL": dashscope,
        "DASHSCOPE_API_KEY": "loopback",
    }


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

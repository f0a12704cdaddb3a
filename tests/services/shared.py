"""Things that are built once a test run, whichever of its processes needs them first (`pytest -n`)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

VARIABLE = "VALACT_TESTS_SHARED"


def begin() -> Path | None:
    """The folder that the processes of this run share: made, and returned, by the first of them only."""
    if VARIABLE in os.environ:
        return None
    folder = Path(tempfile.mkdtemp(prefix="valact-tests-"))
    os.environ[VARIABLE] = str(folder)
    return folder


def once(name: str, build: Callable[[Path], object]) -> Path:
    """The folder that ``build`` has filled, for reading only; the others wait for the process that builds it.

    Where a build fails, its error is raised and the next process that asks tries anew.
    """
    home = Path(os.environ[VARIABLE])
    folder, whole = home / name, home / f"{name}.whole"
    with FileLock(home / f"{name}.lock"):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            build(folder)
            whole.touch()
    return folder

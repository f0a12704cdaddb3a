"""The tasks for evaluators that a release of the lens carries: its own, and the reading of answers of ValAct's."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.release import tasks
from pipeline.release.files import write_text
from pipeline.tables.content import text_sha256
from pipeline.values import Inventory

SOURCE = Path(__file__).with_name("evaluators")
OWN = "valact_lens.py"


def code(slugs: Sequence[str]) -> dict[str, str]:
    """The tasks' files by name, for a release of these values."""
    return tasks.code(slugs, SOURCE) | {tasks.SHARED: tasks.code(slugs)[tasks.SHARED]}


def write(folder: Path, inventory: Inventory, slugs: Sequence[str]) -> None:
    """Writes ``evaluators/`` into a release folder."""
    (folder / tasks.FOLDER).mkdir()
    for name, text in {**code(slugs), tasks.VALUES: tasks.definitions(inventory, slugs)}.items():
        write_text(text, folder / tasks.FOLDER / name)


def prompts(inventory: Inventory) -> dict[str, str]:
    """A hash of what each task asks, by its name; with all definitions of the inventory, so that a value that comes
    is no other prompt."""
    asked = shared(inventory)["asked"]
    return {name: text_sha256(asked(named=name == "lens_named")) for name in ("lens_named", "lens_unnamed")}


def shared(inventory: Inventory) -> dict[str, Any]:
    """What the lens's shared file defines, by name: our own code, which imports that of ValAct's tasks by its name."""
    name = Path(tasks.SHARED).stem
    reading = ModuleType(name)
    vars(reading).update(tasks.shared(inventory))
    found = list(sys.path)
    with tempfile.TemporaryDirectory(prefix="valact-tasks-") as folder:
        path = Path(folder) / OWN
        write_text(tasks.definitions(inventory), path.with_name(tasks.VALUES))
        names: dict[str, Any] = {"__file__": str(path), "__name__": "valact_lens_tasks"}
        sys.modules[name] = reading
        try:
            exec(compile(code(inventory.slugs)[OWN], str(path), "exec"), names)
        finally:
            del sys.modules[name]
            sys.path[:] = found
    return names

"""The tasks for evaluators that a release of the lens carries: its own, and the reading of answers of ValAct's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.release import tasks
from pipeline.release.files import write_text
from pipeline.values import Inventory

SOURCE = Path(__file__).with_name("evaluators")


def code(slugs: Sequence[str]) -> dict[str, str]:
    """The tasks' files by name, for a release of these values."""
    return tasks.code(slugs, SOURCE) | {tasks.SHARED: tasks.code(slugs)[tasks.SHARED]}


def write(folder: Path, inventory: Inventory, slugs: Sequence[str]) -> None:
    """Writes ``evaluators/`` into a release folder."""
    (folder / tasks.FOLDER).mkdir()
    for name, text in {**code(slugs), tasks.VALUES: tasks.definitions(inventory, slugs)}.items():
        write_text(text, folder / tasks.FOLDER / name)

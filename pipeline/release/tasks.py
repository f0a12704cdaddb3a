"""The ready tasks for evaluators that a release carries, and the values' definitions that go with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.core.documents import as_json
from pipeline.release.files import write_text
from pipeline.values import Inventory

SOURCE = Path(__file__).with_name("evaluators")
# Not at the top: ``load_dataset`` refuses a repository with a script of its own name there.
FOLDER = "evaluators"
VALUES = "values.json"
# A line of a source file with this stands there once for each value.
EACH = "EACH_VALUE"


def write(folder: Path, inventory: Inventory) -> None:
    """Writes ``evaluators/`` into a release folder."""
    target = folder / FOLDER
    target.mkdir()
    for name, text in {**code(inventory.slugs), VALUES: definitions(inventory)}.items():
        write_text(text, target / name)


def code(slugs: Sequence[str]) -> dict[str, str]:
    """The tasks' files by name, for a release of these values."""
    return {
        path.name: _filled(path.read_text(encoding="utf-8"), slugs) for path in sorted(SOURCE.glob("*.*"))
    }


def definitions(inventory: Inventory) -> str:
    """``values.json``: what the tasks tell of a value."""
    return as_json(
        {value.slug: {"name": value.name, "definition": value.definition} for value in inventory.values}
    )


def _filled(text: str, slugs: Sequence[str]) -> str:
    return "".join(
        filled
        for line in text.splitlines(keepends=True)
        for filled in ([line.replace(EACH, slug) for slug in slugs] if EACH in line else [line])
    )

"""The ready tasks for evaluators that a release carries, and the values' definitions that go with them."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.documents import as_json
from pipeline.release.files import write_text
from pipeline.values import Inventory

SOURCE = Path(__file__).with_name("evaluators")
# Not at the top: ``load_dataset`` refuses a repository with a script of its own name there.
FOLDER = "evaluators"
EACH = "EACH_VALUE"


def write(folder: Path, inventory: Inventory) -> None:
    """Writes ``evaluators/`` into a release folder; a line with ``EACH`` is there once for each value."""
    target = folder / FOLDER
    target.mkdir()
    for path in sorted(SOURCE.glob("*.*")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        text = "".join(line for each in lines for line in _each(each, inventory))
        write_text(text, target / path.name)
    values = {value.slug: {"name": value.name, "definition": value.definition} for value in inventory.values}
    write_text(as_json(values), target / "values.json")


def _each(line: str, inventory: Inventory) -> list[str]:
    return [line.replace(EACH, slug) for slug in inventory.slugs] if EACH in line else [line]

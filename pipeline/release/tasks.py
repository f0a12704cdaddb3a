"""The ready tasks for evaluators that a release carries, and the values' definitions that go with them."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.documents import as_json
from pipeline.release.files import write_text
from pipeline.values.schwartz import VALUES

SOURCE = Path(__file__).with_name("evaluators")
# Not at the top: ``load_dataset`` refuses a repository with a script of its own name there.
FOLDER = "evaluators"


def write(folder: Path) -> None:
    """Writes ``evaluators/`` into a release folder."""
    target = folder / FOLDER
    target.mkdir()
    for path in sorted(SOURCE.glob("*.*")):
        write_text(path.read_text(encoding="utf-8"), target / path.name)
    values = {value.slug: {"name": value.name, "definition": value.definition} for value in VALUES}
    write_text(as_json(values), target / "values.json")

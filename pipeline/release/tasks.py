"""The ready tasks for evaluators that a release carries, and the values' definitions that go with them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.core.documents import as_json
from pipeline.release.configs import LABELS
from pipeline.release.files import write_text
from pipeline.tables.content import text_sha256
from pipeline.values import Inventory

SOURCE = Path(__file__).with_name("evaluators")
# Not at the top: ``load_dataset`` refuses a repository with a script of its own name there.
FOLDER = "evaluators"
VALUES = "values.json"
# What the tasks share; a function of it whose name ends so words the prompt of a mode.
SHARED, PROMPT = "valact.py", "_prompt"
# A line of a source file with this stands there once for each value.
EACH = "EACH_VALUE"


def write(folder: Path, inventory: Inventory) -> None:
    """Writes ``evaluators/`` into a release folder."""
    target = folder / FOLDER
    target.mkdir()
    for name, text in {**code(inventory.slugs), VALUES: definitions(inventory)}.items():
        write_text(text, target / name)


def code(slugs: Sequence[str], source: Path = SOURCE) -> dict[str, str]:
    """The tasks' files by name, for a release of these values; ``source`` has those of the dataset."""
    return {
        path.name: _filled(path.read_text(encoding="utf-8"), slugs) for path in sorted(source.glob("*.*"))
    }


def definitions(inventory: Inventory, slugs: Sequence[str] = ()) -> str:
    """``values.json``: what the tasks tell of a value; of these, or of all of the inventory."""
    return as_json(
        {
            value.slug: {"name": value.name, "definition": value.definition}
            for value in inventory.values
            if not slugs or value.slug in slugs
        }
    )


def prompts(inventory: Inventory, options: int) -> dict[str, str]:
    """A hash of what each task asks, by its mode: of the prompts for one made-up question with so many options, each
    value being the one that is asked for in turn."""
    names = shared(inventory)
    asked = [_question(value, inventory.slugs, options) for value in inventory.slugs]
    return {
        name.removesuffix(PROMPT): text_sha256("\x1f".join(ask(question) for question in asked))
        for name, ask in sorted(names.items())
        if name.endswith(PROMPT) and not name.startswith("_")
    }


def shared(inventory: Inventory) -> dict[str, Any]:
    """What the tasks' shared file defines, by name: our own code, which is written to stand alone beside the
    definitions of the values."""
    with tempfile.TemporaryDirectory(prefix="valact-tasks-") as folder:
        path = Path(folder) / SHARED
        write_text(definitions(inventory), path.with_name(VALUES))
        names: dict[str, Any] = {"__file__": str(path), "__name__": "valact_tasks"}
        exec(compile(code(inventory.slugs)[SHARED], str(path), "exec"), names)
    return names


def _question(target: str, slugs: Sequence[str], options: int) -> dict[str, Any]:
    values = [target, *(slug for slug in slugs if slug != target)][:options]
    shown = [
        {"label": label, "position": at, "value": value, "text": f"Action {at}."}
        for at, (label, value) in enumerate(zip(LABELS, values, strict=False), start=1)
    ]
    return {"text": "A post.", "options": shown, "target_value": target, "target_position": 1}


def _filled(text: str, slugs: Sequence[str]) -> str:
    return "".join(
        filled
        for line in text.splitlines(keepends=True)
        for filled in ([line.replace(EACH, slug) for slug in slugs] if EACH in line else [line])
    )

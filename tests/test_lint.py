"""What must stand in one place only."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pipeline.filter.model import SPACY_MODEL

ROOT = Path(__file__).parent.parent


def test_the_spacy_model_is_the_one_that_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = [re.split(r"[=<>~ ]", line)[0].replace("-", "_") for line in project["dependencies"]]
    assert SPACY_MODEL in pinned
    naming = [path for path in (ROOT / "pipeline").rglob("*.py") if SPACY_MODEL in path.read_text()]
    assert [path.name for path in naming] == ["model.py"]


def test_invariants_do_not_go_away_with_python_o() -> None:
    """A bare ``assert`` is left out by ``python -O``, and says nothing of what was lost."""
    files = [*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "stages").glob("*.py")]
    bare = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*assert\b", line)
    ]
    assert bare == []

"""What must stand in one place only."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pipeline.masking.model import SPACY_MODEL

ROOT = Path(__file__).parent.parent


def test_the_spacy_model_is_the_one_that_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = [
        re.split(r"[=<>~ ]", line)[0].replace("-", "_")
        for line in project["optional-dependencies"]["hydrate"]
    ]
    assert SPACY_MODEL in pinned
    naming = [path for path in (ROOT / "pipeline").rglob("*.py") if SPACY_MODEL in path.read_text()]
    assert [path.name for path in naming] == ["model.py"]

"""The lens as what compares, signs and publishes its versions sees it."""

from __future__ import annotations

from typing import Any

from pipeline.lens.release import manifest
from pipeline.lens.release.configs import CONFIGS
from pipeline.recipe import LENS
from pipeline.release import facts
from pipeline.release.dataset import Dataset

# The columns that hold what an id names.
_CONTENTS = {"actions": ("text",), "pairs": ("expresses", "opposes"), "scenarios": ("country", "topic")}

DATASET: Dataset[Any] = Dataset(
    home=LENS.home,
    rebuild=manifest.REBUILD,
    read=manifest.read,
    schemas=lambda names: CONFIGS,
    facts=facts.common,
    of_respondents=frozenset({"ratings", "choices"}),
    contents=lambda config: _CONTENTS.get(config, ()),
    third="documents, and what respondents answered",
)

"""The part of every release that can be asked without hydration: questions about scenarios that were invented.

In the sample's release these are all questions, in one of real posts those of the sample, which lie beside it in
``data/sample``. They hold no text of anybody else's; an invented post has an id that no post of Reddit's has, and so
its scenario has an id that nobody else's has.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polars as pl

from pipeline.core.errors import InputError
from pipeline.release.configs import AuthoredConfig
from pipeline.release.dealt import Dealt
from pipeline.tables import bounded, conform
from pipeline.tables.ids import scenario_id

FILE = Path("data/sample/authored.parquet")
CONFIG = "authored"
# Letters and numbers of the sample's posts: valactc01 and so on.
LETTERS, NUMBERS = "abcdefghijklmnopqrstuvwxyz", range(1000)


def of_the_sample(root: Path, dealt: Dealt) -> pl.DataFrame:
    """Table AuthoredConfig of the sample's questions; none where a release has other values or numbers of options.
    InputError where the file is not there."""
    path = root / FILE
    if not path.exists():
        raise InputError("the file does not exist", where=str(path), remedy="`git checkout` brings it back")
    found = conform(AuthoredConfig, bounded.read(path), where=str(path))
    offered = found["options"].explode().struct.field("value").unique()
    options = found["options"].list.len().unique().to_list()
    fits = set(offered) <= set(dealt.values) and options == [dealt.design.options]
    return found if fits else AuthoredConfig.create_empty()


def faults(authored: pl.DataFrame) -> Iterator[str]:
    """Where the config holds a scenario that was not invented."""
    others = sorted(set(authored["scenario_id"]) - _invented())
    if others:
        yield f"{others[0]} is in config {CONFIG}, and is no invented scenario ({len(others)} in all)"


@cache
def _invented() -> frozenset[str]:
    """Ids of the scenarios that invented posts can have."""
    return frozenset(scenario_id(f"valact{letter}{number:02}") for letter in LETTERS for number in NUMBERS)

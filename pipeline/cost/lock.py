"""Whether a built table belongs to the params as they are now: dvc.lock knows with which ones stages ran."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.documents import read_yaml
from pipeline.recipe import VALACT, Recipe

LOCK = Path("dvc.lock")


def built_with(raw: Mapping[str, Any], *stages: str, recipe: Recipe = VALACT) -> bool:
    """Whether the stages ran with these params, by dvc.lock; without one, tables are taken as they are."""
    path = recipe.home / LOCK
    if not path.exists():
        return True
    lock = read_yaml(path, remedy="put the file back as git has it")
    for stage in stages:
        used = lock.get("stages", {}).get(stage, {}).get("params", {}).get(str(recipe.params_file), {})
        if any(_plain(value) != _plain(_look_up(raw, key)) for key, value in used.items()):
            return False
    return True


def _look_up(raw: Mapping[str, Any], dotted: str) -> Any:
    value: Any = raw
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _plain(value: Any) -> Any:
    """DVC writes days as text."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value

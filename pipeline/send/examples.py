"""annotations/examples.yaml: worked examples for the guidelines, and the items of the training before a round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.annotation.labelling import FOLDER
from pipeline.core.documents import read_yaml
from pipeline.core.errors import InputError
from pipeline.tables import NONE
from pipeline.values import Inventory

FILE = FOLDER / "examples.yaml"


@dataclass(frozen=True, slots=True)
class Example:
    """A situation, what the person does, the value that this expresses, and why; ``why`` is empty in a test."""

    situation: str
    action: str
    answer: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Examples:
    """``worked`` has examples by value; ``pairs`` two values and how they are told apart; ``training`` is in order."""

    worked: Mapping[str, Sequence[Example]]
    pairs: Sequence[tuple[str, str, str]]
    training: Sequence[Example]


def read(values: Inventory, path: Path = FILE) -> Examples:
    """Those of the inventory's values; of another inventory's there are none. InputError for a file that is not one."""
    found = read_yaml(path, remedy="take it back from git")
    known = {*values.slugs, NONE}
    try:
        worked = {
            slug: [Example(one["situation"], one["action"], slug, one["why"]) for one in several]
            for slug, several in found["values"].items()
            if slug in known
        }
        pairs = [(*map(str, one["between"]), str(one["tell"])) for one in found["pairs"]]
        training = [_item(one) for one in found["training"]]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"not the examples of the guidelines ({error!r})", where=str(path)) from None
    if any(one.answer not in known for one in training):
        training = []
    mine = [(first, second, tell) for first, second, tell in pairs if {first, second} <= known]
    return Examples(worked, mine, training)


def _item(one: Mapping[str, Any]) -> Example:
    return Example(one["situation"], one["action"], one["answer"], one.get("why", ""))

"""Which data set a command about releases is about: by the recipe that it is told, or by what a folder says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import InputError
from pipeline.recipe import LENS, Recipe

if TYPE_CHECKING:
    from pipeline.publish.target import Target


def built(recipe: Recipe) -> Target:
    """That of a recipe, whose release is built here."""
    from pipeline.lens.publish.target import LENS as SECOND
    from pipeline.publish.valact import VALACT as FIRST

    return SECOND if recipe is LENS else FIRST


def of(folder: Path) -> Target:
    """The one that a release folder says it is of; ValAct's where it says nothing."""
    from pipeline.lens.publish.target import LENS as SECOND
    from pipeline.lens.verify import is_lens
    from pipeline.publish.valact import VALACT as FIRST

    return SECOND if is_lens(folder) else FIRST


def of_both(old: Path, new: Path) -> Target:
    """The one that both folders are of; InputError where they are of two."""
    found = of(new)
    if of(old) is not found:
        raise InputError(
            "a release of another data set: nothing of the one is in the other",
            where=str(old),
            remedy="name two versions of one data set",
        )
    return found

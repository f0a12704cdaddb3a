"""The recipes: the steps of each in order, by name. Its dvc.yaml orders them; this names them for everything else."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.core.errors import ParamsError
from pipeline.params.common import Common
from pipeline.step import Step


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe. ``home``: the folder of its dvc.yaml, params.yaml, profiles and data. Its ``steps`` and ``params`` are
    packages of ``pipeline``, or of one ``inside`` that. The steps ``beside`` have a command each and no stage: a run of
    the recipe neither makes nor pays for what they do."""

    name: str
    home: Path
    inside: tuple[str, ...]
    steps: tuple[str, ...]
    beside: tuple[str, ...] = ()

    @property
    def params_file(self) -> Path:
        return self.home / "params.yaml"

    @property
    def profiles(self) -> Path:
        return self.home / "profiles"

    @property
    def command(self) -> str:
        """What runs it."""
        return "dvc repro" if self.home == Path() else f"dvc repro {self.home / 'dvc.yaml'}"

    def load(self, path: Path | None = None) -> Common:
        """Its params; ParamsError names the key, its value and what is allowed."""
        found: Common = self._module("params").load(path or self.params_file)
        return found

    def step(self, name: str) -> Step[Any]:
        """The step of that name: ``STEP`` of its module ``step``, which is loaded only now."""
        found: Step[Any] = self._module(name, "step").STEP
        return found

    def _module(self, *names: str) -> Any:
        return import_module(".".join(("pipeline", *self.inside, *names)))

    def asking(self) -> list[Step[Any]]:
        """The steps that ask models, in order."""
        return [found for found in map(self.step, self.steps) if found.ask is not None]


VALACT = Recipe(
    "valact",
    Path(),
    (),
    (
        "scrape",
        "filter",
        "judge",
        "generate",
        "assemble",
        "send",
        "collect",
        "validate",
        "release",
        "administer",
        "score",
        "analyse",
        "report",
        "publish",
    ),
    ("author", "freetext", "probe", "translate"),
)
LENS = Recipe(
    "lens",
    Path("lens"),
    ("lens",),
    (
        "grid",
        "generate",
        "assemble",
        "send",
        "collect",
        "validate",
        "administer",
        "score",
        "predict",
        "analyse",
        "report",
        "release",
        "publish",
    ),
)
RECIPES = {recipe.name: recipe for recipe in (VALACT, LENS)}

STEPS, step, asking = VALACT.steps, VALACT.step, VALACT.asking


def named(name: str) -> Recipe:
    """The recipe of that name; ParamsError lists those that there are."""
    if name not in RECIPES:
        raise ParamsError(f"there is no recipe {name!r}; known are {', '.join(RECIPES)}", where="--recipe")
    return RECIPES[name]

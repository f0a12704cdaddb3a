"""The recipe of ValAct-15k: its steps in order. dvc.yaml orders them; this names them for everything else."""

from __future__ import annotations

from importlib import import_module

from pipeline.step import Step

STEPS = (
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
)


def step(name: str) -> Step:
    """The step of that name: ``STEP`` of ``pipeline.<name>.step``, which is loaded only now."""
    found: Step = import_module(f"pipeline.{name}.step").STEP
    return found


def asking() -> list[Step]:
    """The steps that ask models, in order."""
    return [found for found in map(step, STEPS) if found.ask is not None]

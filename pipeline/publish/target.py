"""What publishing a data set takes beside its folder: what checks it, and what of it never leaves this machine.

Each recipe has one: ValAct's is ``pipeline.publish.valact``, the lens's ``pipeline.lens.publish.target``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.params.build import Release
from pipeline.params.publish import Publish
from pipeline.release.dataset import Dataset
from pipeline.verify import Result


class Publishes(Protocol):
    """Params of a recipe whose release is published."""

    @property
    def release(self) -> Release: ...
    @property
    def publish(self) -> Publish: ...


@dataclass(frozen=True, slots=True)
class Target:
    """``folder``: the release that is built here. ``verify``: every check of a folder. ``closed`` raises where a folder
    holds what is never published, whatever params and manifest say; ``objections`` are sentences against publishing it
    with these params, beside those that hold for all. ``invented``: what its built-in sample is."""

    dataset: Dataset[Any]
    folder: Path
    verify: Callable[[Path], list[Result]]
    closed: Callable[[Path, Any], None]
    objections: Callable[[Any, Any], list[str]]
    invented: str

    @property
    def stage(self) -> str:
        """Its stage ``publish``, as DVC calls it."""
        return self._stage("publish")

    @property
    def release_stage(self) -> str:
        return self._stage("release")

    @property
    def receipt(self) -> Path:
        """What was published where, or why nothing was."""
        return self.dataset.data / "published.json"

    def _stage(self, name: str) -> str:
        home = self.dataset.home
        return name if home == Path() else f"{home / 'dvc.yaml'}:{name}"

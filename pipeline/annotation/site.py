"""Where a recipe holds its rounds, and how its items differ from those of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import dataframely as dy

from pipeline.annotation import labelling, rounds
from pipeline.params.validation import Round as Settings
from pipeline.tables import Items
from pipeline.tables.places import DATA


class Rated(Protocol):
    """Params of a recipe whose actions people judge."""

    @property
    def validation(self) -> Settings: ...


def _everybody(annotation: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Site:
    """The folder ``home`` of a recipe. ``items`` is the schema of its items, of which exchange needs item_id and round.

    ``wanted`` says of an annotation whether its rater is one whom its item wants; who is not leaves its place to
    another one.
    """

    home: Path = Path()
    items: type[dy.Schema] = Items
    wanted: Callable[[Mapping[str, Any]], bool] = _everybody

    @property
    def send(self) -> Path:
        """What raters get."""
        return self.home / DATA / "send"

    @property
    def rounds(self) -> Path:
        """What they gave."""
        return self.home / rounds.ROUNDS

    @property
    def labelling(self) -> Path:
        return self.home / labelling.CONFIG

    @property
    def guidelines(self) -> Path:
        return self.home / labelling.GUIDELINES

    @property
    def params_file(self) -> str:
        return (self.home / "params.yaml").as_posix()

    @property
    def again(self) -> str:
        """The command that draws its items."""
        return f"`dvc repro {self._stage('send')}`"

    @property
    def repro(self) -> list[str]:
        """The arguments of dvc that run what follows from judgements: their figures alone while no release was built,
        which needs more than judgements."""
        if (self.home / DATA / "release").exists():
            return ["repro", "--downstream", self._stage("collect")]
        return ["repro", self._stage("validate")]

    @property
    def option(self) -> str:
        """What follows `valact annotate ...` to be about it."""
        return f" --recipe {self.home}" if self.home != Path() else ""

    def _stage(self, name: str) -> str:
        return name if self.home == Path() else f"{(self.home / 'dvc.yaml').as_posix()}:{name}"


VALACT = Site()

"""A data set as what compares, signs and publishes its versions sees it: where it is built, and what its folders say.

Each recipe has one: ValAct's is here, the lens's is ``pipeline.lens.release.dataset``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import dataframely as dy

from pipeline.core.errors import ParamsError
from pipeline.params import PARAMS_FILE
from pipeline.release import facts, manifest
from pipeline.release.configs import OF_RESPONDENTS
from pipeline.release.facts import FactChange
from pipeline.release.manifest import Described
from pipeline.release.translated import NAME, schemas
from pipeline.tables.places import DATA

M = TypeVar("M", bound=Described)


@dataclass(frozen=True, slots=True)
class Dataset(Generic[M]):
    """``home``: the folder of its recipe. ``rebuild``: what builds its release. ``read``: the manifest of a release
    folder, InputError where it has none. ``schemas``: those of its configs, and of what else is named. ``facts``: what
    two folders say otherwise of themselves. ``of_respondents``: configs that tell of respondents and not of the data.
    ``contents``: of a config, the columns that hold what an id names, or its hash. ``third``: what its changelog says
    the third number of a version is for."""

    home: Path
    rebuild: str
    read: Callable[[Path], M]
    schemas: Callable[[Iterable[str]], Mapping[str, type[dy.Schema]]]
    facts: Callable[[Path, M, Path, M], Iterator[FactChange]]
    of_respondents: frozenset[str]
    contents: Callable[[str], tuple[str, ...]]
    third: str

    @property
    def params_file(self) -> Path:
        return self.home / PARAMS_FILE

    @property
    def data(self) -> Path:
        return self.home / DATA

    def previous(self, named: str | None) -> Path | None:
        """The folder of the version before, if params name one; ParamsError where it is not there."""
        if named is None:
            return None
        folder = Path(named)
        if not folder.is_dir():
            raise ParamsError(
                f"release.previous: there is no folder {str(folder)!r}",
                where=str(self.params_file),
                remedy="`valact release fetch OWNER/NAME@TAG` brings a published version to "
                f"{self.data / 'previous'}/",
            )
        return folder


# The columns that hash what an id names (pipeline/tables/content.py).
_CONTENTS = {"questions": ("content_sha256",), "actions": ("text_sha256",), "scenarios": ("text_sha256",)}


def _contents(config: str) -> tuple[str, ...]:
    return _CONTENTS.get("questions" if NAME.fullmatch(config) else config, ())


VALACT: Dataset[Any] = Dataset(
    home=Path(),
    rebuild=manifest.REBUILD,
    read=manifest.read,
    schemas=schemas,
    facts=facts.changed,
    of_respondents=OF_RESPONDENTS,
    contents=_contents,
    third="documents, results of respondents, and posts that were taken back",
)

"""release.json of the lens: what a release is, for programs; ``dataset`` tells it from ValAct's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pydantic

from pipeline.core.documents import as_json
from pipeline.lens import about
from pipeline.lens.params import Params
from pipeline.lens.release import tasks
from pipeline.lens.release.configs import CONFIGS
from pipeline.recipe import LENS
from pipeline.release.configs import SPLIT
from pipeline.release.manifest import CLOSED, FILE, Config, ConfigName, Slug, Version, config, read_as
from pipeline.step.about import licence_of
from pipeline.verdict.gate import Verdict

SCHEMA_VERSION = 1
REBUILD = f"dvc repro {LENS.home / 'dvc.yaml'}:release"


@dataclass(frozen=True, slots=True)
class Manifest:
    """``missing`` has a sentence for each thing that validation lacks; the axes are ``countries``, ``topics`` and the
    ``values`` asked about; ``prompts`` has a hash of what each task asks (see ``tasks.prompts``)."""

    __pydantic_config__ = CLOSED

    name: str
    dataset: Literal["lens"]
    canary: str
    version: Version
    schema_version: int
    sample: bool
    validated: bool
    round: str
    missing: list[str]
    licence: str
    countries: list[str]
    topics: list[str]
    values: list[Slug]
    configs: dict[ConfigName, Config]
    prompts: dict[str, str] | None = None

    def json(self) -> str:
        return as_json(asdict(self))


def manifest(folder: Path, params: Params, verdict: Verdict) -> Manifest:
    """The manifest of the release whose Parquet files are in ``folder``."""
    return Manifest(
        name=about.NAME,
        dataset="lens",
        canary=about.canary(params),
        version=params.release.version,
        schema_version=SCHEMA_VERSION,
        sample=about.is_sample(params),
        validated=verdict.validated,
        round=verdict.round,
        missing=verdict.missing,
        licence=licence_of(params.release.licence).id,
        countries=list(params.countries),
        topics=list(params.topics),
        values=list(params.asked),
        configs={name: config(folder / name / f"{SPLIT}.parquet") for name in CONFIGS},
        prompts=tasks.prompts(params.values),
    )


def read(folder: Path) -> Manifest:
    """The manifest of a release folder of the lens; InputError where there is none, or none that can be read."""
    return read_as(_MANIFEST, folder / FILE, REBUILD)


_MANIFEST = pydantic.TypeAdapter(Manifest)

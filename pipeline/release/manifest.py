"""release.json: what a release is, for programs: whether it may be published, and what to compare versions by.

A function of params, files and verdict alone: no date, no machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
import pydantic

from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.params.posts import Masking
from pipeline.release import wording
from pipeline.release.configs import CONFIGS, SPLIT
from pipeline.release.files import sha256
from pipeline.validate.gate import Verdict

FILE = "release.json"
# Goes up when a field of a config goes, or changes its name, type or meaning.
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Config:
    """One config's only file."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """``missing`` has a sentence for each thing that validation lacks, and is empty where ``validated``.

    ``masking`` is how personal data was masked: without it nobody could make the same text from the same post.
    """

    name: str
    version: str
    schema_version: int
    sample: bool
    text: Literal["include", "withhold"]
    masking: Masking
    validated: bool
    missing: list[str]
    figures: dict[str, Any]
    configs: dict[str, Config]

    def json(self) -> str:
        return (
            json.dumps(
                asdict(self) | {"masking": self.masking.model_dump()},
                indent=2,
                ensure_ascii=False,
                allow_nan=False,
            )
            + "\n"
        )


def manifest(folder: Path, verdict: Verdict, params: Params) -> Manifest:
    """The manifest of the release whose Parquet files are in ``folder``."""
    files = {name: folder / name / f"{SPLIT}.parquet" for name in CONFIGS}
    return Manifest(
        name=wording.NAME,
        version=params.release.version,
        schema_version=SCHEMA_VERSION,
        sample=wording.is_sample(params),
        text=params.release.text,
        masking=params.filter.masking,
        validated=verdict.validated,
        missing=verdict.missing,
        figures=verdict.figures,
        configs={name: Config(pq.read_metadata(file).num_rows, sha256(file)) for name, file in files.items()},
    )


def read(folder: Path) -> Manifest:
    """The manifest of a release folder; InputError where there is none, or none that can be read."""
    path = folder / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            "the file does not exist: this is no release folder",
            where=str(path),
            remedy="run `dvc repro release` to build one",
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _unreadable(path, f"not JSON: {error}") from None
    if not isinstance(found, Mapping) or set(found) != set(Manifest.__dataclass_fields__):
        raise _unreadable(path, f"not the fields of a manifest: {', '.join(Manifest.__dataclass_fields__)}")
    try:
        configs = {name: Config(**config) for name, config in found["configs"].items()}
    except (TypeError, AttributeError):
        raise _unreadable(path, "configs: rows and sha256 of each are needed") from None
    try:
        masking = Masking.model_validate(found["masking"])
    except pydantic.ValidationError:
        raise _unreadable(path, "masking: entities are needed") from None
    return Manifest(**{**found, "configs": configs, "masking": masking})


def _unreadable(path: Path, problem: str) -> InputError:
    return InputError(problem, where=str(path), remedy="run `dvc repro release` to build the release again")

"""release.json: what a release is, for programs: whether it may be published, and what to compare versions by.

A function of params, files and verdict alone: no date, no machine. One that is read may be anybody's: its version
and the names of its configs become parts of paths, and are refused where they are anything else than such names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar

import polars as pl
import pydantic
from pydantic import ConfigDict, Field

from pipeline import designs
from pipeline.core.documents import as_json, first_fault, read_json
from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.params.posts import Masking
from pipeline.release import software, tasks
from pipeline.release.configs import SPLIT
from pipeline.release.dealt import Dealt
from pipeline.release.files import content_sha256, sha256
from pipeline.release.translated import present
from pipeline.step import about
from pipeline.values import load as load_inventory
from pipeline.verdict.gate import Verdict

FILE = "release.json"
REBUILD = "dvc repro release"
# Goes up when a field of a config goes, or changes its name, type or meaning.
SCHEMA_VERSION = 1
# What every release was made of before manifests said so.
FIRST_INVENTORY, FIRST_DESIGN = "schwartz10", "ten_by_four"
CLOSED = ConfigDict(extra="forbid")
# ASCII alone: \d and \w would take digits and letters of any script.
Version = Annotated[str, Field(pattern=r"\A(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){2}\z")]
Slug = Annotated[str, Field(pattern=r"\A[a-z][a-z0-9_]{0,63}\z")]
ConfigName = Annotated[str, Field(pattern=r"\A[a-z][a-z0-9_]{0,63}\z")]


@dataclass(frozen=True, slots=True)
class Config:
    """One config's only file; ``content_sha256`` is of its rows, and the same whatever wrote them to the file."""

    __pydantic_config__ = CLOSED

    rows: Annotated[int, Field(ge=0)]
    sha256: str
    content_sha256: str | None = None


class Described(Protocol):
    """What release.json of every data set says."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def schema_version(self) -> int: ...
    @property
    def sample(self) -> bool: ...
    @property
    def validated(self) -> bool: ...
    @property
    def missing(self) -> list[str]: ...
    @property
    def configs(self) -> Mapping[str, Config]: ...
    @property
    def licence(self) -> str | None: ...
    @property
    def prompts(self) -> dict[str, str] | None: ...
    @property
    def canary(self) -> str | None: ...


M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Manifest:
    """``missing`` has a sentence for each thing that validation lacks, and is empty where ``validated``.

    ``masking`` is how personal data was masked: without it nobody could make the same text from the same post.
    ``values`` and ``design`` are what the questions were dealt from; a manifest without them is of a release of
    ValAct-15k's ten values and its design. ``prompts`` has a hash of what each task asks (see ``tasks.prompts``),
    ``software`` the versions of what masked the texts and wrote the files. ``canary`` is the line that stands in the
    documents and in the headers of the configs' files.
    """

    __pydantic_config__ = CLOSED

    name: str
    version: Version
    schema_version: int
    sample: bool
    text: Literal["include", "withhold"]
    masking: Masking
    validated: bool
    missing: list[str]
    figures: dict[str, Any]
    configs: dict[ConfigName, Config]
    values: tuple[Slug, ...] | None = None
    design: dict[str, Any] | None = None
    licence: str | None = None
    prompts: dict[str, str] | None = None
    software: dict[str, str] | None = None
    canary: str | None = None

    def json(self) -> str:
        return as_json(asdict(self) | {"masking": self.masking.model_dump()})


def manifest(folder: Path, verdict: Verdict, params: Params) -> Manifest:
    """The manifest of the release whose Parquet files are in ``folder``."""
    files = {name: folder / name / f"{SPLIT}.parquet" for name in present(folder)}
    dealt = Dealt.of(params)
    return Manifest(
        name=about.NAME,
        version=params.release.version,
        schema_version=SCHEMA_VERSION,
        sample=about.is_sample(params),
        text=params.release.text,
        masking=params.filter.masking,
        validated=verdict.validated,
        missing=verdict.missing,
        figures=verdict.figures,
        values=dealt.values,
        design=designs.as_data(dealt.design),
        licence=about.licence(params).id,
        prompts=tasks.prompts(params.values, dealt.design.options),
        software=software.versions(),
        canary=about.canary(params),
        configs={name: config(file) for name, file in files.items()},
    )


def config(file: Path) -> Config:
    """What a manifest says of a config's file."""
    table = pl.read_parquet(file)
    return Config(table.height, sha256(file), content_sha256(table))


def read(folder: Path, file: str = FILE) -> Manifest:
    """The manifest of a release folder; InputError where there is none, or none that can be read."""
    return read_as(_MANIFEST, folder / file, REBUILD)


def read_as(kind: pydantic.TypeAdapter[M], path: Path, rebuild: str) -> M:
    """The manifest in a file, of a data set whose release the command ``rebuild`` builds; InputError."""
    remedy = _remedy(rebuild)
    found = read_json(path, remedy=remedy, missing=f"this is no release folder; `{rebuild}` builds one")
    try:
        return kind.validate_python(found)
    except pydantic.ValidationError as error:
        raise InputError(
            f"no manifest of a release: {first_fault(error)}", where=str(path), remedy=remedy
        ) from None


def _remedy(rebuild: str) -> str:
    return f"if it is yours, run `{rebuild}` to build the release again; if not, do not use this copy"


def dealt(found: Manifest | None) -> Dealt:
    """What the questions of a release were dealt from; InputError where its manifest holds no design for its values."""
    values = found.values if found and found.values else load_inventory(FIRST_INVENTORY).slugs
    if found is None or found.design is None:
        design = designs.load(FIRST_DESIGN)
    else:
        design = designs.of_data(found.design, FILE)
    if design.values != len(values):
        raise InputError(
            f"the design is for {design.values} values, and {len(values)} are named",
            where=FILE,
            remedy=_remedy(REBUILD),
        )
    return Dealt(values, design)


_MANIFEST = pydantic.TypeAdapter(Manifest)

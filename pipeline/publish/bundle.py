"""A release folder that is about to be published: what it holds, and what speaks against it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import verify as verification
from pipeline.core.errors import InputError, ValActError
from pipeline.params import Params
from pipeline.release import authored, manifest, step
from pipeline.release.checks import SAMPLE_POST
from pipeline.release.configs import SPLIT
from pipeline.release.files import sha256
from pipeline.release.manifest import Manifest
from pipeline.signature import release as signatures
from pipeline.tables import places
from pipeline.verify import SHOWN
from pipeline.verify.checksums import SIGNATURE, checksums, own_files

FOLDER = places.DATA / step.FOLDER
REBUILD = "run `dvc repro release` to build the release again"


@dataclass(frozen=True, slots=True)
class File:
    """``blob`` is the id that git gives to the content, by which a small file is known on the Hub."""

    path: Path
    size: int
    sha256: str
    blob: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A whole release: ``files`` by their path in the repository."""

    folder: Path
    manifest: Manifest
    files: dict[str, File]

    @property
    def tag(self) -> str:
        return f"v{self.manifest.version}"

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())


def load(folder: Path, params: Params, *, signed: bool = True) -> Bundle:
    """The release in ``folder``, which params describe; with its signature where it has one and ``signed``.

    Raises InputError where it is another version's, a file is not the one that SHA256SUMS lists, its signature is of
    another build, or what release.json says of posts and texts is not so; ValActError where it holds text of real
    posts.
    """
    described = manifest.read(folder)
    if described.version != params.release.version:
        raise InputError(
            f"the folder holds version {described.version}, params say {params.release.version}",
            where=str(folder),
            remedy=REBUILD,
        )
    _refuse(folder, checksums(folder))
    _holds_no_real_text(folder, described)
    files = _files(folder, described) if signed else own_files(folder)
    return Bundle(folder, described, {name: _file(path) for name, path in files.items()})


def verify(bundle: Bundle) -> None:
    """All that `valact release verify` checks; InputError with what it finds."""
    problems = (
        f"{result.name}: {problem}"
        for result in verification.verify(bundle.folder)
        for problem in (result.problems or [])
    )
    _refuse(bundle.folder, problems)


def objections(bundle: Bundle, params: Params) -> list[str]:
    """Why this release is not to be published as it stands: a sentence each."""
    described, found = bundle.manifest, []
    if described.sample and not params.publish.allow_sample:
        found.append(
            "it is the built-in sample, whose posts are invented, and would stand there as "
            f"{described.name} (publish.allow_sample: true overrides this)"
        )
    if not described.validated and not params.publish.allow_unvalidated:
        missing = f": {' '.join(described.missing)}" if described.missing else ""
        found.append(f"it is not validated{missing} (publish.allow_unvalidated: true overrides this)")
    if not described.sample and not params.release.contact:
        found.append("release.contact is empty: authors of posts must know whom to write to")
    return found


def _files(folder: Path, described: Manifest) -> dict[str, Path]:
    """The release's files, and its signature where it was signed; InputError where that is of another build."""
    signature = signatures.path_of(described.version)
    if not signature.exists():
        return own_files(folder)
    found, _ = signatures.problems(folder, signature)
    if found:
        raise InputError(
            found[0], where=str(signature), remedy="sign again (`valact release sign`), or delete it"
        )
    return own_files(folder) | {SIGNATURE: signature}


def _file(path: Path) -> File:
    content = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\x00" % len(content) + content, usedforsecurity=False).hexdigest()
    return File(path, len(content), sha256(path), blob)


def _refuse(folder: Path, problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise InputError("; ".join(found[:SHOWN]) + more, where=str(folder), remedy=REBUILD)


def _holds_no_real_text(folder: Path, described: Manifest) -> None:
    """Looks at the data itself, whatever params and release.json say."""
    scenarios = pl.read_parquet(folder / "scenarios" / f"{SPLIT}.parquet", columns=["post_id", "text"])
    questions = pl.read_parquet(folder / "questions" / f"{SPLIT}.parquet", columns=["text"])
    invented = bool(scenarios["post_id"].str.contains(SAMPLE_POST).all())
    if described.sample != invented:
        raise InputError(
            f"release.json says sample: {str(described.sample).lower()}, the ids of the posts say otherwise",
            where=str(folder),
            remedy=REBUILD,
        )
    strange = list(authored.faults(pl.read_parquet(folder / authored.CONFIG / f"{SPLIT}.parquet")))
    if strange:
        raise ValActError(f"text that may be of real posts: {strange[0]}", where=str(folder), remedy=REBUILD)
    texts = scenarios["text"].drop_nulls().len() + questions["text"].drop_nulls().len()
    if texts and not invented:
        raise ValActError(
            f"the folder holds text of real posts ({texts} rows): it is never published",
            where=str(folder),
            remedy="set release.text to withhold and run `dvc repro release`",
        )

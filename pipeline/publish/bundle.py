"""A release folder that is about to be published: what it holds, and what speaks against it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.publish.target import Publishes, Target
from pipeline.publish.valact import VALACT
from pipeline.release.files import sha256
from pipeline.release.manifest import Described
from pipeline.signature import release as signatures
from pipeline.verify import SHOWN
from pipeline.verify.checksums import SIGNATURE, checksums, own_files


@dataclass(frozen=True, slots=True)
class File:
    """``blob`` is the id that git gives to the content, by which a small file is known on the Hub."""

    path: Path
    size: int
    sha256: str
    blob: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A whole release of ``target``: ``files`` by their path in the repository."""

    folder: Path
    manifest: Described
    files: dict[str, File]
    target: Target

    @property
    def tag(self) -> str:
        return f"v{self.manifest.version}"

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())


def load(folder: Path, params: Publishes, target: Target = VALACT, *, signed: bool = True) -> Bundle:
    """The release in ``folder``, which params describe; with its signature where it has one and ``signed``.

    Raises InputError where it is another version's, a file is not the one that SHA256SUMS lists, its signature is of
    another build, or what release.json says of posts and texts is not so; ValActError where it holds text of real
    posts.
    """
    described: Described = target.dataset.read(folder)
    if described.version != params.release.version:
        raise InputError(
            f"the folder holds version {described.version}, params say {params.release.version}",
            where=str(folder),
            remedy=_again(target),
        )
    _refuse(folder, checksums(folder), target)
    target.closed(folder, described)
    files = _files(folder, described, target) if signed else own_files(folder)
    return Bundle(folder, described, {name: _file(path) for name, path in files.items()}, target)


def verify(bundle: Bundle) -> None:
    """All that `valact release verify` checks; InputError with what it finds."""
    problems = (
        f"{result.name}: {problem}"
        for result in bundle.target.verify(bundle.folder)
        for problem in (result.problems or [])
    )
    _refuse(bundle.folder, problems, bundle.target)


def objections(bundle: Bundle, params: Publishes) -> list[str]:
    """Why this release is not to be published as it stands: a sentence each."""
    described, found = bundle.manifest, []
    if described.sample and not params.publish.allow_sample:
        found.append(
            f"it is the built-in sample, {bundle.target.invented}, and would stand there as "
            f"{described.name} (publish.allow_sample: true overrides this)"
        )
    if not described.validated and not params.publish.allow_unvalidated:
        missing = f": {' '.join(described.missing)}" if described.missing else ""
        found.append(f"it is not validated{missing} (publish.allow_unvalidated: true overrides this)")
    return found + bundle.target.objections(described, params)


def _files(folder: Path, described: Described, target: Target) -> dict[str, Path]:
    """The release's files, and its signature where it was signed; InputError where that is of another build."""
    signature = signatures.path_of(described.version, target.dataset)
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


def _refuse(folder: Path, problems: Iterable[str], target: Target) -> None:
    found = list(problems)
    if found:
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise InputError("; ".join(found[:SHOWN]) + more, where=str(folder), remedy=_again(target))


def _again(target: Target) -> str:
    return f"run `{target.dataset.rebuild}` to build the release again"

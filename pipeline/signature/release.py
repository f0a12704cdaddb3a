"""The signature of a release: where it lies, how it is made, and what speaks against it.

One of the release that is built here lies beside it, in ``data/signatures`` of its recipe, because the folder itself
is what DVC built; publishing puts it into the repository, and every published copy carries it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.core.atomic import write_bytes
from pipeline.core.errors import InputError
from pipeline.release.dataset import VALACT, Dataset
from pipeline.release.files import CHECKSUMS
from pipeline.signature import openssh
from pipeline.verify.checksums import SIGNATURE

# One by a certificate of a token has some kilobytes.
MOST_BYTES = 100_000


def path_of(version: str, dataset: Dataset[Any] = VALACT) -> Path:
    """Where the signature of a version that is built here lies."""
    return dataset.data / "signatures" / f"v{version}.sig"


def sign(folder: Path, key: Path, dataset: Dataset[Any] = VALACT) -> Path:
    """Signs the release built in ``folder``; InputError for a key in the project, from where it would get into git."""
    if key.suffix != ".pub" and key.resolve().is_relative_to(Path.cwd().resolve()):
        raise InputError(
            "a private key lies in the project, and what lies there gets into git sooner or later",
            where=str(key),
            remedy="keep it where your other keys are, ~/.ssh for instance",
        )
    path = path_of(dataset.read(folder).version, dataset)
    write_bytes(openssh.sign(_signed(folder), key), path)
    return path


def problems(folder: Path, signature: Path, keys: Sequence[str] = ()) -> tuple[list[str], str]:
    """What is wrong with the signature, and by whose key it is; by one of ``keys``, where some are given."""
    if not signature.is_file():
        return ["it is not signed"] if keys else [], ""
    if signature.stat().st_size > MOST_BYTES:
        return [f"{signature.name} is too large for a signature"], ""
    message = _signed(folder)
    anybody = openssh.signer(message, signature)
    if anybody is None:
        return [f"{signature.name} is no signature of this {CHECKSUMS}"], ""
    if keys and openssh.signed_by(message, signature, keys) is None:
        return [f"it is signed by another key, {anybody}"], anybody
    return [], anybody


def of_copy(folder: Path, dataset: Dataset[Any] = VALACT) -> Path:
    """The file of a copy's signature: in it, or where `sign` leaves it for the release that is built here."""
    inside = folder / SIGNATURE
    try:
        own = path_of(dataset.read(folder).version, dataset)
    except InputError:
        return inside
    return inside if inside.exists() or not _built_here(folder, dataset) else own


def _built_here(folder: Path, dataset: Dataset[Any]) -> bool:
    return folder.resolve().parent == (dataset.data / "release").resolve()


def _signed(folder: Path) -> bytes:
    try:
        return (folder / CHECKSUMS).read_bytes()
    except OSError:
        raise InputError(f"{CHECKSUMS} is missing or cannot be read", where=str(folder)) from None

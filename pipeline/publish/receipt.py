"""published.json: what was published where, or why nothing was."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pipeline.core.documents import read_json, write_json
from pipeline.core.errors import InputError
from pipeline.publish.bundle import Bundle
from pipeline.publish.target import Publishes, Target

Status = Literal["published", "pull request", "not published"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """``because`` says why nothing was published. ``commit``, ``address`` and ``pull_request`` are null until there
    is one; ``sha256`` has every file of the release."""

    status: Status
    because: list[str]
    repository: str
    version: str
    tag: str
    commit: str | None
    address: str | None
    pull_request: str | None
    private: bool
    gated: str | bool
    sample: bool
    validated: bool
    sha256: dict[str, str]


def receipt(
    bundle: Bundle,
    params: Publishes,
    *,
    because: list[str] | None = None,
    commit: str | None = None,
    address: str | None = None,
    pull_request: str | None = None,
    settings: tuple[bool, str | bool] | None = None,
) -> Receipt:
    """Not published with ``because``, a pull request with ``pull_request``, published otherwise.

    ``settings``: visibility and gating of the repository as they are; those of params where it was not looked at.
    """
    private, gated = settings or (params.publish.private, params.publish.gated)
    return Receipt(
        status="not published" if because else "pull request" if pull_request else "published",
        because=because or [],
        repository=params.release.repository,
        version=bundle.manifest.version,
        tag=bundle.tag,
        commit=commit,
        address=address,
        pull_request=pull_request,
        private=private,
        gated=gated,
        sample=bundle.manifest.sample,
        validated=bundle.manifest.validated,
        sha256={name: file.sha256 for name, file in bundle.files.items()},
    )


def write(found: Receipt, path: Path) -> None:
    write_json(asdict(found), path)


def read(target: Target) -> Receipt:
    """The receipt that the stage left; InputError where there is none."""
    path, again = target.receipt, f"run `dvc repro -f {target.stage}`"
    found = read_json(path, remedy=again, missing=again)
    try:
        return Receipt(**found)
    except TypeError:
        raise InputError("not a receipt", where=str(path), remedy=again) from None


def describe(found: Receipt, size: int) -> str:
    """What is said at the end of the stage."""
    files = f"{len(found.sha256)} files, {size / 1e6:.1f} MB"
    if found.status == "published":
        return f"{found.repository} {found.tag} is published: {found.address} (commit {found.commit})"
    if found.status == "pull request":
        return (
            f"{found.repository} {found.tag} waits as a pull request: {found.pull_request}; when it is merged, "
            "`valact release publish` tags it"
        )
    return (
        f"not published, because {'; and '.join(found.because)}. It is ready: {files} would go to "
        f"{found.repository} ({in_words(found.private, found.gated)}) in one commit, tagged {found.tag}. With that "
        "settled, `valact release publish` does it"
    )


def in_words(private: bool, gated: str | bool) -> str:
    """Visibility and gating of a repository."""
    return ("private" if private else "public") + (f", gated ({gated})" if gated else "")

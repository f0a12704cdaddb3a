"""A release by what people call it: a folder on this machine, or a repository on the Hugging Face Hub."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.core.errors import CredentialsError, InputError, ProviderError

# Marks the store of huggingface_hub's cache that its repositories share.
SHARED = ".huggingface-shared-blobs"
_REPOSITORY = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?", re.ASCII)


def locate(release: str) -> Path:
    """The folder of a release: ``PATH``, or ``OWNER/NAME``, ``OWNER/NAME@TAG`` downloaded from the Hub.

    Raises InputError where there is none or where it holds links that lead out of it, CredentialsError or
    ProviderError where the Hub does not give it.
    """
    if (path := Path(release)).is_dir():
        return _closed(path)
    named = _named(release)
    if named is None:
        raise InputError(
            "neither a folder nor a repository",
            where=release,
            remedy="give a path, OWNER/NAME or OWNER/NAME@TAG",
        )
    return _closed(_download(named["name"], named["revision"]))


def revision(release: str) -> str | None:
    """The revision that is asked for of a repository on the Hub, "" where none is; None for a folder here."""
    named = None if Path(release).is_dir() else _named(release)
    return None if named is None else named["revision"] or ""


def _named(release: str) -> re.Match[str] | None:
    found = _REPOSITORY.fullmatch(release)
    return None if found is None or ".." in release or Path(release).exists() else found


def _closed(folder: Path) -> Path:
    """The folder; InputError where a link in it leads elsewhere, so that a copy of it holds only what it has.

    The Hub's client keeps contents in ``blobs`` beside its snapshots, and those that came through Xet in a store that
    all repositories of its cache share; it links there.
    """
    home = folder.resolve()
    allowed = [home]
    if home.parent.name == "snapshots":
        repository = home.parent.parent
        allowed.append(repository / "blobs")
        if (repository.parent / "blobs" / SHARED).is_file():
            allowed.append(repository.parent / "blobs")
    for path in folder.rglob("*"):
        if path.is_symlink() and not any(path.resolve().is_relative_to(place) for place in allowed):
            raise InputError(
                "a link that leads out of the release", where=str(path), remedy="do not use this copy"
            )
    return folder


def _download(name: str, revision: str | None) -> Path:
    from httpx2 import HTTPError
    from huggingface_hub import errors, snapshot_download

    where = f"{name}@{revision}" if revision else name
    try:
        return Path(snapshot_download(name, repo_type="dataset", revision=revision))
    except errors.GatedRepoError:
        raise CredentialsError(
            "the repository is gated, and this account has no access",
            where=where,
            remedy="ask for access on its page, then `hf auth login` or set HF_TOKEN",
        ) from None
    except errors.RepositoryNotFoundError:
        raise InputError(
            "there is no such folder here and no such dataset on the Hub, or it is private",
            where=where,
            remedy="check the name; for a private one `hf auth login` or set HF_TOKEN",
        ) from None
    except errors.RevisionNotFoundError:
        raise InputError("the repository has no such tag", where=where) from None
    except (
        errors.LocalEntryNotFoundError,
        errors.OfflineModeIsEnabled,
        errors.HFValidationError,
        HTTPError,
    ) as error:
        raise ProviderError(
            f"the Hub cannot be reached or used ({str(error).splitlines()[0]})",
            where=where,
            remedy="check the network and HF_ENDPOINT, or give the path of a folder",
        ) from None

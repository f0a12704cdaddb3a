"""A release by what people call it: a folder on this machine, or a repository on the Hugging Face Hub."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.core.errors import CredentialsError, InputError, ProviderError

_REPOSITORY = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?")


def locate(release: str) -> Path:
    """The folder of a release: ``PATH``, or ``OWNER/NAME``, ``OWNER/NAME@TAG`` downloaded from the Hub.

    Raises InputError where there is none, CredentialsError or ProviderError where the Hub does not give it.
    """
    if (path := Path(release)).is_dir():
        return path
    named = _REPOSITORY.fullmatch(release)
    if named is None or path.exists():
        raise InputError(
            "neither a folder nor a repository",
            where=release,
            remedy="give a path, OWNER/NAME or OWNER/NAME@TAG",
        )
    return _download(named["name"], named["revision"])


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

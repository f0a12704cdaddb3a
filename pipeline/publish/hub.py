"""The Hub as publishing sees it: refs, trees, settings, one commit, one tag; its errors in our words.

Nothing here retries a write that may have been done: whoever runs again looks first.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import huggingface_hub
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.utils import disable_progress_bars
from huggingface_hub.utils._http import default_client_factory

from pipeline.core.errors import CredentialsError, InputError, ProviderError
from pipeline.release.files import CHECKSUMS
from pipeline.verify.checksums import SIGNATURE, listed

if TYPE_CHECKING:
    from pipeline.publish.bundle import Bundle

TOKEN = "HF_TOKEN"
# Seconds without a byte. The client library waits for ever where nothing else is said.
PATIENCE = 60.0
# The Hub's own file, which no release holds.
OWN = ".gitattributes"
TYPE = "dataset"
CARD = "README.md"


@dataclass(frozen=True, slots=True)
class Refs:
    """Commit of the default branch, and of each tag."""

    head: str
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Remote:
    """A data set's repository, through a client that has the token."""

    api: HfApi
    name: str

    @property
    def address(self) -> str:
        return f"{self.api.endpoint}/datasets/{self.name}"

    def refs(self) -> Refs | None:
        """None where there is no such repository (or none that the token may see)."""
        try:
            found = self.api.list_repo_refs(self.name, repo_type=TYPE)
        except RepositoryNotFoundError:
            return None
        heads = {branch.name: branch.target_commit for branch in found.branches}
        return Refs(heads["main"], {tag.name: tag.target_commit for tag in found.tags})

    def create(self, private: bool) -> None:
        self.api.create_repo(self.name, repo_type=TYPE, private=private, exist_ok=True)

    def settings(self) -> tuple[bool, str | bool]:
        """Whether it is private, and how it is gated."""
        now = self.api.dataset_info(self.name, timeout=PATIENCE)
        return bool(now.private), now.gated or False

    def settle(self, private: bool, gated: str | bool) -> None:
        self.api.update_repo_settings(self.name, repo_type=TYPE, private=private, gated=gated)  # type: ignore[arg-type]

    def tree(self, revision: str) -> dict[str, str]:
        """Id of every file at a revision but the Hub's own: SHA-256 of a large file, git's id of another."""
        # Not `list_repo_tree`, which cannot be told to end.
        found = self.api.dataset_info(self.name, revision=revision, files_metadata=True, timeout=PATIENCE)
        return {
            file.rfilename: file.lfs.sha256 if file.lfs else file.blob_id or ""
            for file in found.siblings or ()
            if file.rfilename != OWN
        }

    def holds(self, bundle: Bundle, revision: str) -> bool:
        """Whether the files of the release are at a revision, and none of an earlier one that it no longer has."""
        tree = self.tree(revision)
        return not _changed(bundle, tree) and not self._gone(bundle, tree, revision)

    def others(self, bundle: Bundle, revision: str) -> list[str]:
        """Files at a revision that neither this release has nor the one there lists: somebody else's."""
        tree = self.tree(revision)
        return sorted(tree.keys() - bundle.files.keys() - set(self._gone(bundle, tree, revision)))

    def in_the_way(self, bundle: Bundle, revision: str) -> list[str]:
        """Files at a revision that are somebody else's and have the name of one of this release, but for the card that
        a repository is made with."""
        tree = self.tree(revision)
        taken = {name for name in _changed(bundle, tree) if name in tree} - {CARD}
        return sorted(taken - self._listed(revision)) if taken else []

    def _gone(self, bundle: Bundle, tree: dict[str, str], revision: str) -> list[str]:
        """Files of the release at a revision, by its checksums, that this one no longer has."""
        more = tree.keys() - bundle.files.keys()
        return sorted(more & self._listed(revision)) if more else []

    def _listed(self, revision: str) -> set[str]:
        """The files that the release at a revision has, by its checksums; none where it has no such file."""
        try:
            path = self.api.hf_hub_download(self.name, CHECKSUMS, repo_type=TYPE, revision=revision)
        except EntryNotFoundError:
            return set()
        return {*listed(Path(path)), CHECKSUMS, SIGNATURE}

    def commit(
        self, bundle: Bundle, parent: str, *, title: str, create_pr: bool
    ) -> huggingface_hub.CommitInfo:
        """One commit on ``parent`` after which the release is there, and what others put beside it; the Hub refuses it
        if the head has moved."""
        tree = self.tree(parent)
        changed = [CommitOperationAdd(name, bundle.files[name].path) for name in _changed(bundle, tree)]
        gone = [CommitOperationDelete(name, is_folder=False) for name in self._gone(bundle, tree, parent)]
        return self.api.create_commit(
            self.name,
            [*changed, *gone],
            repo_type=TYPE,
            commit_message=title,
            parent_commit=parent,
            create_pr=create_pr,
        )

    def tag(self, name: str, commit: str, message: str) -> None:
        self.api.create_tag(self.name, repo_type=TYPE, tag=name, revision=commit, tag_message=message)

    def proposal(self, bundle: Bundle, title: str) -> str | None:
        """Address of the open pull request that holds this release."""
        for found in self.api.get_repo_discussions(
            self.name, repo_type=TYPE, discussion_type="pull_request", discussion_status="open"
        ):
            if found.title == title and self.holds(bundle, found.git_reference or ""):
                return found.url
        return None


def connect(repository: str, token: str) -> Remote:
    """The repository at the Hub, or at the one that HF_ENDPOINT names."""
    huggingface_hub.set_client_factory(_client)
    if not sys.stderr.isatty():
        disable_progress_bars()
    return Remote(HfApi(endpoint=os.environ.get("HF_ENDPOINT"), token=token), repository)


@contextmanager
def readable_errors(
    repository: str,
    again: str = "run `valact release publish` again: what was uploaded is kept, and no reader saw anything half done",
) -> Iterator[None]:
    """Turns what the Hub, the network or the token can do to us into one error with a remedy."""
    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise CredentialsError(
                f"the Hub does not let this token write here ({_said(error)})",
                where=repository,
                remedy=f"give {TOKEN} a token with write access to release.repository",
            ) from None
        if status == HTTPStatus.PRECONDITION_FAILED:
            raise ProviderError(
                "somebody else committed to the repository at the same time; nothing was changed",
                where=repository,
                remedy=again,
            ) from None
        raise ProviderError(f"the Hub answered {_said(error)}", where=repository, remedy=again) from None
    except ValueError as error:
        if "Invalid metadata in README.md" not in str(error) and not isinstance(error, json.JSONDecodeError):
            raise
        if isinstance(error, json.JSONDecodeError):
            raise ProviderError("the Hub's answer makes no sense", where=repository, remedy=again) from None
        raise InputError(f"the Hub refuses the card: {error}", where="README.md") from None
    # RuntimeError and OSError are how the upload of large files (LFS threads, hf_xet) reports a broken line.
    except (httpx2.HTTPError, OSError, RuntimeError) as error:
        raise ProviderError(
            f"the connection broke ({_said(error)})", where=repository, remedy=again
        ) from None


def _client() -> httpx2.Client:
    client = default_client_factory()
    client.timeout = PATIENCE
    return client


def _changed(bundle: Bundle, tree: dict[str, str]) -> list[str]:
    return [name for name, file in bundle.files.items() if tree.get(name) not in (file.sha256, file.blob)]


def _said(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

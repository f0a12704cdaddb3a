"""After a take-down: what earlier versions on the Hub still hold of the posts, and how it goes from there.

A tag keeps its commit, and a commit its history. So the tags of versions that lack a tombstone of the newest one are
deleted, and every tag that stays, and the default branch, is cut off from what came before it: a branch at the tag is
squashed to one commit with the same files, and the tag put on that. Then large files that no version has any more are
deleted from the Hub's storage.

Every step looks first whether it was done, so that a stopped run is run again. A deleted tag is said to be gone by
whoever asks for it; one that was put on another version's files would give them without a word, and is not made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import GitRefInfo
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

from pipeline.core.documents import read_json
from pipeline.core.errors import InputError
from pipeline.publish.hub import TYPE, Remote
from pipeline.release import tombstones
from pipeline.release.versions import Version
from pipeline.withdrawn.register import parse

MAIN = "main"
# A branch that stands for a tag while its history is cut off.
BRANCH = "prune-"


@dataclass(frozen=True, slots=True)
class Plan:
    """``deleted``: tags of versions that hold what was taken back since; ``cut``: tags, and the default branch, that
    have a history; ``half``: tags that an earlier run was at work on. ``pulls``: pull requests, whose commits nobody
    but the Hub can delete."""

    newest: str
    taken: int
    deleted: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    half: tuple[str, ...] = ()
    pulls: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.deleted or self.cut or self.half)

    def sentences(self) -> Iterator[str]:
        """What would be done, for people."""
        yield f"{self.newest} is the newest version; posts were taken back {self.taken} times up to it"
        for tag in self.deleted:
            yield f"{tag} holds posts that were taken back since: the tag is deleted"
        for ref in (*self.half, *self.cut):
            yield f"{ref} stays, with the same files and without its history: its commit gets another id"
        if not self.nothing:
            yield "large files that no version has any more are deleted from the Hub's storage"
        if self.pulls:
            yield f"pull requests keep their commits, which only the Hub can delete: {', '.join(self.pulls)}"


def plan(remote: Remote) -> Plan:
    """What there is to do; nothing where no post was ever taken back. InputError where nothing is published, and where
    the default branch does not hold the newest version."""
    refs = remote.api.list_repo_refs(remote.name, repo_type=TYPE, include_pull_requests=True)
    tags = {tag.name for tag in refs.tags}
    half = {branch.name.removeprefix(BRANCH) for branch in refs.branches if branch.name.startswith(BRANCH)}
    there = sorted(tags | half, key=lambda name: Version.of_tag(name) or Version(0, 0, 0))
    versions = [name for name in there if Version.of_tag(name)]
    if not versions:
        raise InputError("no version is published there", where=remote.name)
    newest = versions[-1]
    now = _taken(remote, _where(newest, half))
    if _taken(remote, MAIN) != now:
        raise InputError(
            f"the default branch has other tombstones than {newest}",
            where=remote.name,
            remedy="publish the version of the branch first; nothing was changed",
        )
    old = [name for name in versions[:-1] if now - _taken(remote, _where(name, half))]
    kept = [name for name in there if name not in old]
    cut = [name for name in (*kept, MAIN) if now and name not in half and _history(remote, name) > 1]
    pulls = [pull.ref for pull in refs.pull_requests or ()]
    return Plan(
        newest, len(now), tuple(old), tuple(cut), tuple(sorted(half - {*old})), tuple(pulls) if now else ()
    )


def carry_out(remote: Remote, todo: Plan) -> list[str]:
    """Does what the plan says; what the Hub did not allow, in sentences."""
    tags, branches = _names(remote)
    for tag in todo.deleted:
        if f"{BRANCH}{tag}" in branches:
            remote.api.delete_branch(remote.name, branch=f"{BRANCH}{tag}", repo_type=TYPE)
        if tag in tags:
            remote.api.delete_tag(remote.name, tag=tag, repo_type=TYPE)
    for ref in (*todo.half, *todo.cut):
        if ref == MAIN:
            _squash(remote, MAIN)
        else:
            _cut(remote, ref)
    return [*_stored(remote)]


def _cut(remote: Remote, tag: str) -> None:
    """Puts the tag on a commit of the same files that has no history."""
    branch, (tags, branches) = f"{BRANCH}{tag}", _names(remote)
    if branch not in branches:
        remote.api.create_branch(remote.name, branch=branch, revision=tag, repo_type=TYPE, exist_ok=True)
    if _history(remote, branch) > 1:
        _squash(remote, branch)
    commit = _names(remote)[1][branch]
    if tags.get(tag) != commit:
        if tag in tags:
            remote.api.delete_tag(remote.name, tag=tag, repo_type=TYPE)
        remote.tag(tag, commit, f"{tag}, without its history")
    remote.api.delete_branch(remote.name, branch=branch, repo_type=TYPE)


def _squash(remote: Remote, branch: str) -> None:
    title = f"Release {branch.removeprefix(BRANCH)}" if branch.startswith(BRANCH) else "The newest release"
    remote.api.super_squash_history(remote.name, branch=branch, commit_message=title, repo_type=TYPE)


def _stored(remote: Remote) -> Iterator[str]:
    """Deletes large files that no tag and not the default branch has; says where the Hub does not allow that."""
    tags, _ = _names(remote)
    kept = {oid for ref in (*tags, MAIN) for oid in remote.tree(ref).values()}
    try:
        stored = list(remote.api.list_lfs_files(remote.name, repo_type=TYPE))
        gone = [file for file in stored if not {file.oid, file.file_oid} & kept]
        remote.api.permanently_delete_lfs_files(remote.name, gone, repo_type=TYPE)
    except HfHubHTTPError as error:
        yield (
            "the Hub did not delete large files of earlier versions from its storage "
            f"({error.response.status_code}): delete them on the repository's settings page"
        )


def _names(remote: Remote) -> tuple[dict[str, str], dict[str, str]]:
    """Commit of each tag, and of each branch."""
    refs = remote.api.list_repo_refs(remote.name, repo_type=TYPE)
    return _commits(refs.tags), _commits(refs.branches)


def _commits(refs: Iterable[GitRefInfo]) -> dict[str, str]:
    return {ref.name: ref.target_commit for ref in refs}


def _where(name: str, half: set[str]) -> str:
    return f"{BRANCH}{name}" if name in half else name


def _history(remote: Remote, revision: str) -> int:
    return len(remote.api.list_repo_commits(remote.name, revision=revision, repo_type=TYPE))


def _taken(remote: Remote, revision: str) -> set[str]:
    """Ids of the tombstones at a revision."""
    try:
        path = remote.api.hf_hub_download(remote.name, tombstones.FILE, repo_type=TYPE, revision=revision)
    except EntryNotFoundError:
        return set()
    return {entry.id for entry in parse(read_json(Path(path)), Path(path))}

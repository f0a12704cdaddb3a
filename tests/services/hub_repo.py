"""A dataset repository as the Hub keeps one: commits with parents, branches, tags, pull requests, large files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

Tree = dict[str, "Blob"]


class Refused(Exception):
    """An answer of the Hub that is no success: status, X-Error-Code (or none) and message."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


@dataclass(frozen=True, slots=True)
class Blob:
    """A file: as git holds it, or as a large file behind a pointer."""

    content: bytes
    lfs: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def pointer(self) -> bytes:
        return (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.content)}\n"
        ).encode()

    @property
    def oid(self) -> str:
        """The id that git gives to the content, or to the pointer in its place."""
        stored = self.pointer if self.lfs else self.content
        return hashlib.sha1(b"blob %d\x00" % len(stored) + stored).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.oid

    def describe(self, path: str) -> dict[str, Any]:
        """As the tree and paths-info routes show it."""
        entry: dict[str, Any] = {"type": "file", "path": path, "oid": self.oid, "size": len(self.content)}
        if self.lfs:
            size = len(self.content)
            entry["lfs"] = {"oid": self.sha256, "size": size, "pointerSize": len(self.pointer)}
        return entry


@dataclass(frozen=True, slots=True)
class Commit:
    oid: str
    parent: str | None
    tree: Tree
    title: str


@dataclass(slots=True)
class Pull:
    title: str
    head: str
    status: str = "open"


@dataclass(slots=True)
class Repo:
    """``seen`` lists every commit that the default branch ever stood at, in order."""

    name: str
    private: bool = False
    gated: str | bool = False
    commits: dict[str, Commit] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    branches: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = self._write(None, {".gitattributes": Blob(b"*.parquet filter=lfs\n")}, "initial commit")
        self.seen.append(first.oid)

    @property
    def head(self) -> str:
        return self.seen[-1]

    def at(self, revision: str) -> Commit:
        """The commit that a branch, tag, pull request or (short) id names; Refused where nothing does."""
        if revision in ("main", "refs/heads/main"):
            return self.commits[self.head]
        if revision in self.branches:
            return self.commits[self.branches[revision]]
        if revision in self.tags:
            return self.commits[self.tags[revision]]
        if revision.startswith("refs/pr/") and (number := int(revision.rpartition("/")[2])) in self.pulls:
            return self.commits[self.pulls[number].head]
        for oid in self.commits:
            if len(revision) >= 7 and oid.startswith(revision):
                return self.commits[oid]
        raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")

    def commit(
        self, revision: str, changes: list[dict[str, Any]], tree: Tree, create_pr: bool
    ) -> dict[str, Any]:
        """One commit of the whole ``tree``; the branch moves, or a pull request opens."""
        header = changes[0]["value"]
        expected = header.get("parentCommit")
        base = self.at(expected if create_pr and expected else revision)
        if expected and not create_pr and base.oid != expected:
            raise Refused(412, f"A commit has happened since. Please refresh: {base.oid} is the head")
        new = self._write(base.oid, tree, header["summary"])
        answer = {
            "success": True,
            "commitOid": new.oid,
            "commitUrl": f"/datasets/{self.name}/commit/{new.oid}",
        }
        if not create_pr:
            if revision != "main":
                raise Refused(400, "only the default branch takes commits here")
            self.seen.append(new.oid)
            return answer
        number = len(self.pulls) + 1
        self.pulls[number] = Pull(header["summary"], new.oid)
        return answer | {"pullRequestUrl": f"/datasets/{self.name}/discussions/{number}"}

    def tag(self, name: str, revision: str) -> None:
        if name in self.tags:
            raise Refused(409, f"Tag {name} already exists")
        self.tags[name] = self.at(revision).oid

    def history(self, revision: str) -> list[Commit]:
        """A commit and all before it."""
        found = [self.at(revision)]
        while (parent := found[-1].parent) is not None:
            found.append(self.commits[parent])
        return found

    def squash(self, branch: str, title: str) -> None:
        """The branch becomes one commit of the same files; what no ref reaches any more is gone."""
        new = self._write(None, self.at(branch).tree, title)
        if branch == "main":
            self.seen.append(new.oid)
        elif branch in self.branches:
            self.branches[branch] = new.oid
        else:
            raise Refused(400, "history of tags cannot be squashed")

    def reachable(self) -> set[str]:
        """The commits that a branch, tag or pull request leads to."""
        refs = ["main", *self.branches, *self.tags, *(f"refs/pr/{n}" for n in self.pulls)]
        return {commit.oid for ref in refs for commit in self.history(ref)}

    def stored(self) -> dict[str, str]:
        """Name of every large file that the storage has for any commit ever made, by its SHA-256."""
        trees = [commit.tree for commit in self.commits.values()]
        return {blob.sha256: path for tree in trees for path, blob in tree.items() if blob.lfs}

    def merge(self, number: int) -> None:
        """What the owner does on the website: the default branch becomes the pull request's content."""
        pull = self.pulls[number]
        merged = self._write(self.head, self.commits[pull.head].tree, f"Merge: {pull.title}")
        self.seen.append(merged.oid)
        pull.status = "merged"

    def _write(self, parent: str | None, tree: Tree, title: str) -> Commit:
        files = {path: blob.oid for path, blob in sorted(tree.items())}
        text = json.dumps([parent, files, title, len(self.commits)])
        new = Commit(hashlib.sha1(text.encode()).hexdigest(), parent, dict(tree), title)
        self.commits[new.oid] = new
        return new

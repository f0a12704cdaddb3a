"""A Hub of data sets on loopback: what huggingface_hub and datasets ask of the real one, with faults on demand.

Repositories are in tests/services/hub_repo.py, Xet storage in tests/services/xet.py.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import huggingface_hub
import pytest
from aiohttp import web
from huggingface_hub import constants

from services.hub_card import problems
from services.hub_repo import Blob, Commit, Refused, Repo, Tree
from services.loopback import Loopback, hang_up
from services.xet import Xet

OWNER, READER = "hf_owner", "hf_reader"
REGULAR_BYTES = 10_000_000
# What can happen to a request: nobody heard it ('drop'), it was done and the answer is lost ('lost') or comes after
# the client's patience ('timeout'), or the Hub says no without doing anything.
FAULTS = ("drop", "lost", "timeout", "500", "412")
PATIENCE = 60.0
DAY = "2026-01-01T00:00:00.000Z"


@contextmanager
def connected(patch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub that this process's client uses, with plain LFS uploads."""
    patch.setattr(constants, "HF_HUB_OFFLINE", False)
    patch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with Hub() as hub:
        patch.setenv("HF_ENDPOINT", hub.url)
        try:
            yield hub
        finally:
            huggingface_hub.close_session()


class Hub(Loopback):
    """``repos`` by name. The token OWNER may write, READER may read what is not private, and gated data sets once
    he is in ``granted``. ``xet`` is the Xet storage, which uploads use unless the client switches it off.

    ``fail('drop', at=3)`` breaks the third request from now and all after it until ``mend()``;
    ``times=1`` breaks it only once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.uploads: list[str] = []
        self.granted: set[str] = set()
        self.xet = Xet(self)
        self.count = 0
        self._fault: tuple[str, range] | None = None

    def fail(self, kind: str, at: int, times: int = 10**9) -> None:
        assert kind in FAULTS
        self.count = 0
        self._fault = (kind, range(at, at + times))

    def mend(self) -> None:
        self.count = 0
        self._fault = None

    def files(self, repo: str, revision: str = "main") -> dict[str, bytes]:
        """The content of every file at a revision, but for the Hub's own .gitattributes."""
        tree = self.repos[repo].at(revision).tree
        return {path: blob.content for path, blob in tree.items() if path != ".gitattributes"}

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        self.count += 1
        kind = self._fault[0] if self._fault and self.count in self._fault[1] else None
        if kind == "drop":
            hang_up(request)
            return web.Response()
        if kind in ("500", "412"):
            return web.json_response({"error": f"the test says {kind}"}, status=int(kind))
        try:
            answer = await self._answer(request, body)
        except Refused as refused:
            headers = {"X-Error-Message": refused.message} | (
                {"X-Error-Code": refused.code} if refused.code else {}
            )
            answer = web.json_response({"error": refused.message}, status=refused.status, headers=headers)
        if kind == "lost":
            hang_up(request)
        if kind == "timeout":
            await asyncio.sleep(PATIENCE)
        return answer

    async def _answer(self, request: web.Request, body: Any) -> web.StreamResponse:
        parts = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")]
        match request.method, parts:
            case "POST", ["api", "repos", "create"]:
                return self._create(request, body)
            case "POST", ["api", "validate-yaml"]:
                errors = [{"message": problem} for problem in problems(body["content"])]
                return web.json_response({"errors": errors, "warnings": []}, status=400 if errors else 200)
            case _, ["api", "datasets", owner, name, *rest]:
                return await self._api(request, self._repo(request, f"{owner}/{name}"), rest, body)
            case "POST", ["datasets", owner, name, "info", "lfs", "objects", "batch"] if name.endswith(
                ".git"
            ):
                return self._lfs_batch(request, json.loads(await request.read()), f"{owner}/{name[:-4]}")
            case "PUT", ["lfs", oid]:
                content = await request.read()
                if Blob(content, lfs=True).sha256 != oid:
                    raise Refused(400, "the content is not that of the object")
                self.objects[oid] = content
                self.uploads.append(oid)
                return web.Response()
            case "GET" | "HEAD", ["cdn", oid]:
                return self._content(request, self.objects[oid], oid)
            case "GET" | "HEAD", ["datasets", owner, name, "resolve", revision, *path]:
                return self._resolve(
                    request, self._repo(request, f"{owner}/{name}"), revision, "/".join(path)
                )
            case _, ["cas", *rest]:
                return await self.xet.answer(request, rest)
            case _:
                raise Refused(404, f"no such path: {request.path}")

    async def _api(self, request: web.Request, repo: Repo, rest: list[str], body: Any) -> web.StreamResponse:
        """Everything below /api/datasets/OWNER/NAME."""
        match request.method, rest:
            case "GET", []:
                return web.json_response(_info(repo, "main", "blobs" in request.query))
            case "GET", ["revision", revision]:
                return web.json_response(_info(repo, revision, "blobs" in request.query))
            case "GET", ["tree", revision, *folder]:
                below = f"{folder[0]}/" if folder else ""
                recursive = request.query.get("recursive", "").lower() == "true"
                return web.json_response(_listing(repo.at(revision).tree, below, recursive, self.xet.entry))
            case "POST", ["paths-info", revision]:
                form = await request.post()
                return web.json_response(
                    _paths(repo.at(revision).tree, [str(p) for p in form.getall("paths")], self.xet.entry)
                )
            case "GET", ["refs"]:
                return web.json_response(_refs(repo, "include_prs" in request.query))
            case "GET", ["commits", revision]:
                return web.json_response([_commit(commit) for commit in repo.history(revision)])
            case "GET", ["lfs-files"]:
                self._writer(request)
                return web.json_response(
                    [_stored(*file) for file in repo.stored().items() if file[0] in self.objects]
                )
            case "GET", ["discussions"]:
                return web.json_response(_discussions(repo, request.query.get("status")))
            case "GET", ["xet-read-token", _]:
                return self.xet.token()
        self._writer(request)
        match request.method, rest:
            case "POST", ["preupload", revision]:
                return web.json_response({"files": self._upload_modes(repo.at(revision).tree, body["files"])})
            case "POST", ["commit", revision]:
                return await self._commit(request, repo, revision)
            case "POST", ["tag", revision]:
                repo.tag(body["tag"], revision)
                return web.Response()
            case "DELETE", ["tag", name]:
                if repo.tags.pop(name, None) is None:
                    raise Refused(404, "no such tag", "RevisionNotFound")
                return web.Response()
            case "POST", ["branch", name]:
                if name in repo.branches:
                    raise Refused(409, "the branch exists")
                repo.branches[name] = repo.at(body["startingPoint"]).oid
                return web.Response()
            case "DELETE", ["branch", name]:
                if repo.branches.pop(name, None) is None:
                    raise Refused(404, "no such branch", "RevisionNotFound")
                return web.Response()
            case "POST", ["super-squash", branch]:
                repo.squash(branch, body["message"])
                return web.Response()
            case "POST", ["lfs-files", "batch"]:
                for oid in body["deletions"]["sha"]:
                    self.objects.pop(oid, None)
                return web.Response()
            case "PUT", ["settings"]:
                repo.gated = body.get("gated", repo.gated)
                repo.private = body.get("visibility", "private" if repo.private else "public") == "private"
                return web.json_response({"gated": repo.gated, "private": repo.private})
            case "GET", ["xet-write-token", _]:
                return self.xet.token()
        raise Refused(404, f"no such path: {request.path}")

    def _repo(self, request: web.Request, name: str) -> Repo:
        token = _token(request)
        if token not in (None, OWNER, READER):
            raise Refused(401, "Invalid credentials in Authorization header")
        repo = self.repos.get(name)
        if repo is None or (repo.private and token != OWNER):
            raise Refused(401 if token is None else 404, "Repository not found", "RepoNotFound")
        return repo

    def _writer(self, request: web.Request, proposing: bool = False) -> None:
        """Only the owner writes; whoever may read may propose."""
        token = _token(request)
        if token is None:
            raise Refused(401, "Invalid username or password.")
        if token != OWNER and not (token == READER and (proposing or "create_pr" in request.query)):
            raise Refused(403, "You don't have the rights to write here")

    def _create(self, request: web.Request, body: Any) -> web.Response:
        self._writer(request)
        name = f"{body['organization']}/{body['name']}"
        url = f"{self.url}/datasets/{name}"
        if name in self.repos:
            return web.json_response(
                {"error": "You already created this dataset repo", "url": url}, status=409
            )
        self.repos[name] = Repo(name, private=body.get("visibility") == "private")
        return web.json_response({"url": url})

    def _upload_modes(self, tree: Tree, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        modes = []
        for file in wanted:
            lfs = file["path"].endswith(".parquet") or file["size"] > REGULAR_BYTES
            there = tree.get(file["path"])
            mode = {"path": file["path"], "uploadMode": "lfs" if lfs else "regular", "shouldIgnore": False}
            modes.append(mode | ({"oid": there.etag} if there else {}))
        return modes

    def _lfs_batch(self, request: web.Request, body: Any, name: str) -> web.Response:
        self._repo(request, name)
        self._writer(request, proposing="ref" not in body)
        objects = []
        for wanted in body["objects"]:
            entry: dict[str, Any] = {"oid": wanted["oid"], "size": wanted["size"]}
            if wanted["oid"] not in self.objects:
                entry["actions"] = {"upload": {"href": f"{self.url}/lfs/{wanted['oid']}"}}
            objects.append(entry)
        return web.json_response({"transfer": "basic", "objects": objects})

    async def _commit(self, request: web.Request, repo: Repo, revision: str) -> web.Response:
        changes = [json.loads(line) for line in (await request.read()).splitlines()]
        create_pr = "create_pr" in request.query
        parent = changes[0]["value"].get("parentCommit")
        tree = dict(repo.at(parent if create_pr and parent else revision).tree)
        for change in changes[1:]:
            value = change["value"]
            match change["key"]:
                case "file":
                    tree[value["path"]] = Blob(base64.b64decode(value["content"]))
                case "lfsFile":
                    if value["oid"] not in self.objects:
                        raise Refused(400, f"LFS object {value['oid']} was not uploaded")
                    tree[value["path"]] = Blob(self.objects[value["oid"]], lfs=True)
                case "deletedFile":
                    if value["path"] not in tree:
                        raise Refused(404, "A file with this name doesn't exist", "EntryNotFound")
                    del tree[value["path"]]
                case other:
                    raise Refused(400, f"unknown change {other}")
        if "README.md" in tree and (found := problems(tree["README.md"].content.decode())):
            raise Refused(400, f"invalid metadata: {found}")
        answer = repo.commit(revision, changes, tree, create_pr)
        for key in ("commitUrl", "pullRequestUrl"):
            if key in answer:
                answer[key] = self.url + answer[key]
        return web.json_response(answer)

    def _resolve(self, request: web.Request, repo: Repo, revision: str, path: str) -> web.StreamResponse:
        token = _token(request)
        if repo.gated and token != OWNER and token not in self.granted:
            raise Refused(
                401 if token is None else 403, f"Access to dataset {repo.name} is restricted", "GatedRepo"
            )
        commit = repo.at(revision)
        blob = commit.tree.get(path)
        commit_header = {"X-Repo-Commit": commit.oid}
        if blob is None:
            return web.json_response(
                {"error": "Entry not found"},
                status=404,
                headers=commit_header
                | {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"},
            )
        if not blob.lfs:
            return self._content(request, blob.content, blob.oid, commit_header)
        linked = {"X-Linked-Etag": f'"{blob.sha256}"', "X-Linked-Size": str(len(blob.content))}
        # Another host, as the real one's storage is: clients follow redirects to the same host without asking.
        where = {"Location": f"{self.url}/cdn/{blob.sha256}".replace("127.0.0.1", "localhost")}
        return web.Response(
            status=302,
            headers=commit_header | linked | where | self.xet.headers(repo.name, commit.oid, blob.sha256),
        )

    def _content(
        self, request: web.Request, content: bytes, etag: str, headers: dict[str, str] | None = None
    ) -> web.Response:
        """The bytes, or the range of them that is asked for."""
        headers = {"ETag": f'"{etag}"', "Accept-Ranges": "bytes", **(headers or {})}
        status = 200
        if asked := request.headers.get("Range"):
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, stop = int(first), min(int(last) + 1 if last else len(content), len(content))
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
            content, status = content[start:stop], 206
        if request.method == "HEAD":
            return web.Response(headers=headers | {"Content-Length": str(len(content))})
        return web.Response(body=content, status=status, headers=headers)


def _info(repo: Repo, revision: str, blobs: bool) -> dict[str, Any]:
    commit = repo.at(revision)
    return {
        "id": repo.name,
        "author": repo.name.split("/")[0],
        "sha": commit.oid,
        "private": repo.private,
        "gated": repo.gated,
        "disabled": False,
        "lastModified": DAY,
        "tags": [],
        "siblings": [_sibling(path, blob, blobs) for path, blob in sorted(commit.tree.items())],
    }


def _sibling(path: str, blob: Blob, blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": path}
    shown: dict[str, Any] = {"rfilename": path, "size": len(blob.content), "blobId": blob.oid}
    if blob.lfs:
        pointer = len(blob.pointer)
        shown["lfs"] = {"sha256": blob.sha256, "size": len(blob.content), "pointerSize": pointer}
    return shown


Entry = Callable[[str, Blob], dict[str, Any]]


def _listing(tree: Tree, below: str, recursive: bool, entry: Entry) -> list[dict[str, Any]]:
    found, folders = [], set()
    for path, blob in sorted(tree.items()):
        if not path.startswith(below):
            continue
        *parents, _ = path[len(below) :].split("/")
        folders |= {
            below + "/".join(parents[: n + 1]) for n in range(len(parents) if recursive else bool(parents))
        }
        if recursive or not parents:
            found.append(entry(path, blob))
    return [*(_folder(path) for path in sorted(folders)), *found]


def _paths(tree: Tree, paths: list[str], entry: Entry) -> list[dict[str, Any]]:
    found = []
    for path in paths:
        if path in tree:
            found.append(entry(path, tree[path]))
        elif any(name.startswith(f"{path}/") for name in tree):
            found.append(_folder(path))
    return found


def _folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "oid": "0" * 40, "size": 0}


def _refs(repo: Repo, pulls: bool) -> dict[str, Any]:
    def ref(name: str, ref: str, oid: str) -> dict[str, str]:
        return {"name": name, "ref": ref, "targetCommit": oid}

    refs = {
        "branches": [
            ref("main", "refs/heads/main", repo.head),
            *(ref(name, f"refs/heads/{name}", oid) for name, oid in repo.branches.items()),
        ],
        "converts": [],
        "tags": [ref(name, f"refs/tags/{name}", oid) for name, oid in repo.tags.items()],
    }
    if pulls:
        refs["pullRequests"] = [ref(f"{n}", f"refs/pr/{n}", pull.head) for n, pull in repo.pulls.items()]
    return refs


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.oid,
        "title": commit.title,
        "message": "",
        "date": DAY,
        "authors": [{"user": "owner"}],
    }


def _stored(oid: str, name: str) -> dict[str, Any]:
    return {"fileOid": oid, "oid": oid, "filename": name, "pushedAt": DAY, "ref": "main", "size": 1}


def _discussions(repo: Repo, status: str | None) -> dict[str, Any]:
    found = [
        {
            "num": number,
            "title": pull.title,
            "author": {"name": "owner"},
            "createdAt": DAY,
            "status": pull.status,
            "repo": {"name": repo.name, "type": "dataset"},
            "isPullRequest": True,
        }
        for number, pull in repo.pulls.items()
        if status in (None, "all", pull.status)
    ]
    return {"discussions": found, "count": len(found), "start": 0}


def _token(request: web.Request) -> str | None:
    return request.headers.get("Authorization", "").removeprefix("Bearer ") or None

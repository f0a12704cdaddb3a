"""Xet storage for the loopback Hub: takes what hf_xet uploads, and says how files are put together again.

After the published protocol (huggingface.co/docs/xet). A xorb is a row of compressed chunks; a shard says, for each
file, which chunks of which xorbs it is. Hashes are taken as the client gives them, and the SHA-256 of each file that
its chunks make is checked against the one in the shard.
"""

from __future__ import annotations

import hashlib
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from aiohttp import web

if TYPE_CHECKING:
    from services.hub import Hub
    from services.hub_repo import Blob

RECORD = 48
END = b"\xff" * 32
VERIFIED, WITH_METADATA = 1 << 31, 1 << 30
PLAIN, LZ4, GROUPED_LZ4 = range(3)


@dataclass(frozen=True, slots=True)
class Term:
    """Chunks ``start`` to ``end`` (not included) of a xorb; ``size`` bytes unpacked."""

    xorb: str
    size: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk lies in its xorb, header included, and what it holds."""

    start: int
    end: int
    content: bytes


class Xet:
    """``xorbs`` are the bodies as they came, ``files`` the terms of each file by its Xet hash. A file's content goes
    to the Hub's objects under its SHA-256. ``uploads`` lists the xorbs in order of arrival."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.xorbs: dict[str, bytes] = {}
        self.files: dict[str, list[Term]] = {}
        self.hash_of: dict[str, str] = {}
        self.uploads: list[str] = []
        self.fetched = 0

    def token(self) -> web.Response:
        return web.json_response(
            {"accessToken": "xet", "exp": int(time.time()) + 3600, "casUrl": f"{self.hub.url}/cas"},
            headers={
                "X-Xet-Cas-Url": f"{self.hub.url}/cas",
                "X-Xet-Access-Token": "xet",
                "X-Xet-Token-Expiration": str(int(time.time()) + 3600),
            },
        )

    def entry(self, path: str, blob: Blob) -> dict[str, Any]:
        found = self.hash_of.get(blob.sha256) if blob.lfs else None
        return blob.describe(path) | ({"xetHash": found} if found else {})

    def headers(self, repo: str, revision: str, sha256: str) -> dict[str, str]:
        """What tells a client that a file can be had from here; nothing for one that came as plain LFS."""
        if sha256 not in self.hash_of:
            return {}
        route = f"{self.hub.url}/api/datasets/{repo}/xet-read-token/{revision}"
        return {"X-Xet-Hash": self.hash_of[sha256], "Link": f'<{route}>; rel="xet-auth"'}

    async def answer(self, request: web.Request, rest: list[str]) -> web.StreamResponse:
        """Routes below /cas."""
        match request.method, rest:
            case "GET", [_, "chunks", _, _]:
                return web.json_response({"error": "no such chunk"}, status=404)
            case "POST", [_, "xorbs", _, xorb]:
                new = xorb not in self.xorbs
                self.xorbs[xorb] = await request.read()
                self.uploads.append(xorb)
                return web.json_response({"was_inserted": new})
            case "POST", ["v1", "shards"]:
                self._register(await request.read())
                return web.json_response({"result": 1})
            case "GET", ["v1", "reconstructions", file] if file in self.files:
                return self._reconstruction(request, self.files[file])
            case "GET", ["xorb", xorb]:
                self.fetched += 1
                first, _, last = request.headers["Range"].removeprefix("bytes=").partition("-")
                content = self.xorbs[xorb][int(first) : int(last) + 1]
                return web.Response(body=content, status=206)
            case _:
                return web.json_response({"error": f"no such path: {request.path}"}, status=404)

    def _register(self, shard: bytes) -> None:
        for file, terms, sha256 in _files(shard):
            chunks = {term.xorb: _chunks(self.xorbs[term.xorb]) for term in terms}
            parts = [c.content for term in terms for c in chunks[term.xorb][term.start : term.end]]
            content = b"".join(parts)
            assert hashlib.sha256(content).hexdigest() == sha256, "the chunks do not make the file"
            self.files[file] = terms
            self.hash_of[sha256] = file
            self.hub.objects[sha256] = content

    def _reconstruction(self, request: web.Request, terms: list[Term]) -> web.Response:
        """Terms that cover the range asked for, and where to get the bytes of each."""
        start, stop = 0, sum(term.size for term in terms)
        if asked := request.headers.get("Range"):
            first, _, last = asked.removeprefix("bytes=").partition("-")
            if int(first) >= stop:
                return web.json_response({"error": "range"}, status=416)
            start, stop = int(first), min(stop, int(last) + 1 if last else stop)
        wanted, fetch, at, skipped = [], {}, 0, 0
        for term in terms:
            if at < stop and at + term.size > start:
                if not wanted:
                    skipped = start - at
                chunks = _chunks(self.xorbs[term.xorb])[term.start : term.end]
                span = {"start": term.start, "end": term.end}
                wanted.append({"hash": term.xorb, "unpacked_length": term.size, "range": span})
                fetch.setdefault(term.xorb, []).append(
                    {
                        "range": span,
                        "url": f"{self.hub.url}/cas/xorb/{term.xorb}",
                        "url_range": {"start": chunks[0].start, "end": chunks[-1].end - 1},
                    }
                )
            at += term.size
        return web.json_response({"offset_into_first_range": skipped, "terms": wanted, "fetch_info": fetch})


def _files(shard: bytes) -> list[tuple[str, list[Term], str]]:
    """Xet hash, terms and SHA-256 of each file that a shard describes."""
    found, at = [], RECORD
    while shard[at : at + 32] != END:
        file = _hex(shard[at : at + 32])
        flags, count = struct.unpack_from("<II", shard, at + 32)
        at += RECORD
        terms = []
        for _ in range(count):
            size, start, end = struct.unpack_from("<III", shard, at + 36)
            terms.append(Term(_hex(shard[at : at + 32]), size, start, end))
            at += RECORD
        at += RECORD * count if flags & VERIFIED else 0
        assert flags & WITH_METADATA, "a shard without the SHA-256 of its files"
        found.append((file, terms, _hex(shard[at : at + 32])))
        at += RECORD
    return found


def _chunks(xorb: bytes) -> list[Chunk]:
    """The chunks of a xorb, up to its footer or its end."""
    found, at = [], 0
    while at < len(xorb) and xorb[at : at + 7] != b"XETBLOB":
        packed = int.from_bytes(xorb[at + 1 : at + 4], "little")
        scheme = xorb[at + 4]
        size = int.from_bytes(xorb[at + 5 : at + 8], "little")
        end = at + 8 + packed
        found.append(Chunk(at, end, _unpack(xorb[at + 8 : end], scheme, size)))
        at = end
    return found


def _unpack(packed: bytes, scheme: int, size: int) -> bytes:
    if scheme == PLAIN:
        return packed
    unpacked = pa.decompress(packed, size, "lz4").to_pybytes()
    if scheme == LZ4:
        return unpacked
    assert scheme == GROUPED_LZ4, scheme
    content, at = bytearray(size), 0
    for place in range(4):  # byte 0 of every four comes first, then byte 1, ...
        count = len(range(place, size, 4))
        content[place::4] = unpacked[at : at + count]
        at += count
    return bytes(content)


def _hex(raw: bytes) -> str:
    """A hash as paths and JSON write it: four little-endian numbers."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", raw))

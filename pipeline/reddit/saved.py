"""Dumps that were read, kept until they are joined: a run that was stopped goes on with the files that are missing.

A part belongs to its file (name, size, time of change or the store's mark), to what is wanted of it, and to the code
that reads it. It is two files by one name, a hash of all that: the posts, and what else a ``Part`` holds. The second is
written last, and both are renamed when they are whole, so that several processes or machines can read into one folder:
what is there is whole, and who reads a file twice writes the same twice.
"""

from __future__ import annotations

import functools
import hashlib
from array import array
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.atomic import write_bytes, writing
from pipeline.reddit.dumps import Dump
from pipeline.reddit.parts import Part
from pipeline.reddit.scan import Wanted, scan


class _Rest(msgspec.Struct):
    """What is said of a part beside its posts; ``lines`` are 8 bytes each, as this machine has them."""

    source: str
    records: int
    lines: bytes
    ledger: list[dict[str, Any]]


def key(dump: Dump, wanted: Wanted) -> str:
    """The name of the part of a dump. Every machine that sees the same file finds the same."""
    # A file on disk may be found by another path tomorrow; a store's is what its address says.
    address = dump.file.address if dump.file.is_remote else ""
    content = [dump.source, address, dump.file.size, dump.file.mark, asdict(wanted), _code()]
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def find(folder: Path, name: str) -> Part | None:
    """The part of that name where it is there, whole."""
    posts = folder / f"{name}.parquet"
    try:
        rest = msgspec.msgpack.decode((folder / f"{name}.rest").read_bytes(), type=_Rest)
        rows = pq.read_metadata(posts).num_rows
    except (OSError, msgspec.DecodeError, pa.ArrowException):
        return None
    lines = array("q")
    lines.frombytes(rest.lines)
    # Whoever changed the posts since (a take-down) left another number of them.
    return Part(rest.source, posts, rest.records, lines, rest.ledger) if len(lines) == rows else None


def read(dump: Dump, wanted: Wanted, folder: Path, advance: Callable[[int], object]) -> Part:
    """The part of a dump, which is read if it is not there; ``advance`` is told the compressed bytes taken."""
    name = key(dump, wanted)
    if (part := find(folder, name)) is not None:
        return part
    posts = folder / f"{name}.parquet"
    with writing(posts) as unfinished:
        part = scan(dump.file, dump.source, wanted, unfinished, advance)
    rest = _Rest(part.source, part.records, part.lines.tobytes(), part.ledger)
    write_bytes(msgspec.msgpack.encode(rest), folder / f"{name}.rest")
    return part._replace(path=posts)


@functools.cache
def _code() -> str:
    """A hash of the code that makes a part of a dump."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()

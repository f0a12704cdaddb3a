"""Which files are submission dumps (Pushshift, Arctic Shift, or one's own): one file, folders of them, or patterns, on
disks or behind addresses."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.core.errors import InputError
from pipeline.reddit import files, remote
from pipeline.reddit.files import File
from pipeline.reddit.parts import Tally
from pipeline.reddit.stream import compression

SUFFIXES = (".zst", ".zstd", ".gz", ".ndjson", ".jsonl", ".json")
# Pages about a folder, such as that of data/inputs, are no part of what lies in it.
PAGES = ("README.md", "README.txt", "README")
# Comment dumps lie beside the submissions under these names: RC_2023-03.zst, careerguidance_comments.zst.
COMMENT_PREFIX, COMMENT_STEM = "RC_", "_comments"


class Dump(NamedTuple):
    """A file to read, and the name under which the ledger knows it."""

    file: File
    source: str


def find_dumps(paths: Sequence[str]) -> tuple[list[Dump], list[dict[str, Any]]]:
    """The submission dumps under files, folders (searched to the bottom) and patterns, each once, sorted by path.

    Every file's first bytes are looked at here, so that a wrong one is noticed before hours of reading.
    """
    wanted: dict[str, File] = {}
    skipped: dict[str, str] = {}
    for text in paths:
        for file, inside in _files(text):
            if inside and (why := _not_submissions(file)):
                skipped[file.address] = why
            else:
                wanted.setdefault(file.place, file)
    if not wanted:
        raise InputError(
            "no submission dump was found",
            where=", ".join(paths),
            remedy=f"files ending in {', '.join(SUFFIXES)} are read",
        )
    found = sorted(wanted.values(), key=lambda file: file.order)
    for file in found:
        compression(file)
    names = Counter(file.name for file in found)
    dumps = [Dump(file, file.name if names[file.name] == 1 else file.address) for file in found]
    ledger = []
    for address, why in sorted(skipped.items()):
        tally = Tally(address)
        tally.line("file_not_read", 0, why)
        ledger += tally.rows()
    return dumps, ledger


def _files(text: str) -> Iterator[tuple[File, bool]]:
    """The files that a path, pattern or address leads to, each with whether it was found in a folder."""
    if remote.is_address(text):
        yield from (
            (file, inside) for file, inside in files.behind(text) if not inside or _is_data(file.name)
        )
        return
    for path in expand(text):
        if path.is_dir():
            entries = sorted(entry for entry in path.rglob("*") if entry.is_file() and _is_data(entry.name))
            yield from ((files.local(entry), True) for entry in entries)
        else:
            yield files.local(path), False


def expand(text: str) -> list[Path]:
    """The files and folders that a path or pattern leads to; InputError where there are none."""
    if Path(text).exists():
        return [Path(text)]
    found = [Path(name) for name in sorted(glob.glob(text, recursive=True))]
    if not found:
        raise InputError(
            "there is no such file, folder or match",
            where=text,
            remedy="paths are relative to the repository's root; quote patterns such as 'dumps/RS_2023-*.zst'",
        )
    return found


def _is_data(name: str) -> bool:
    return name not in PAGES and not name.startswith(".")


def _not_submissions(file: File) -> str | None:
    if file.suffix.lower() not in SUFFIXES:
        return f"not the name of a dump ({', '.join(SUFFIXES)})"
    if file.name.startswith(COMMENT_PREFIX) or file.name.split(".")[0].endswith(COMMENT_STEM):
        return "by its name a dump of comments"
    return None

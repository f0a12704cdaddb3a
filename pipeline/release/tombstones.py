"""tombstones.json: what a release says of the posts that were taken back, and nothing that leads to them.

A list of {id, date, reason, what}: an opaque id (see ``pipeline.withdrawn.register``), the day, why the post left
(deleted, removed, gone, private, requested), and whether it was a scenario with its questions or a candidate that
judges voted on. Which one it was can only be told by comparing two versions. A release without takedowns has no
such file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.core.documents import as_json, read_json
from pipeline.release.files import write_text
from pipeline.withdrawn.register import Takedown, as_rows, parse

FILE = "tombstones.json"


def read(folder: Path) -> tuple[Takedown, ...]:
    """The tombstones in a release folder, by date and id; none where it has none. InputError for a broken file."""
    path = folder / FILE
    return parse(read_json(path), path) if path.exists() else ()


def since(old: Path, new: Path) -> tuple[Takedown, ...]:
    """The tombstones of the release folder ``new`` that ``old`` does not have: why its rows went."""
    known = {entry.id for entry in read(old)}
    return tuple(entry for entry in read(new) if entry.id not in known)


def write(entries: Iterable[Takedown], folder: Path) -> None:
    """Writes the file if anything was taken back from a release."""
    rows = as_rows(entry for entry in entries if entry.what != "post")
    if rows:
        write_text(as_json(rows), folder / FILE)

"""Files and folders that are written whole or not at all: a reader finds the old one or the new one, never half."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def writing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A path beside ``path`` to write a file to; the file becomes ``path`` only if the block succeeds.

    Two processes may write one path at once: the last one to end wins, whole. ``durable`` waits until the bytes are on
    disk, so that a power cut cannot take them back; what can be built again does without. Folders are made as needed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        if durable:
            _sync(part)
        part.replace(path)
        if durable:
            _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def write_bytes(content: bytes, path: Path) -> None:
    """Writes the file whole or not at all, and waits until it is on disk."""
    with writing(path, durable=True) as part:
        part.write_bytes(content)


def write_text(text: str, path: Path) -> None:
    """As ``write_bytes``: UTF-8, line ends as they are given on every system."""
    write_bytes(text.encode(), path)


def write_private(text: str, path: Path) -> None:
    """As ``write_text``, for the owner only, and so is the folder if it has to be made."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with writing(path, durable=True) as part:
        part.touch(mode=0o600)
        part.write_bytes(text.encode())


def private_file(path: Path) -> None:
    """Makes an empty file for the owner only, and its folder likewise; what is there already stays as it is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty sibling of ``folder`` to fill; it takes the folder's place only if the block succeeds.

    A stop between the two renames leaves no folder. What an earlier, killed run left is removed.
    """
    new, old = (folder.with_name(f".{folder.name}.{part}") for part in ("new", "old"))
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

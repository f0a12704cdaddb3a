"""Which of the two papers a folder of published results is of."""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.published.files import LOOKS_FOR as FIRST
from pipeline.published.lens.imports import LOOKS_FOR as SECOND

VALACT, LENS = "valact", "lens"
_VALACT = re.compile(r".+_result_exp_.+\.txt", re.IGNORECASE)
# A header is no longer than this.
_HEADER = 65_536
_COLUMNS = ({"country", "topic", "value"}, {"country", "topic", "response"}, {"label", "result"})
_UNREADABLE = (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError)


def which(folder: Path) -> str:
    """VALACT or LENS, by the names and the columns of what lies there; InputError for neither, and for both."""
    if folder.is_file() and folder.suffix.lower() == ".zip":
        return LENS
    found = {kind for path in _files(folder) for kind in _kinds(path)}
    if len(found) == 1:
        return found.pop()
    if found:
        raise InputError(
            "the folder holds published results of both papers",
            where=str(folder),
            remedy="name the folder of one of them, then that of the other",
        )
    raise InputError(
        "no published results were found",
        where=str(folder),
        remedy=f"name a folder with {FIRST}; or with {SECOND}",
    )


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise InputError(
            "there is no such folder", where=str(folder), remedy="name one that holds published results"
        )
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root) / name for name in sorted(files) if not name.startswith("."))


def _kinds(path: Path) -> Iterator[str]:
    suffix = path.suffix.lower()
    if _VALACT.fullmatch(path.name):
        yield VALACT
    elif suffix == ".csv" and path.is_file():
        with path.open("rb") as file:
            yield from _of_header(file.read(_HEADER))
    elif suffix == ".zip" and path.is_file():
        yield from _packed(path)


def _packed(path: Path) -> Iterator[str]:
    try:
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                if name.lower().endswith(".csv"):
                    with packed.open(name) as file:
                        yield from _of_header(file.read(_HEADER))
    except _UNREADABLE:
        return


def _of_header(start: bytes) -> Iterator[str]:
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = start.decode(encoding, errors="replace")
    try:
        names = {name.strip() for name in next(csv.reader(io.StringIO(text)), [])}
    except csv.Error:
        return
    if any(names >= columns for columns in _COLUMNS):
        yield LENS

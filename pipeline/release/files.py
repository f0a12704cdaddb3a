"""Files of a release: Parquet, checksums, and putting a whole folder in its place."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

CHECKSUMS = "SHA256SUMS"


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty sibling of ``folder`` to fill; it takes the folder's place only if the block succeeds.

    A reader finds the old folder or the new one, never half of one. A stop between the two renames
    leaves none. What an earlier, killed run left is removed.
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


def write_parquet(table: pa.Table, path: Path) -> None:
    """Writes the table: same table, same bytes with one version of pyarrow."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        # ``load_dataset`` reads a file without row groups as empty, and breaks on one whose row group is.
        if table.num_rows:
            writer.write_table(table, row_group_size=20_000)


def write_text(text: str, path: Path) -> None:
    path.write_text(text.rstrip() + "\n", encoding="utf-8", newline="\n")


def files(folder: Path) -> list[Path]:
    """Every file under the folder in the order of its relative path."""
    return sorted(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda p: p.relative_to(folder).as_posix()
    )


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path) -> None:
    """Writes SHA256SUMS over every other file, as ``sha256sum -c`` reads it."""
    lines = [
        f"{sha256(path)}  {path.relative_to(folder).as_posix()}"
        for path in files(folder)
        if path.name != CHECKSUMS
    ]
    write_text("\n".join(lines), folder / CHECKSUMS)

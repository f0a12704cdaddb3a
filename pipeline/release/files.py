"""Files of a release: Parquet, texts, checksums."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core import atomic

CHECKSUMS = "SHA256SUMS"


def write_parquet(table: pa.Table, path: Path) -> None:
    """Writes the table: same table, same bytes with one version of pyarrow."""
    with atomic.writing(path) as part, pq.ParquetWriter(part, table.schema, compression="zstd") as writer:
        # ``load_dataset`` reads a file without row groups as empty, and breaks on one whose row group is.
        if table.num_rows:
            writer.write_table(table, row_group_size=20_000)


def write_text(text: str, path: Path) -> None:
    """Writes a text of the release, which ends with one line end."""
    atomic.write_text(text.rstrip() + "\n", path)


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

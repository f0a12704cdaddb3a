"""Files of a release: Parquet, texts, checksums."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core import atomic
from pipeline.step.canary import KEY

CHECKSUMS = "SHA256SUMS"


# Rows of a row group: who asks for some rows by their key, as the Hub's viewer does, reads the groups that hold them
# (by their statistics) and leaves the rest where it is. A thousand questions with their texts are some 3 MB.
GROUP = 1_000


def write_parquet(table: pa.Table, path: Path) -> None:
    """Writes the table: same table, same bytes with one version of pyarrow."""
    with (
        atomic.writing(path) as part,
        pq.ParquetWriter(part, table.schema, compression="zstd", write_page_index=True) as writer,
    ):
        # ``load_dataset`` reads a file without row groups as empty, and breaks on one whose row group is.
        if table.num_rows:
            writer.write_table(table, row_group_size=GROUP)


def arrow(table: pl.DataFrame) -> pa.Table:
    """The table with Arrow's plain types (no large or view strings), which every reader knows."""
    wide = table.to_arrow()
    return wide.cast(pa.schema([pa.field(field.name, _plain(field.type)) for field in wide.schema]))


def marked(table: pa.Table, canary: str) -> pa.Table:
    """The table with the canary in the header of its file; no row is another."""
    return table.replace_schema_metadata({**(table.schema.metadata or {}), KEY: canary})


def content_sha256(table: pl.DataFrame) -> str:
    """A hash of columns and values, which no version of a writer of Parquet changes: of the JSON of the columns' names
    and of each row, one a line."""
    digest = hashlib.sha256(json.dumps(table.columns).encode())
    for row in table.iter_rows():
        digest.update(b"\n" + json.dumps(row, ensure_ascii=False, default=str).encode())
    return digest.hexdigest()


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


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct(
            [pa.field(kind.field(i).name, _plain(kind.field(i).type)) for i in range(kind.num_fields)]
        )
    return kind

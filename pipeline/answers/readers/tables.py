"""A folder of Parquet or CSV tables, called as ``contract.TABLES`` are."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.answers.contract import TABLES
from pipeline.answers.reader import ROW, Raw, Reader
from pipeline.core.errors import InputError
from pipeline.tables import bounded

SUFFIXES = (".parquet", ".csv")


def knows(path: Path) -> bool:
    return path.is_dir() and any(
        (path / f"{name}{suffix}").exists() for name in TABLES for suffix in SUFFIXES
    )


def read(path: Path) -> Raw:
    raw = Raw()
    for name in TABLES:
        files = [path / f"{name}{suffix}" for suffix in SUFFIXES if (path / f"{name}{suffix}").exists()]
        if len(files) > 1:
            raise InputError("the table is there twice", where=f"{files[0]}, {files[1]}", remedy="leave one")
        if files:
            raw.tables[name] = _table(files[0])
            raw.files[name] = files[0].name
    return raw


def _table(path: Path) -> pl.DataFrame:
    """A CSV file's cells are text, its first row of data is row 2."""
    if path.suffix == ".parquet":
        table, first = bounded.read(path), 1
    else:
        table, first = _csv(path), 2
    if ROW in table.columns:
        raise InputError(f"no column may be called {ROW}", where=str(path))
    return table.with_row_index(ROW, offset=first)


def _csv(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        text = " ".join(str(error).split())[:160]
        raise InputError(f"the table cannot be read: {text}", where=str(path)) from None


ENTRY = Reader(
    "a folder with respondents, choices, instrument_answers, scores, ratings as .parquet or .csv", knows, read
)

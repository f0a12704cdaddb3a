"""Tables as Parquet files: checked when written, checked when read, same rows same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
from dataframely.exc import SchemaError, ValidationError

from pipeline.core.atomic import writing
from pipeline.core.errors import InputError

AGAIN = "delete it and run `dvc repro` to build it again"


def conform(
    schema: type[dy.Schema], rows: pl.DataFrame | Iterable[dict[str, Any]], *, where: str
) -> pl.DataFrame:
    """Rows as a table of the schema: columns in order, types cast, every rule checked.

    Raises InputError that names the table and the rules that rows break.
    """
    if not isinstance(rows, pl.DataFrame):
        rows = pl.DataFrame(list(rows), schema=_polars_schema(schema))
    try:
        return schema.validate(_with_later(schema, rows), cast=True)
    except (ValidationError, SchemaError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"the table is not a valid {schema.__name__} table: {_first_lines(error)}",
            where=where,
            remedy="a stage wrote or a file holds rows that the schema in pipeline/tables forbids",
        ) from error


def check_values(
    rows: pl.DataFrame, columns: Iterable[str], known: Iterable[str], *, where: str, also: Iterable[str] = ()
) -> None:
    """InputError where a column holds a value that the inventory does not have, nor ``also``; empty cells are none."""
    slugs, others = set(known), set(also)
    for column in columns:
        if strange := sorted(set(rows[column].drop_nulls().unique()) - slugs - others):
            raise InputError(
                f"column {column} holds {strange[0]!r}, which is no value of the inventory: {', '.join(sorted(slugs))}",
                where=where,
                remedy="`inventory` in params must be the one that the table was made with",
            )


def write_table(
    schema: type[dy.Schema], rows: pl.DataFrame | Iterable[dict[str, Any]], path: Path | str
) -> pl.DataFrame:
    """Checks rows, sorts them by primary key, and writes them: same rows, same bytes."""
    path = Path(path)
    table = conform(schema, rows, where=str(path)).sort(schema.primary_key(), maintain_order=True)
    with writing(path) as part:
        table.write_parquet(part, compression="zstd", statistics=True)
    return table


def read_table(schema: type[dy.Schema], path: Path | str, *, since: tuple[str, ...] = ()) -> pl.DataFrame:
    """The table at ``path``, checked against its schema; InputError when it is missing or not that table.

    ``since`` are columns that tables of older runs do not have: they are empty there.
    """
    path = Path(path)
    with _readable(path):
        table = pl.read_parquet(path)
    table = table.with_columns(pl.lit(None).alias(name) for name in since if name not in table.columns)
    return conform(schema, table, where=str(path))


def scan_table(schema: type[dy.Schema], path: Path | str) -> pl.LazyFrame:
    """The table at ``path``, lazily, for tables that need not fit into memory; only its columns are checked."""
    path = Path(path)
    with _readable(path):
        table = pl.scan_parquet(path)
        lacking = [name for name in _later(schema) if name not in table.collect_schema()]
        if lacking:
            table = table.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
            table = table.select(schema.column_names())
        found = table.collect_schema()
    if found != _polars_schema(schema):
        raise InputError(
            f"the columns are not those of a {schema.__name__} table: {dict(found)}",
            where=str(path),
            remedy=AGAIN,
        )
    return table


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    if not path.exists():
        raise InputError("the file does not exist", where=str(path), remedy="run `dvc repro` to build it")
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"not a readable Parquet file ({_first_lines(error)})", where=str(path), remedy=AGAIN
        ) from error


def _later(schema: type[dy.Schema]) -> list[str]:
    """Columns that came after tables of the schema were first written (``came_later``), which those lack."""
    return [name for name, column in schema.columns().items() if (column.metadata or {}).get("came_later")]


def _with_later(schema: type[dy.Schema], rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with columns that came later, empty where they are not there."""
    lacking = [name for name in _later(schema) if name not in rows.columns]
    return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking) if lacking else rows


def _polars_schema(schema: type[dy.Schema]) -> pl.Schema:
    return schema.create_empty().schema


def _first_lines(error: Exception, lines: int = 6) -> str:
    text = str(error).split("Resolved plan until failure")[0]
    return " ".join(part.strip() for part in text.strip().splitlines()[:lines])

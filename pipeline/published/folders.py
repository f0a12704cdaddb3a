"""A folder of tables is replaced as a whole, or stays as it was."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.tables import write_table


def replace(tables: Mapping[str, pl.DataFrame], schemas: Mapping[str, type[dy.Schema]], out: Path) -> None:
    """Writes the tables into ``out``, all or none: they replace what was there in one move."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".published-", dir=out.parent.parent) as temporary:
        fresh = Path(temporary) / out.name
        for name, schema in schemas.items():
            write_table(schema, tables[name], fresh / f"{name}.parquet")
        if out.exists():
            shutil.move(out, Path(temporary) / "replaced")
        shutil.move(fresh, out)

"""What the sample's release holds, as a hash of each table's rows: no refactoring may move a row.

Where rows are meant to change, build the sample and write the hashes anew:

    dvc repro && PYTHONPATH=. python tests/services/release_hashes.py
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.release.configs import OF_RESPONDENTS
from pipeline.release.files import write_parquet

STORED = Path(__file__).parents[1] / "sample_release.json"
RELEASE = Path("data/release/valact-15k")
AUTHORED = Path(__file__).parents[2] / "data/sample/authored.parquet"


def row_hashes(release: Path) -> dict[str, str]:
    """SHA-256 of every config's columns and rows, as values and not as the bytes of a writer of Parquet."""
    return {
        file.parent.name: _hash(pl.read_parquet(file))
        for file in sorted(release.glob("*/*.parquet"))
        if file.parent.name not in OF_RESPONDENTS  # these are figures of the analysis, to the last digit
    }


def _hash(table: pl.DataFrame) -> str:
    digest = hashlib.sha256(json.dumps(table.columns).encode())
    for row in table.iter_rows():
        digest.update(json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n")
    return digest.hexdigest()


def write_authored(release: Path, file: Path = AUTHORED) -> None:
    """The sample's questions, which releases of real posts carry."""
    write_parquet(pq.read_table(release / "authored/test.parquet"), file)


if __name__ == "__main__":
    write_authored(RELEASE)
    STORED.write_text(json.dumps(row_hashes(RELEASE), indent=2) + "\n", encoding="utf-8")
    print(f"{STORED.name}: {len(row_hashes(RELEASE))} tables")

"""A hydrated copy: the release with the texts that its posts still have, and holes where they are gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipeline.tables import bounded

TABLE = "hydration.parquet"
# release.json of the release that was hydrated: what it was made of is true of the copy, its hashes are not.
ORIGIN = "hydrated_from.json"
OK = "ok"


def is_hydrated(folder: Path) -> bool:
    return (folder / TABLE).is_file()


def missing(folder: Path) -> tuple[int, int]:
    """Scenarios without their text, and all."""
    status = bounded.read(folder / TABLE)["status"]
    return int((status != OK).sum()), status.len()


def texts(folder: Path, tables: dict[str, pl.DataFrame]) -> Iterator[str]:
    """Each scenario has the text of the release where its status is ok and none elsewhere, in both configs."""
    status, scenarios = bounded.read(folder / TABLE), tables["scenarios"]
    if not {"scenario_id", "status"} <= set(status.columns):
        yield f"{TABLE} has no scenario_id and status"
        return
    found = scenarios.join(
        status.select("scenario_id", "status"), on="scenario_id", how="full", coalesce=True
    )
    yield from _named(
        found.filter(pl.col("status").is_null() | pl.col("post_id").is_null()),
        f"is not in {TABLE} and scenarios both",
    )
    filled, ok = pl.col("text").is_not_null(), pl.col("status") == OK
    yield from _named(
        found.filter(filled != ok), "has a text where its status says none, or none where it says ok"
    )
    hashed = found.filter(filled).with_columns(
        digest=pl.col("text").map_elements(
            lambda t: hashlib.sha256(t.encode()).hexdigest(), return_dtype=pl.String
        )
    )
    yield from _named(
        hashed.filter(pl.col("digest") != pl.col("text_sha256")), "has another text than its hash"
    )
    joined = tables["questions"].join(
        scenarios.select("scenario_id", its="text"), on="scenario_id", how="left"
    )
    yield from _named(
        joined.filter(pl.col("text").ne_missing(pl.col("its"))), "has another text in config questions"
    )


def _named(rows: pl.DataFrame, problem: str) -> Iterator[str]:
    if rows.height:
        more = f" (and {rows.height - 1} more)" if rows.height > 1 else ""
        yield f"{rows['scenario_id'].sort()[0]} {problem}{more}"

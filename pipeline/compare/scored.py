"""The tables of another run's stage score, as `valact compare` takes them: anybody's files, and read with a limit."""

from __future__ import annotations

from pathlib import Path

from pipeline.analyse.answers import COLUMNS
from pipeline.analyse.study import Scored
from pipeline.tables import Ratings, bounded

# The tables that are read, and the columns of those of which some are not: what was said word for word may be much.
READ = {
    "respondents": None,
    "choices": (*COLUMNS, "content_sha256"),
    "instrument_answers": None,
    "instrument_scores": None,
    "ratings": tuple(name for name in Ratings.column_names() if name not in ("raw", "request_key", "origin")),
    "options": None,
    "questions": None,
    "published": None,
    "covariates": None,
}


def read(folder: Path) -> Scored:
    """InputError where a table cannot be read, is none of ours, or would take more memory than ``tables.bounded`` lets
    one."""
    for name, columns in READ.items():
        if (path := folder / f"{name}.parquet").exists():
            bounded.check(path, columns)
    return Scored.read(folder)

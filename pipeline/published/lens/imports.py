"""The published data of the second paper into tables: every file accounted for, every loss with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipeline.core import progress
from pipeline.core.errors import InputError
from pipeline.published.folders import replace
from pipeline.published.lens.found import Found, read_log, read_table
from pipeline.published.lens.names import known_model
from pipeline.published.lens.rows import Source, sources
from pipeline.published.lens.tables import SCHEMAS, tables_of
from pipeline.published.problems import Log

LOOKS_FOR = "CSV files with the columns country and topic, logs in JSON lines, or archives (.zip) of them"


def import_published(folder: Path | str) -> dict[str, pl.DataFrame]:
    """The tables of SCHEMAS from all files below ``folder``, archives included. InputError where nothing can be read.

    A rating, choice, action, prediction or judgement that the files should hold is one row, whatever became of it;
    what gives no row is a row of ``problems``.
    """
    folder = Path(folder)
    found = Found()
    late: list[tuple[Source, Log]] = []
    with progress.track("published data", unit="files") as bar:
        for source, log in _each_once(list(sources(folder, found.logs, found.beside)), found.logs):
            bar.advance(note=source.name)
            if source.is_table:
                read_table(source, found, log)
            else:
                late.append((source, log))
    for source, log in late:
        read_log(source, found, log)
    if not any(found.rows.values()):
        raise InputError(
            "nothing of the publication could be read",
            where=str(folder),
            remedy=f"name a folder with {LOOKS_FOR}",
        )
    return tables_of(found, folder)


def write(tables: dict[str, pl.DataFrame], out: Path) -> None:
    """Writes the tables of SCHEMAS into ``out``, all or none."""
    replace(tables, SCHEMAS, out)


def _each_once(all_of: list[Source], logs: list[Log]) -> Iterator[tuple[Source, Log]]:
    """Files of the same bytes once: under a name that says whose they are, where one does."""
    log_of = {log.file: log for log in logs}
    first: dict[str, str] = {}
    for source in sorted(all_of, key=lambda one: known_model(one.name) is None):
        first.setdefault(source.text, source.name)
    for source in all_of:
        if first[source.text] == source.name:
            yield source, log_of[source.name]
        else:
            log_of[source.name].add("read_already", f"the same bytes as {first[source.text]}")

"""What an import says of itself: its files, respondents, sources and problems as tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.published.asked import INSTRUMENT
from pipeline.published.files import BESIDE, Found, Read, ResultFile
from pipeline.published.names import MODELS
from pipeline.published.problems import Problem
from pipeline.tables import Respondents
from pipeline.tables.published import PublishedFiles, PublishedProblems, PublishedSources

GROUP = "published"
# The questions were asked at temperature 0 unless a file says otherwise; of the PVQ nothing is published.
TEMPERATURE = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    read: Read
    encoding: str
    rows: pl.DataFrame


def below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def file_rows(
    found: Found, folder: Path, answers: list[Table], read_as: dict[str, str], problems: list[Problem]
) -> pl.DataFrame:
    """Every file of the folder."""
    nothing = dict.fromkeys(["blocks", "unreadable", "rows", "answered", "invalid", "failed"], 0)
    kinds = {"questions": found.questions, "metadata": found.metadata, "notebook": found.notebooks}
    rows: dict[str, dict[str, Any]] = {
        below(path, folder): {**nothing, "read_as": kind} for kind, paths in kinds.items() for path in paths
    }
    rows |= {name: {**nothing, "read_as": kind} for name, kind in read_as.items()}
    rows |= {name: {**nothing, "read_as": "beside", "reason": BESIDE} for name in found.beside}
    for table in answers:
        read = table.read
        rows[read.file.name] = {
            "read_as": "answers",
            "instrument": read.file.instrument,
            "respondent": read.file.respondent,
            "language": read.file.language,
            "encoding": table.encoding,
            "blocks": read.blocks,
            "unreadable": read.unreadable,
            "rows": table.rows.height,
            **{name: (table.rows["status"] == name).sum() for name in ("answered", "invalid", "failed")},
        }
    rows |= {
        problem.file: {**nothing, "read_as": "nothing", "reason": f"{problem.reason}: {problem.detail}"}
        for problem in problems
        if problem.effect == "file"
    }
    schema = PublishedFiles.create_empty().schema
    return pl.DataFrame([{"file": name, **rows[name]} for name in sorted(rows)], schema=schema)


def respondent_rows(results: list[ResultFile]) -> pl.DataFrame:
    rows: dict[str, dict[str, Any]] = {}
    for file in results:
        asked = None if file.instrument == INSTRUMENT.name else TEMPERATURE
        row = rows.setdefault(file.respondent, {"temperature": None, "files": []})
        row["files"].append(file.name)
        row["model"], row["name"] = MODELS.get(file.model), file.model
        row["condition"] = file.condition
        if row["temperature"] is None:
            row["temperature"] = asked if file.temperature is None else file.temperature
    return pl.DataFrame(
        [
            {
                "respondent": name,
                "kind": "published",
                "group": GROUP,
                "model": row["model"],
                "served_model": None,
                "temperature": row["temperature"],
                "source": ", ".join(row["files"]),
                "agent": row["model"] or row["name"],
                "condition": row["condition"],
            }
            for name, row in rows.items()
        ],
        schema=Respondents.create_empty().schema,
    )


def source_rows(reads: list[Read]) -> pl.DataFrame:
    rows = [
        (read.file.respondent, read.file.instrument, wording, subject, repeat, read.file.name, line, block)
        for read in reads
        for wording, subject, repeat, line, block in read.sources
    ]
    return pl.DataFrame(rows, schema=PublishedSources.create_empty().schema, orient="row")


def problem_rows(problems: list[Problem]) -> pl.DataFrame:
    rows = [
        (number, p.file, p.line, p.reason, p.subject, p.places, p.block, p.effect, p.detail)
        for number, p in enumerate(problems, start=1)
    ]
    return pl.DataFrame(rows, schema=PublishedProblems.create_empty().schema, orient="row")

"""What was found in the second paper's data as tables, each row once, with an account of every file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.published.accounts import problem_rows
from pipeline.published.lens import comparisons
from pipeline.published.lens.figures import figures
from pipeline.published.lens.found import Found, Rows
from pipeline.published.lens.names import GROUP
from pipeline.published.lens.reconstruct import compared, reconstructed
from pipeline.published.lens.runs import numbered
from pipeline.published.problems import Log
from pipeline.tables import Factors, PairChoices, Respondents, ValueRatings, conform
from pipeline.tables.published import PublishedProblems
from pipeline.tables.published_lens import (
    LensFigures,
    LensFiles,
    LensSources,
    PublishedActions,
    PublishedJudgements,
    PublishedMismatches,
    PublishedPredictions,
)

SCHEMAS: dict[str, type[dy.Schema]] = {
    "respondents": Respondents,
    "ratings": ValueRatings,
    "choices": PairChoices,
    "factors": Factors,
    "actions": PublishedActions,
    "mismatches": PublishedMismatches,
    "predictions": PublishedPredictions,
    "judgements": PublishedJudgements,
    "figures": LensFigures,
    "files": LensFiles,
    "sources": LensSources,
    "problems": PublishedProblems,
}
# What the rows of each kind say of themselves beyond their tables.
_EXTRA: dict[str, Any] = {"line": pl.Int64, "file": pl.String}
_PROMPT = {"ratings": ["wording", "order"], "choices": ["wording", "order", "explained"]}


def tables_of(found: Found, folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of SCHEMAS."""
    frames = {kind: _frame(kind, rows) for kind, rows in found.rows.items()}
    log_of = {log.file: log for log in found.logs}
    frames["mismatches"] = compared(frames["mismatches"], frames["ratings"], frames["choices"], log_of)
    asked, compared_in = comparisons.apart(frames["choices"])
    frames["choices"] = pl.concat(
        [
            asked,
            reconstructed(frames["mismatches"], frames["ratings"], frames["choices"], log_of),
        ],
        how="diagonal_relaxed",
    )
    for kind, prompt in _PROMPT.items():
        frames[kind] = numbered(frames[kind], prompt, log_of)
    frames = {kind: _first_of_each(kind, frame, log_of) for kind, frame in frames.items()}
    problems = [problem for log in found.logs for problem in log.problems]
    tables = {
        "respondents": _respondents(found, compared_in),
        "factors": _factors(found),
        "problems": problem_rows(problems),
        "files": _files(found, problems, compared_in),
        "sources": pl.concat([_sources(kind, frames[kind]) for kind in _PROMPT]),
        **frames,
    }
    tables = {
        name: conform(SCHEMAS[name], _columns(table, SCHEMAS[name]), where=f"{folder} ({name})")
        for name, table in tables.items()
    }
    tables["figures"] = conform(LensFigures, figures(tables), where=f"{folder} (figures)")
    return {name: tables[name] for name in SCHEMAS}


def _frame(kind: str, rows: Rows) -> pl.DataFrame:
    types: dict[str, Any] = {**SCHEMAS[kind].create_empty().schema, **_EXTRA}
    return pl.DataFrame(rows, schema=types, orient="row")


def _columns(table: pl.DataFrame, schema: type[dy.Schema]) -> pl.DataFrame:
    return table.select(schema.column_names())


def _first_of_each(kind: str, table: pl.DataFrame, log_of: dict[str, Log]) -> pl.DataFrame:
    """The rows of each key once: two files may hold one list, or one expert's sheet. A later file's are told."""
    keys = list(SCHEMAS[kind].primary_key())
    first = table.unique(keys, keep="first", maintain_order=True)
    if first.height < table.height:
        twice = table.join(first.select(*keys, kept="file"), on=keys).filter(pl.col("file") != pl.col("kept"))
        for row in twice.unique(["file", "line"], maintain_order=True).iter_rows(named=True):
            log_of[row["file"]].add("repeated_row", f"{row['kept']} has it already", line=row["line"])
    return first


def _respondents(found: Found, compared_in: comparisons.Named) -> pl.DataFrame:
    rows = [
        {
            "respondent": name,
            "kind": "published",
            "group": GROUP,
            "model": None,
            "served_model": None,
            "temperature": None,
            "source": ", ".join(files),
            "agent": name.removeprefix("published-").removesuffix(comparisons.SUFFIX),
            "condition": condition,
        }
        for name, (files, condition) in sorted(
            comparisons.respondents(found.respondents, compared_in).items()
        )
    ]
    return pl.DataFrame(rows, schema=Respondents.create_empty().schema)


def _factors(found: Found) -> pl.DataFrame:
    rows = [
        (scenario, factor, level)
        for scenario, levels in sorted(found.cells.items())
        for factor, level in zip(("country", "topic"), levels, strict=True)
    ]
    return pl.DataFrame(rows, schema=Factors.create_empty().schema, orient="row")


def _files(found: Found, problems: Iterable[Any], compared_in: comparisons.Named) -> pl.DataFrame:
    nothing = {"lines": 0, "rows": 0, "answered": 0}
    rows = {name: {**nothing, "read_as": "beside"} for name in found.beside}
    for log in found.logs:
        rows[log.file] = {**nothing, "read_as": "nothing"}
    for problem in problems:
        if problem.effect == "file":
            rows[problem.file]["reason"] = f"{problem.reason}: {problem.detail}"
    unpacked = {name.split("!")[0] for name in rows if "!" in name}
    rows = {name: row for name, row in rows.items() if name not in unpacked or "reason" in row}
    rows |= found.files
    for name, (respondent, _) in compared_in.items():
        rows[name]["respondent"] = respondent
    schema = LensFiles.create_empty().schema
    return pl.DataFrame([{"file": name, **rows[name]} for name in sorted(rows)], schema=schema)


def _sources(kind: str, table: pl.DataFrame) -> pl.DataFrame:
    """One row an answer: that to a pair, or that which rates all values of a scenario."""
    value = pl.lit("") if kind == "ratings" else pl.col("value")
    prompt = pl.concat_str(
        [pl.col(name).cast(pl.String) for name in (*_PROMPT[kind], "repeat")], separator="/"
    )
    return (
        table.filter(pl.col("line").is_not_null())
        .select("respondent", "scenario_id", "file", "line", what=pl.lit(kind), value=value, prompt=prompt)
        .unique(["respondent", "scenario_id", "what", "value", "prompt"], keep="first", maintain_order=True)
        .select(LensSources.column_names())
    )

"""The published data of the second paper into tables: every file accounted for, every loss with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.core import progress
from pipeline.core.errors import InputError
from pipeline.published.accounts import problem_rows
from pipeline.published.folders import replace
from pipeline.published.lens import actions, experts, mismatches, pairs, predictions, ratings
from pipeline.published.lens.figures import figures
from pipeline.published.lens.kinds import kind_of
from pipeline.published.lens.names import GROUP, known_model, model_of, respondent
from pipeline.published.lens.reasons import REASONS
from pipeline.published.lens.reconstruct import compared, reconstructed
from pipeline.published.lens.rows import Row, Source, header, read_rows, sources
from pipeline.published.lens.runs import numbered
from pipeline.published.problems import Log
from pipeline.tables import MAIN, Factors, PairChoices, Respondents, ValueRatings, conform, ids
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
LOOKS_FOR = "CSV files with the columns country and topic, logs in JSON lines, or archives (.zip) of them"
# What the rows of each kind say of themselves beyond their tables.
_EXTRA: dict[str, Any] = {"line": pl.Int64, "file": pl.String}
_PROMPT = {"ratings": ["wording", "order"], "choices": ["wording", "order", "explained"]}
Rows = list[dict[str, Any]]


@dataclass(slots=True)
class Import:
    """What has been read so far. ``cells``: country and topic of each scenario."""

    rows: dict[str, Rows] = field(
        default_factory=lambda: {
            kind: [] for kind in ("ratings", "choices", "mismatches", "predictions", "judgements", "actions")
        }
    )
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: list[Log] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    respondents: dict[str, list[str]] = field(default_factory=dict)


def import_published(folder: Path | str) -> dict[str, pl.DataFrame]:
    """The tables of SCHEMAS from all files below ``folder``, archives included. InputError where nothing can be read.

    A rating, choice, action, prediction or judgement that the files should hold is one row, whatever became of it;
    what gives no row is a row of ``problems``.
    """
    folder = Path(folder)
    found = Import()
    late: list[tuple[Source, Log]] = []
    with progress.track("published data", unit="files") as bar:
        for source, log in _each_once(list(sources(folder, found.logs, found.beside)), found.logs):
            bar.advance(note=source.name)
            if source.is_table:
                _read_table(source, found, log)
            else:
                late.append((source, log))
    for source, log in late:
        _read_log(source, found, log)
    if not any(found.rows.values()):
        raise InputError(
            "nothing of the publication could be read",
            where=str(folder),
            remedy=f"name a folder with {LOOKS_FOR}",
        )
    return _tables(found, folder)


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


def _read_table(source: Source, found: Import, log: Log) -> None:
    rows = read_rows(source, log)
    kind = kind_of(source, rows)
    if kind is None:
        if not any(REASONS[problem.reason][0] == "file" for problem in log.problems):
            log.add("table_not_known", f"columns {', '.join(header(source))[:120]}")
        return
    whose = None
    if kind in ("ratings", "choices", "mismatches", "predictions"):
        model = model_of(source.name)
        if model is None:
            log.add("model_not_known", source.name)
            return
        whose = respondent(model)
    read = list(_of_kind(kind, rows, source, whose or "", log))
    _take(found, kind, kind, source, whose, len(rows), read)
    for row in rows:
        if row.get("country") and row.get("topic"):
            country, topic = row["country"].strip(), row["topic"].strip()
            found.cells[ids.scenario_of(country, topic)] = country, topic


def _of_kind(kind: str, rows: list[Row], source: Source, whose: str, log: Log) -> Iterator[dict[str, Any]]:
    names, origin = header(source), f"imported: {source.name}"
    if kind == "ratings":
        return ratings.read(rows, whose, origin, log)
    if kind == "choices":
        return pairs.read(rows, names, whose, origin, log)
    if kind == "mismatches":
        return mismatches.read(rows, names, whose, log)
    if kind == "judgements":
        return experts.read(rows, names, experts.rater_of(source.name), log)
    if kind == "actions":
        return actions.read(rows, actions.text_column(names) or "", log)
    setting = predictions.setting_of(source.name)
    if setting is None:
        log.add("table_not_known", "the name says none of default, attribution, explanation")
        return iter(())
    return predictions.read(rows, whose, setting, log)


def _read_log(source: Source, found: Import, log: Log) -> None:
    """Logs come last: their index is a row of the full file of actions, the longest one."""
    lines = list(pairs.log_lines(source, log))
    field = pairs.answer_field(lines)
    if field is None and not pairs.has_stances(lines):
        log.add("log_not_known", "no line says a pair and an answer")
        return
    model = model_of(source.name)
    if model is None:
        log.add("model_not_known", source.name)
        return
    origin = f"imported: {source.name}"
    read = list(pairs.read_log(lines, field, _full(found.rows["actions"]), respondent(model), origin, log))
    _take(found, "choices", "log", source, respondent(model), len(lines), read)


def _full(rows: Rows) -> dict[int, tuple[str, str]]:
    """Scenario and value of each row of the longest file of actions."""
    by_file: dict[str, dict[int, tuple[str, str]]] = {}
    for row in rows:
        by_file.setdefault(row["file"], {})[row["row"]] = row["scenario_id"], row["value"]
    return max(by_file.values(), key=len, default={})


def _take(
    found: Import, kind: str, read_as: str, source: Source, whose: str | None, lines: int, read: Rows
) -> None:
    for row in read:
        row["file"] = source.name
    found.rows[kind].extend(read)
    if whose:
        found.respondents.setdefault(whose, []).append(source.name)
    answer = {"predictions": "guess", "judgements": "right", "actions": "text", "mismatches": "value"}.get(
        kind
    )
    answered = sum(row["status"] == "answered" if answer is None else row[answer] is not None for row in read)
    found.files[source.name] = {
        "read_as": read_as,
        "respondent": whose,
        "encoding": source.encoding,
        "lines": lines,
        "rows": len(read),
        "answered": answered,
    }


def _tables(found: Import, folder: Path) -> dict[str, pl.DataFrame]:
    frames = {kind: _frame(kind, rows) for kind, rows in found.rows.items()}
    log_of = {log.file: log for log in found.logs}
    frames["mismatches"] = compared(frames["mismatches"], frames["ratings"], frames["choices"], log_of)
    frames["choices"] = pl.concat(
        [
            frames["choices"],
            reconstructed(frames["mismatches"], frames["ratings"], frames["choices"], log_of),
        ],
        how="diagonal_relaxed",
    )
    for kind, prompt in _PROMPT.items():
        frames[kind] = numbered(frames[kind], prompt, log_of)
    frames = {kind: _first_of_each(kind, frame, log_of) for kind, frame in frames.items()}
    problems = [problem for log in found.logs for problem in log.problems]
    tables = {
        "respondents": _respondents(found),
        "factors": _factors(found),
        "problems": problem_rows(problems),
        "files": _files(found, problems),
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


def _respondents(found: Import) -> pl.DataFrame:
    rows = [
        {
            "respondent": name,
            "kind": "published",
            "group": GROUP,
            "model": None,
            "served_model": None,
            "temperature": None,
            "source": ", ".join(files),
            "agent": name.removeprefix("published-"),
            "condition": MAIN,
        }
        for name, files in sorted(found.respondents.items())
    ]
    return pl.DataFrame(rows, schema=Respondents.create_empty().schema)


def _factors(found: Import) -> pl.DataFrame:
    rows = [
        (scenario, factor, level)
        for scenario, levels in sorted(found.cells.items())
        for factor, level in zip(("country", "topic"), levels, strict=True)
    ]
    return pl.DataFrame(rows, schema=Factors.create_empty().schema, orient="row")


def _files(found: Import, problems: Iterable[Any]) -> pl.DataFrame:
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

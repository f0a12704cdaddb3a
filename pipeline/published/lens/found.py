"""What has been read so far of the second paper's data: each file, by what it is, into rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.published.lens import actions, experts, mismatches, pair_logs, pairs, predictions, ratings
from pipeline.published.lens.kinds import kind_of
from pipeline.published.lens.names import model_of, respondent
from pipeline.published.lens.reasons import REASONS
from pipeline.published.lens.rows import Row, Source, header, read_rows
from pipeline.published.problems import Log
from pipeline.tables import ids

Rows = list[dict[str, Any]]


@dataclass(slots=True)
class Found:
    """Rows by kind, files, and what was told of them. ``cells``: country and topic of each scenario."""

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


def read_table(source: Source, found: Found, log: Log) -> None:
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


def read_log(source: Source, found: Found, log: Log) -> None:
    """Logs come last: their index is a row of the full file of actions, the longest one."""
    lines = list(pair_logs.log_lines(source, log))
    field = pair_logs.answer_field(lines)
    if field is None and not pair_logs.has_stances(lines):
        log.add("log_not_known", "no line says a pair and an answer")
        return
    model = model_of(source.name)
    if model is None:
        log.add("model_not_known", source.name)
        return
    origin = f"imported: {source.name}"
    read = list(
        pair_logs.read_log(lines, field, _full(found.rows["actions"]), respondent(model), origin, log)
    )
    _take(found, "choices", "log", source, respondent(model), len(lines), read)


def _full(rows: Rows) -> dict[int, tuple[str, str]]:
    """Scenario and value of each row of the longest file of actions."""
    by_file: dict[str, dict[int, tuple[str, str]]] = {}
    for row in rows:
        by_file.setdefault(row["file"], {})[row["row"]] = row["scenario_id"], row["value"]
    return max(by_file.values(), key=len, default={})


def _take(
    found: Found, kind: str, read_as: str, source: Source, whose: str | None, lines: int, read: Rows
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

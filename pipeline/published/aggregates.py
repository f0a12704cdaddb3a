"""The authors' aggregate tables, as one tidy table: a row a value, a column a model, one file a prompt wording.

The name of a file says what it holds. Shares of choices are in percent of the answers that count; means of the PVQ are
on its scale from 1 to 6, and raw, although the files are called adjusted; accuracies are shares of the questions, in
``majority`` of those where the majority of the model's selection answers was right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from pipeline.published.asked import INSTRUMENT, VALUES
from pipeline.published.names import Named, asked_wording, model_name, read_name, respondent, result_file
from pipeline.published.problems import Log, Unreadable, shown
from pipeline.published.questions import value_slug
from pipeline.published.sheets import Cell, read_rows

# What was asked -> what a table of it measures.
MEASURE_OF = {
    "default": "enacted",
    INSTRUMENT.name: "declared",
    "selection": "selection",
    "adoption": "adoption",
}
DECIMALS = {"enacted": 2, "declared": 2, "selection": 4, "adoption": 4, "adoption_given_selection": 4}
RESTRICTED = "adoption_given_selection"
TEST_COLUMNS = ("model", "attribute", "t_statistic", "p_value")
_PROMPT = re.compile(r"_?prompt(\d{0,2})(?!\d)", re.IGNORECASE)
_RESTRICTED = re.compile(r"^majority", re.IGNORECASE)

CELL_SCHEMA = {
    "table": pl.String,
    "respondent": pl.String,
    "value": pl.String,
    "measure": pl.String,
    "wording": pl.Int16,
    "printed": pl.Float64,
    "missing": pl.String,
}
TEST_SCHEMA = {
    "table": pl.String,
    "respondent": pl.String,
    "value": pl.String,
    "test": pl.String,
    "statistic": pl.Float64,
    "p": pl.Float64,
}


@dataclass(slots=True)
class Tables:
    """Rows of ``CELL_SCHEMA`` and ``TEST_SCHEMA``; what each file was taken for (aggregates, tests)."""

    cells: list[tuple[object, ...]] = field(default_factory=list)
    tests: list[tuple[object, ...]] = field(default_factory=list)
    read_as: dict[str, str] = field(default_factory=dict)

    def frame(self) -> pl.DataFrame:
        return pl.DataFrame(self.cells, schema=CELL_SCHEMA, orient="row")

    def test_frame(self) -> pl.DataFrame:
        return pl.DataFrame(self.tests, schema=TEST_SCHEMA, orient="row")


def read_tables(paths: Iterable[Path], folder: Path, logs: list[Log]) -> Tables:
    """All tables that are known. One that is not read as a whole is a problem in ``logs`` and gives no rows."""
    tables = Tables()
    for path in paths:
        log = Log(path.relative_to(folder).as_posix())
        logs.append(log)
        try:
            _read(path, log, tables)
        except Unreadable as problem:
            log.add(problem.reason, problem.detail)
    return tables


def read_aggregates(paths: Iterable[Path], folder: Path, logs: list[Log]) -> pl.DataFrame:
    """Columns table, respondent, value, measure, wording, printed, missing: a row a cell. A file without a number is
    wording 1."""
    return read_tables(paths, folder, logs).frame()


def printed_alike(printed: pl.Expr, recomputed: pl.Expr, measure: pl.Expr) -> pl.Expr:
    """Whether a number rounds to the printed one (the printed ones carry noise of binary fractions)."""
    decimals = measure.replace_strict(DECIMALS, return_dtype=pl.Int8)
    return (printed - recomputed).abs() <= 0.5 * 10.0 ** (-decimals) + 1e-9


def _read(path: Path, log: Log, tables: Tables) -> None:
    rows = read_rows(path)
    first = [_word(cell) for cell in rows[0]] if rows else []
    if set(TEST_COLUMNS) <= set(first):
        tables.tests += list(_tests(rows, first, path.stem, log))
        tables.read_as[log.file] = "tests"
        return
    prompt = _PROMPT.search(path.stem)
    restricted = bool(_RESTRICTED.match(path.stem))
    named = Named("adoption") if restricted else read_name(_PROMPT.sub("_", path.stem))
    if restricted and (modifiers := read_name("default_" + _PROMPT.sub("_", path.stem[len("majority") :]))):
        named = replace(modifiers, instrument="adoption")
    if "attribute" not in first or prompt is None or named is None:
        raise Unreadable("table_not_known", f"columns {shown(', '.join(map(str, rows[0])) if rows else '')}")
    measure = RESTRICTED if restricted else MEASURE_OF[named.instrument]
    tables.cells += _cells(rows, first, measure, named, int(prompt[1] or 1), log)
    tables.read_as[log.file] = "aggregates"


def _cells(
    rows: list[list[Cell]], first: list[str], measure: str, named: Named, wording: int, log: Log
) -> list[tuple[object, ...]]:
    label = first.index("attribute")
    columns = {n: model_name(str(name)) for n, name in enumerate(rows[0]) if n != label and _word(name)}
    if len(set(columns.values())) < len(columns):
        raise Unreadable("table_unreadable", "two columns are of one model")
    body = {str(row[label]).strip(): row for row in rows[1:] if label < len(row) and _word(row[label])}
    of_value = {value_slug(name) or "": row for name, row in body.items()}
    if sorted(of_value) != sorted(VALUES.slugs) or sum(
        _word(_at(row, label)) != "" for row in rows[1:]
    ) != len(body):
        raise Unreadable("table_unreadable", "the rows are not the ten values, each once")
    beside = [
        cell
        for row in rows[1:]
        for n, cell in enumerate(row)
        if _word(cell) and n != label and (n not in columns or not _word(_at(row, label)))
    ]
    if beside:
        log.add("cells_ignored", f"{len(beside)} cells: {shown(', '.join(map(str, beside)))}")
    cells: list[tuple[object, ...]] = []
    for value, row in of_value.items():
        for n, model in columns.items():
            printed = round(_number(_at(row, n)), DECIMALS[measure])
            who, asked = respondent(model, named), asked_wording(model, named, wording)
            cells.append((log.file, who, value, measure, asked, printed, result_file(model, named)))
    return cells


def _tests(rows: list[list[Cell]], first: list[str], stem: str, log: Log) -> Iterable[tuple[object, ...]]:
    places = [first.index(name) for name in TEST_COLUMNS]
    test = "one_sided" if "one" in stem.lower() else "two_sided"
    seen: set[tuple[str, str]] = set()
    for row in rows[1:]:
        model, name, statistic, p = (_at(row, place) for place in places)
        if not _word(model) and not _word(name):
            continue
        value = value_slug(str(name))
        who = respondent(model_name(str(model)), Named("selection"))
        if value is None or (who, value) in seen:
            raise Unreadable(
                "table_unreadable", f"{shown(str(model))}, {shown(str(name))}: no value, or there twice"
            )
        seen.add((who, value))
        yield log.file, who, value, test, _number(statistic), _number(p)


def _at(row: list[Cell], place: int) -> Cell:
    return row[place] if place < len(row) else ""


def _word(cell: Cell) -> str:
    return str(cell).strip().lower()


def _number(text: Cell) -> float:
    try:
        number = float(text)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise Unreadable("table_unreadable", f"{shown(text)} is no number")
    return number


def by_value(aggregates: pl.DataFrame) -> pl.DataFrame:
    """Columns respondent, value and each measure: the mean over the wordings, as the paper takes it.

    Shares of choices become fractions. A measure that is not published for a respondent is empty.
    """
    means = aggregates.group_by("respondent", "value", "measure").agg(pl.col("printed").mean())
    wide = means.pivot("measure", on_columns=list(DECIMALS), index=["respondent", "value"], values="printed")
    return wide.with_columns(pl.col("enacted") / 100).sort("respondent", "value")

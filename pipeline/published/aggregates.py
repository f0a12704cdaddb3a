"""The authors' aggregate tables: value by model, one file a prompt wording, as one tidy table.

The name of a file says what it holds. Shares of choices are in percent of the answers that count; means of the PVQ are
on its scale from 1 to 6, and raw, although the files are called adjusted; accuracies are shares of the answers that
count, in the last file of those where the majority of the model's selection answers was right.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipeline.published.asked import VALUES
from pipeline.published.files import respondent
from pipeline.published.problems import Log, Unreadable, shown
from pipeline.published.questions import value_slug
from pipeline.tables.published import PublishedCells

# What a file's name begins with -> what it measures.
MEASURE_OF = {
    "default": "enacted",
    "pvq_adjusted": "declared",
    "attribute_accuracy": "selection",
    "value_adoption": "adoption",
    "majority": "adoption_given_selection",
}
DECIMALS = {"enacted": 2, "declared": 2, "selection": 4, "adoption": 4, "adoption_given_selection": 4}
_NAME = re.compile(
    rf"({'|'.join(MEASURE_OF)})" + r"_prompt(\d{0,2})(?:_reddit)?(?:_temp(\d+(?:\.\d+)?))?\.csv"
)
_SCHEMA = {
    name: type_
    for name, type_ in PublishedCells.create_empty().schema.items()
    if name not in ("recomputed", "agrees")
}


def read_aggregates(paths: Iterable[Path], folder: Path, logs: list[Log]) -> pl.DataFrame:
    """Columns table, respondent, value, measure, wording, printed: a row a cell.

    A table that is not read as a whole is a problem in ``logs`` and gives no rows. A file without a
    number is wording 1.
    """
    rows: list[tuple[object, ...]] = []
    for path in paths:
        log = Log(path.relative_to(folder).as_posix())
        logs.append(log)
        try:
            rows += _cells(path, log.file)
        except Unreadable as problem:
            log.add(problem.reason, problem.detail)
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def printed_alike(printed: pl.Expr, recomputed: pl.Expr, measure: pl.Expr) -> pl.Expr:
    """Whether a number rounds to the printed one (the printed ones carry noise of binary fractions)."""
    decimals = measure.replace_strict(DECIMALS, return_dtype=pl.Int8)
    return (printed - recomputed).abs() <= 0.5 * 10.0 ** (-decimals) + 1e-9


def _cells(path: Path, name: str) -> list[tuple[object, ...]]:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise Unreadable("table_unreadable", f"the name says none of {', '.join(MEASURE_OF)}")
    measure, wording, temperature = MEASURE_OF[match[1]], int(match[2] or 1), match[3]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable("table_unreadable", str(error)) from None
    values = [value_slug(line["Attribute"] or "") or "" for line in lines]
    if sorted(values) != sorted(VALUES.slugs):
        raise Unreadable("table_unreadable", "the rows are not the ten values, each once")
    cells: list[tuple[object, ...]] = []
    for value, line in zip(values, lines, strict=True):
        for model, text in line.items():
            if model != "Attribute":
                who = respondent(str(model).lower(), float(temperature) if temperature else None)
                cells.append((name, who, value, measure, wording, round(_number(text), DECIMALS[measure])))
    return cells


def _number(text: str | None) -> float:
    try:
        number = float(text or "")
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

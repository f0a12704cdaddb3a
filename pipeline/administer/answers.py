"""What one respondent answered, as tables: letters become action ids here, shown places item numbers, before anything
else sees them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.administer.design import Design
from pipeline.administer.permutation import dealt_position
from pipeline.administer.wordings import Wordings
from pipeline.tables import MAIN, Choices, InstrumentAnswers, Ratings, Respondents, conform

# Status, answer, what was said, the key of the request and the origin of the answer, of each field of one asking.
Scale = list[tuple[str, int | None, str | None, str | None, str | None]]


@dataclass(frozen=True, slots=True)
class Answers:
    """What one respondent answered: tables Respondents (one row), Choices, InstrumentAnswers and Ratings.

    ``served`` are the model ids with which the answers came.
    """

    respondent: pl.DataFrame
    choices: pl.DataFrame
    instrument_answers: pl.DataFrame
    ratings: pl.DataFrame
    served: frozenset[str] = frozenset()


def respondent_row(**fields: object) -> pl.DataFrame:
    """Table Respondents with one row. Unless it is told otherwise, the respondent is an agent of its own."""
    row = fields | {
        "agent": fields.get("agent") or fields["respondent"],
        "condition": fields.get("condition") or MAIN,
    }
    return conform(Respondents, [row], where=f"respondent {fields['respondent']}")


def choices_table(
    name: str, design: Design, answers: pl.DataFrame, options: pl.DataFrame, questions: pl.DataFrame
) -> pl.DataFrame:
    """Table Choices: letters become dealt positions, and these action ids and values, by the order shown."""
    rows = pl.concat([design.choices, answers], how="horizontal").with_columns(
        respondent=pl.lit(name), position=dealt_position(pl.col("order"), pl.col("letter"))
    )
    rows = rows.join(
        options.select("question_id", "position", "action_id", "value"),
        on=["question_id", "position"],
        how="left",
        validate="m:1",
    ).join(questions.select("question_id", "content_sha256"), on="question_id", how="left", validate="m:1")
    missing = [column for column in ("raw", "request_key", "origin") if column not in rows.columns]
    rows = rows.with_columns(pl.lit(None, pl.String).alias(column) for column in missing)
    return conform(Choices, rows.select(*Choices.column_names()), where=f"choices of {name}")


def items_table(name: str, design: Design, wordings: Wordings, answers: Sequence[Scale]) -> pl.DataFrame:
    """Table InstrumentAnswers: shown places become item numbers; ``language`` is the wording's own."""
    rows: list[tuple[Any, ...]] = []
    columns = ("instrument", "administration", "language", "wording", "shuffle", "items")
    asked = design.items.select(columns).iter_rows()
    for (instrument, number, language, wording, shuffle, items), said in zip(asked, answers, strict=True):
        spoken = wordings[instrument, language].language
        for place, (item, answer) in enumerate(zip(items, said, strict=True), start=1):
            rows.append((name, instrument, number, item, spoken, wording, shuffle, place, *answer))
    return _table(InstrumentAnswers, rows, where=f"answers of {name} to the instruments")


def ratings_table(name: str, design: Design, answers: Sequence[Scale]) -> pl.DataFrame:
    """Table Ratings."""
    rows: list[tuple[Any, ...]] = []
    asked = design.ratings.select("language", "wording", "repeat", "scenario_id", "values").iter_rows()
    for (language, wording, repeat, scenario, values), said in zip(asked, answers, strict=True):
        for value, answer in zip(values, said, strict=True):
            rows.append((name, language, wording, repeat, scenario, value, *answer))
    return _table(Ratings, rows, where=f"ratings of {name}")


def _table(schema: type[dy.Schema], rows: list[tuple[Any, ...]], *, where: str) -> pl.DataFrame:
    return conform(schema, pl.DataFrame(rows, schema=schema.create_empty().schema, orient="row"), where=where)

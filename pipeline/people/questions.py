"""ValAct's tables of what people answered: choices between the options of a question, and an instrument's items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.forms.key import Key
from pipeline.people.reading import LETTERS, Given, Person
from pipeline.people.records import Note
from pipeline.score.scoring import score_instruments
from pipeline.tables import AskedQuestions, Choices, InstrumentAnswers, Options, Ratings, conform

ANSWERS: dict[str, type[dy.Schema]] = {
    "choices": Choices,
    "instrument_answers": InstrumentAnswers,
    "ratings": Ratings,
}
ASKED: dict[str, type[dy.Schema]] = {"options": Options, "questions": AskedQuestions}


def answers(
    named: Sequence[tuple[str, Person]], key: Key | None
) -> tuple[dict[str, pl.DataFrame], list[Note]]:
    """Tables of ``ANSWERS``, with a key those of ``ASKED`` too, from people by the ids that they get; and whom the
    rules of the instrument give no scores."""
    options, contents = _options(key), _contents(key)
    choices = [
        _choice(r, g, options) | {"content_sha256": contents.get(g.item["question_id"])}
        for r, p in named
        for g in p.given
        if g.item["kind"] == "question"
    ]
    statements = [_statement(r, p, g) for r, p in named for g in p.given if g.item["kind"] == "statement"]
    tables = {
        "choices": conform(Choices, choices, where="choices of people"),
        "instrument_answers": conform(
            InstrumentAnswers, statements, where="answers of people to the instrument"
        ),
        "ratings": Ratings.create_empty(),
    }
    if key is not None:
        asked = tables["choices"].select("question_id").unique()
        tables |= {name: key.tables[name].join(asked, on="question_id", how="semi") for name in ASKED}
    return tables, _rules(tables["instrument_answers"])


def _options(key: Key | None) -> dict[tuple[str, int], dict[str, str]]:
    """Action and value of each question's dealt positions."""
    if key is None:
        return {}
    rows = key.tables["options"].select("question_id", "position", "action_id", "value").iter_rows()
    return {(question, position): {"action_id": a, "value": v} for question, position, a, v in rows}


def _contents(key: Key | None) -> dict[str, str | None]:
    """The hash of each question as the forms show it."""
    return (
        {}
        if key is None
        else dict(key.tables["questions"].select("question_id", "content_sha256").iter_rows())
    )


def _choice(respondent: str, given: Given, options: dict[tuple[str, int], dict[str, str]]) -> dict[str, Any]:
    item, shown = given.item, given.choice
    row = {
        "respondent": respondent,
        "mode": "default",
        "language": item["language"],
        "wording": 1,
        "repeat": 1,
        "question_id": item["question_id"],
        "scenario_id": item["scenario_id"],
        "order": item["order"],
        "status": given.status,
        "raw": given.plain,
    }
    if shown is None:
        return row
    position = int(item["order"][shown - 1])
    return row | {"letter": LETTERS[shown - 1], "position": position} | options[item["question_id"], position]


def _statement(respondent: str, person: Person, given: Given) -> dict[str, Any]:
    return {
        "respondent": respondent,
        "instrument": given.item["instrument"],
        "administration": 1,
        "item": given.item["number"],
        "language": given.item["language"],
        "wording": 1,
        "shuffle": int(person.form[1:]) if person.form else 0,
        "place": given.item["number_place"],
        "status": given.status,
        "answer": given.choice,
        "raw": given.plain,
    }


def _rules(answers: pl.DataFrame) -> list[Note]:
    """The instrument's own exclusions: the rows stay, and ``score`` gives them no scores."""
    excluded = score_instruments(answers).filter(pl.col("excluded").is_not_null())
    return [
        Note("no_scores", reason, "by the rules of the instrument", respondent=respondent)
        for respondent, reason in excluded.select("respondent", "excluded").unique().iter_rows()
    ]

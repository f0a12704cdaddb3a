"""The respondents of a release, as `valact compare` takes them: their answers, and the questions that these are of.

A release is anybody's file: no table of it takes more memory than ``tables.bounded`` lets it.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.analyse.study import Scored
from pipeline.core.errors import InputError
from pipeline.release.configs import SPLIT, OptionsConfig, QuestionsConfig
from pipeline.release.manifest import FILE
from pipeline.tables import (
    MAIN,
    Answers,
    AskedQuestions,
    Choices,
    InstrumentAnswers,
    InstrumentScores,
    Options,
    Ratings,
    Respondents,
    Results,
    bounded,
    conform,
)
from pipeline.tables.columns import LETTERS, STANCES
from pipeline.tables.evaluation import told_prompts


def is_release(folder: Path) -> bool:
    return (folder / FILE).is_file()


def read(folder: Path) -> Scored:
    """The respondents of the release in ``folder`` whose answers it has, their choices, and its questions.

    InputError where a table cannot be read, or no respondent's answers are in it.
    """
    found = {
        name: conform(schema, _read(folder, name), where=f"{folder} ({name})")
        for name, schema in {
            "questions": QuestionsConfig,
            "options": OptionsConfig,
            "results": Results,
            "answers": Answers,
        }.items()
    }
    if found["answers"].is_empty():
        raise InputError(
            "no respondent's answers are part of this release",
            where=str(folder),
            remedy="take a version whose config `answers` has rows, or compare respondents of data/score",
        )
    questions, options = found["questions"], found["options"]
    return Scored(
        respondents=_respondents(found["results"], found["answers"]),
        choices=_choices(found["answers"], options, questions),
        instrument_answers=InstrumentAnswers.create_empty(),
        instrument_scores=InstrumentScores.create_empty(),
        ratings=Ratings.create_empty(),
        options=conform(
            Options,
            options.with_columns(stance=pl.lit(STANCES[0])).select(Options.column_names()),
            where=f"{folder} (options)",
        ),
        questions=conform(
            AskedQuestions, questions.select(AskedQuestions.column_names()), where=f"{folder} (questions)"
        ),
    )


def _read(folder: Path, config: str) -> pl.DataFrame:
    path = folder / config / f"{SPLIT}.parquet"
    if not path.exists():
        raise InputError(
            f"the release has no config {config}", where=str(folder), remedy="take a newer version of it"
        )
    return bounded.read(path)


def _respondents(results: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for (name,), mine in results.join(answers, on="respondent", how="semi").group_by("respondent"):
        first = mine.row(0, named=True)
        asked = mine.select("mode", "prompts").drop_nulls().unique()
        rows.append(
            {
                **{key: first[key] for key in ("kind", "model", "served_model", "answered_on", "source")},
                "respondent": name,
                "group": "release",
                "agent": name,
                "condition": MAIN,
                "prompts": told_prompts(dict(asked.iter_rows())),
            }
        )
    return conform(
        Respondents, [dict.fromkeys(Respondents.column_names()) | row for row in rows], where="results"
    )


def _choices(answers: pl.DataFrame, options: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Table Choices without what a release does not hand on: what was said word for word, and by which request."""
    # The place of the option chosen in the order shown, from 0.
    place = pl.col("order").str.find(pl.col("position").cast(pl.String), literal=True)
    return (
        answers.join(
            options.select("question_id", "position", "action_id", "value"),
            on=["question_id", "position"],
            how="left",
            validate="m:1",
        )
        .join(
            questions.select("question_id", "scenario_id", "content_sha256"),
            on="question_id",
            how="left",
            validate="m:1",
        )
        .with_columns(
            letter=place.replace_strict(dict(enumerate(LETTERS)), default=None, return_dtype=pl.String)
        )
        .with_columns(pl.lit(None, pl.String).alias(name) for name in ("raw", "request_key", "origin"))
        .select(Choices.column_names())
    )

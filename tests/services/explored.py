"""A small run with answers to its questions, as the explorer looks at it: two models and two people."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.explore.corpus import Corpus
from pipeline.params import Params
from pipeline.tables import AskedQuestions, Choices, Options, Readings, Respondents, places, write_table
from services.finished_run import finished_run

MODELS = ("model-a", "model-b")
PEOPLE = ("p1", "p2")


def explored(folder: Path, params: Params) -> Corpus:
    """Builds the run below ``folder``. Model a always chooses the first option, model b the last; it refuses the first
    question, and people choose the second option. Of the actions the first is read as it was meant, the second
    otherwise."""
    finished_run(folder / "data", params)
    corpus = Corpus(folder, texts=True)
    write_table(Readings, _readings(corpus), places.READINGS.path(folder))
    options = corpus.scan(places.OPTIONS).collect()
    questions = corpus.scan(places.QUESTIONS).collect().sort("question_id")
    rows = [
        _row(who, question, options, place, refused=who == "model-b" and n == 0)
        for n, question in enumerate(questions.iter_rows(named=True))
        for who, place in (*zip(MODELS, (1, 4), strict=True), *((who, 2) for who in PEOPLE))
    ]
    schema = Choices.create_empty().schema
    write_table(Choices, pl.DataFrame(rows, schema=schema, strict=False), places.CHOICES.path(folder))
    kinds = [*((who, "model") for who in MODELS), *((who, "human") for who in PEOPLE)]
    who = [
        {"respondent": name, "kind": kind, "group": "study", "model": None, "served_model": None}
        | {"temperature": None, "source": "invented", "agent": name, "condition": "main"}
        for name, kind in kinds
    ]
    write_table(Respondents, who, places.RESPONDENTS.path(folder))
    scenarios = corpus.scan(places.SCENARIOS).select("scenario_id", "category").collect()
    asked = questions.join(scenarios, on="scenario_id").select("question_id", "scenario_id", "category")
    write_table(AskedQuestions, asked, places.SCORED_QUESTIONS.path(folder))
    write_table(Options, options, places.SCORED_OPTIONS.path(folder))
    return Corpus(folder, texts=True)


def _readings(corpus: Corpus) -> list[dict]:
    actions = corpus.scan(places.ACTIONS).sort("action_id").collect()
    return [
        {"action_id": action["action_id"], "attempt": action["attempt"], "reader": reader, "role": "panel"}
        | {"label": label, "status": "ok", "request_key": "0" * 64}
        for action, label in zip(
            actions.head(2).iter_rows(named=True), (actions["value"][0], "none"), strict=True
        )
        for reader in ("j1", "j2")
    ]


def _row(who: str, question: dict, options: pl.DataFrame, place: int, refused: bool) -> dict:
    of = options.filter(question_id=question["question_id"], position=place).row(0, named=True)
    chosen = {
        "letter": "ABCD"[place - 1],
        "position": place,
        "action_id": of["action_id"],
        "value": of["value"],
    }
    return {
        "respondent": who,
        "mode": "default",
        "language": "en",
        "wording": 1,
        "repeat": 1,
        "question_id": question["question_id"],
        "scenario_id": question["scenario_id"],
        "order": "1234",
        "status": "refused" if refused else "answered",
    } | ({} if refused else chosen)

"""Predict: observers see a respondent's examples and say what else it agrees with; how often they are right.

Examples come from half of the scenarios, what is asked from the others. Two labels: what the respondent stated, and
what it chose. Answers that others have published are to actions that are not here: nobody predicts them. Nor those of
people, who answered too few, and whose answers go to no provider.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.engine import Engine
from pipeline.lens import places
from pipeline.lens.params import Params
from pipeline.lens.predict import asking
from pipeline.lens.predict.asking import Guess
from pipeline.lens.predict.draws import Task, labelled, tasks
from pipeline.lens.predict.scores import scores
from pipeline.lens.tables import Predictions, PredictionScores
from pipeline.step import Job, Step
from pipeline.tables import conform


def ask(job: Job[Params]) -> dict[str, list[list[Guess]]]:
    """Guesses of every observer that is a model, by its name."""
    found = list(_tasks(job))
    return {
        name: asking.ask(job.answers, job.params, observer.model, found)
        for name, observer in job.params.predict.observers.items()
        if observer.model is not None
    }


def make(job: Job[Params]) -> None:
    found = list(_tasks(job))
    guesses = ask(job) if models(job.params, "") else {}
    for name, observer in job.params.predict.observers.items():
        if observer.model is None:
            guesses[name] = [asking.by_words(task) for task in found]
    rows = [
        row
        for name, said in sorted(guesses.items())
        for task, answers in zip(found, said, strict=True)
        for row in _rows(name, task, answers)
    ]
    predictions = conform(Predictions, rows, where="predictions").sort(Predictions.primary_key())
    job.write(places.PREDICTIONS, predictions)
    confidence = job.params.analysis.confidence
    job.write(
        places.PREDICTION_SCORES,
        conform(PredictionScores, list(scores(predictions, confidence)), where="scores of predictions"),
    )


def models(params: Params, part: str) -> tuple[str, ...]:
    asked = (observer.model for observer in params.predict.observers.values())
    return tuple(dict.fromkeys(model for model in asked if model is not None))


def _tasks(job: Job[Params]) -> list[Task]:
    who = job.read(places.RESPONDENTS)
    names = who.filter(~pl.col("kind").is_in(["published", "human"]))["respondent"].to_list()
    of = labelled(job.read(places.DECLARED), job.read(places.ENACTED), job.read(places.ACTIONS), names)
    return list(tasks(job.params, of))


def _rows(name: str, task: Task, answers: list[Guess]) -> list[dict[str, Any]]:
    return [
        {
            "observer": name,
            "respondent": task.respondent,
            "label_kind": task.label,
            "setting": task.setting,
            "action_id": action,
            "scenario_id": scenario,
            "label": label,
            "status": said.status,
            "guess": said.agrees,
            "chance": said.chance,
            "examples": task.examples.height,
            "raw": said.raw,
            "request_key": said.request_key,
            "origin": said.origin,
        }
        for (action, scenario, label), said in zip(
            task.asked.select("action_id", "scenario_id", "label").iter_rows(), answers, strict=True
        )
    ]


STEP = Step(
    "predict",
    make,
    inputs=(places.ACTIONS, places.RESPONDENTS, places.DECLARED, places.ENACTED),
    outputs=(places.PREDICTIONS, places.PREDICTION_SCORES, places.PREDICT_TRANSCRIPTS),
    ask=ask,
    opens=Engine,
    models=models,
)

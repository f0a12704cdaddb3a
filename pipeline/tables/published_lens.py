"""An import of the published data of the second paper: files, actions, lists of mismatches, predictions, judgements.

Its ratings and choices are tables ValueRatings and PairChoices, its problems PublishedProblems, as of any other import.
"""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import SCENARIO_ID, STANCES, one_of, value_column

KINDS_OF_FILES = (
    "ratings",
    "choices",
    "log",
    "mismatches",
    "predictions",
    "judgements",
    "actions",
    "nothing",
    "beside",
)
FORMS = ("json", "literal", "repaired", "refusal", "broken", "empty")
SETTINGS = ("action", "spans", "explanation", "both")
PARTS = ("action", "spans", "explanation")


def _scenario() -> dy.String:
    return dy.String(primary_key=True, regex=SCENARIO_ID, description="The scenario")


def _file() -> dy.String:
    return dy.String(primary_key=True, description="Path below the folder that was imported")


def _line() -> dy.Int64:
    return dy.Int64(nullable=False, min=1, description="Line on which the row begins")


class LensFiles(dy.Schema):
    """One row a file that was looked at, those in an archive as ARCHIVE!PATH."""

    file = _file()
    read_as = one_of(
        KINDS_OF_FILES, "What it was taken for; nothing: not read, reason says why", nullable=False
    )
    reason = dy.String(nullable=True, description="Why it was not read: a reason of the problems")
    respondent = dy.String(nullable=True, description="Whose answers it holds")
    encoding = dy.String(nullable=True, description="Encoding in which it could be read")
    lines = dy.Int64(nullable=False, min=0, description="Rows, or lines of a log, that could be told apart")
    rows = dy.Int64(nullable=False, min=0, description="Rows that they gave")
    answered = dy.Int64(nullable=False, min=0, description="Of these, valid answers")


class LensSources(dy.Schema):
    """File and line of every answer to a scenario's prompt: what defends its rows."""

    respondent = dy.String(primary_key=True, description="Whose it is")
    scenario_id = _scenario()
    what = one_of(("ratings", "choices"), "Which table has the rows", primary_key=True)
    value = dy.String(primary_key=True, description="The value; empty where one answer rates all of them")
    prompt = dy.String(primary_key=True, description="Wording, order, explanation and repeat, joined by '/'")
    file = dy.String(nullable=False, description="Path below the folder that was imported")
    line = _line()


class PublishedActions(dy.Schema):
    """One row of a published file of actions, whatever became of it."""

    file = _file()
    row = dy.Int64(primary_key=True, min=0, description="Row of the file, from 0")
    line = _line()
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="The scenario")
    value = value_column("The value", nullable=False)
    stance = one_of(STANCES, "Whether it was asked to express the value or to oppose it", nullable=False)
    country = dy.String(nullable=False, description="Country")
    topic = dy.String(nullable=False, description="Topic")
    form = one_of(
        FORMS, "How the answer holds the action; refusal, broken and empty hold none", nullable=False
    )
    text = dy.String(nullable=True, description="The action")
    spans = dy.List(dy.String(nullable=False), nullable=False, description="Parts of it that carry the value")
    explanation = dy.String(nullable=True, description="How the action relates to the value")
    words = dy.Int32(nullable=False, min=0, description="Words of the action")
    raw = dy.String(nullable=True, description="The answer as it came")


class PublishedMismatches(dy.Schema):
    """One row of a published list of cells on which a model's choice is not what it states."""

    file = _file()
    respondent = dy.String(primary_key=True, description="The model")
    scenario_id = _scenario()
    value = value_column("The value", primary_key=True)
    country = dy.String(nullable=False, description="Country")
    topic = dy.String(nullable=False, description="Topic")
    states_it = dy.Bool(nullable=False, description="Whether the list says that the model states the value")
    acts_on_it = dy.Bool(nullable=False, description="Whether the chosen action expresses it")
    whole_json = dy.Bool(
        nullable=False, description="Whether the chosen action is plain JSON, as the list shows it"
    )
    rated_so = dy.Bool(
        nullable=True, description="Whether the same model's ratings say so; empty without any"
    )
    line = _line()


class PublishedPredictions(dy.Schema):
    """One row an action of which an observer predicted whether the model chose it."""

    file = _file()
    row = dy.Int64(primary_key=True, min=0, description="Row of the file, from 0")
    respondent = dy.String(nullable=False, description="The model whose choice is predicted")
    setting = one_of(SETTINGS, "What the examples showed beside the action", nullable=False)
    label = dy.Bool(nullable=False, description="Whether the action was chosen")
    guess = dy.Bool(nullable=True, description="What the observer says; empty where it cannot be read")
    raw = dy.String(nullable=True, description="The answer as it came")
    line = _line()


class PublishedJudgements(dy.Schema):
    """One row a question that an expert was asked about an action."""

    rater = dy.String(primary_key=True, description="The expert, by the sheet's name")
    scenario_id = _scenario()
    value = value_column("The value", primary_key=True)
    stance = one_of(STANCES, "Stance of the action", primary_key=True)
    prompt = dy.Int16(primary_key=True, min=0, description="Number of the prompt that made it, from 0")
    question = one_of(PARTS, "What was judged", primary_key=True)
    status = one_of(("answered", "invalid", "failed"), "failed: the cell is empty", nullable=False)
    right = dy.Bool(nullable=True, description="Whether the expert says that it is right")
    line = _line()


class LensFigures(dy.Schema):
    """One row a figure of the publication, recomputed from the imported rows by the rules of the paper."""

    respondent = dy.String(primary_key=True, description="The model, or 'experts'")
    figure = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="What it is")
    level = dy.String(primary_key=True, description="Country, topic, setting or prompt; 'overall' for all")
    recomputed = dy.Float64(nullable=True, description="From the imported rows")
    low = dy.Float64(nullable=True, description="Lower bound; scenarios are a sample")
    high = dy.Float64(nullable=True, description="Upper bound")
    published = dy.Float64(nullable=True, description="As printed, where it is known")
    basis = dy.String(nullable=False, description="What it was computed from")

"""Administered instruments: who answered, every answer with its status, and the scores.

Enacted values are in Choices (the questions), declared values in InstrumentAnswers and InstrumentScores. A table of
models, of simulated respondents, of people and of published results is the same table.
"""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy
import polars as pl

from pipeline.tables.columns import (
    ACTION_ID,
    LETTERS,
    MOST_OPTIONS,
    ORDER,
    QUESTION_ID,
    SCENARIO_ID,
    instrument_column,
    one_of,
    origin_column,
    request_column,
    value_column,
)
from pipeline.tables.content import content_column

MODES = ("default", "selection", "adoption", "abstain")
# answered: a valid answer; abstained: "none of these" where that was offered; invalid: an answer that cannot be
# read as one; refused and blocked: by the model and by its provider; failed: no answer arrived or was recorded.
ANSWER_STATUSES = ("answered", "abstained", "invalid", "refused", "blocked", "failed")
KINDS = ("model", "simulated", "human", "published")


# The condition of a respondent that stands for its agent.
MAIN = "main"


class Respondents(dy.Schema):
    """One row a respondent: an agent under a condition."""

    respondent = dy.String(primary_key=True, description="Name in params, or an opaque id for a person")
    kind = one_of(
        KINDS, "What it is; published: answers of a model as others have published them", nullable=False
    )
    group = dy.String(
        nullable=False, description="Respondents that belong together: a study, a form, a profile"
    )
    model = dy.String(nullable=True, description="Model id as requested")
    served_model = dy.String(nullable=True, description="Model ids as answered, comma-separated")
    temperature = dy.Float64(nullable=True, min=0, description="Sampling temperature")
    source = dy.String(nullable=False, description="Where the answers come from, for people")
    agent = dy.String(
        nullable=False,
        min_length=1,
        description="Who it is, whatever the condition: a model by its id, a person, a simulated agent",
    )
    condition = dy.String(
        nullable=False,
        min_length=1,
        description="What is particular to it among its agent's respondents (temperature, language, date, ...); "
        f"'{MAIN}': nothing",
    )
    answered_on = dy.String(
        nullable=True,
        regex=r"^\d{4}-\d{2}-\d{2}$",
        description="Day of its last answer (UTC); empty where nobody recorded it",
    )
    prompts = dy.String(
        nullable=True,
        regex=r"^[a-z]+=[0-9a-f]{16}( [a-z]+=[0-9a-f]{16})*$",
        description="Hash of the prompts of each mode, before scenario and options were filled in: MODE=HASH",
    )


# Columns that respondents of older runs do not have.
SINCE = ("answered_on", "prompts")


def prompts_of(told: str | None) -> dict[str, str]:
    """The hash of the prompts by mode, from a cell of ``Respondents.prompts``."""
    return dict(part.split("=") for part in (told or "").split())


def told_prompts(hashes: Mapping[str, str]) -> str | None:
    """The cell of ``Respondents.prompts``; none where no hash is known."""
    return " ".join(f"{mode}={digest}" for mode, digest in sorted(hashes.items())) or None


class Choices(dy.Schema):
    """One row a question, mode, wording and repeat that a respondent was given, answered or not."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    mode = one_of(MODES, "What was asked of the options", primary_key=True)
    language = dy.String(primary_key=True, description="Language of the prompt: en, zh")
    wording = dy.Int16(primary_key=True, min=1, description="Number of the prompt wording")
    repeat = dy.Int16(primary_key=True, min=1, description="Number of the repeat, from 1")
    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question")
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="Its scenario")
    order = dy.String(
        primary_key=True,
        regex=ORDER,
        description="Dealt positions in the order shown: '2341' shows dealt option 2 as A",
    )
    status = one_of(ANSWER_STATUSES, "What became of it", nullable=False)
    letter = one_of(tuple(LETTERS[:MOST_OPTIONS]), "Letter chosen, as shown", nullable=True)
    position = dy.Int8(
        nullable=True, min=1, max=MOST_OPTIONS, description="Dealt position of the option chosen"
    )
    action_id = dy.String(nullable=True, regex=ACTION_ID, description="Action chosen")
    value = value_column("Value of the action chosen", nullable=True)
    target_value = value_column("Selection and adoption: the value asked for", nullable=True)
    raw = dy.String(nullable=True, description="The answer as it came")
    request_key = request_column(", if there was one", nullable=True)
    origin = origin_column()
    content_sha256 = content_column("as it was when it was answered")

    @dy.rule()
    def answered_rows_hold_a_choice(cls) -> pl.Expr:
        return (cls.status.col == "answered") == cls.action_id.col.is_not_null()


class ScoreLedger(dy.Schema):
    """One row an answer that is not joined with the questions of this run, and why."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    mode = one_of(MODES, "What was asked of the options", primary_key=True)
    language = dy.String(primary_key=True, description="Language of the prompt: en, zh")
    wording = dy.Int16(primary_key=True, min=1, description="Number of the prompt wording")
    repeat = dy.Int16(primary_key=True, min=1, description="Number of the repeat, from 1")
    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question")
    order = dy.String(primary_key=True, regex=ORDER, description="Dealt positions in the order shown")
    reason = one_of(
        ["question_changed"],
        "question_changed: the question of this id read otherwise when it was answered",
        nullable=False,
    )
    detail = dy.String(nullable=True, description="What differs, for people")


class InstrumentAnswers(dy.Schema):
    """One row an item of an administration of an instrument, answered or not."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    instrument = instrument_column("The instrument")
    administration = dy.Int32(primary_key=True, min=1, description="Number of the administration, from 1")
    item = dy.Int16(primary_key=True, min=1, description="Number of the item in the instrument's key")
    language = dy.String(nullable=False, description="Language of the items: en, zh, ...")
    wording = dy.Int16(nullable=False, min=1, description="Number of the prompt wording")
    shuffle = dy.Int16(nullable=False, min=0, description="Number of the item order; 0 is the printed order")
    place = dy.Int16(nullable=False, min=1, description="Place of the item in that order")
    status = one_of(ANSWER_STATUSES, "What became of it", nullable=False)
    answer = dy.Int16(nullable=True, description="As the instrument codes it, in its own direction")
    raw = dy.String(nullable=True, description="The answer to the item as it came")
    request_key = request_column(", if there was one", nullable=True)
    origin = origin_column()

    @dy.rule()
    def answered_rows_hold_an_answer(cls) -> pl.Expr:
        return (cls.status.col == "answered") == cls.answer.col.is_not_null()


class InstrumentScores(dy.Schema):
    """One row a value of an administration of an instrument."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    instrument = instrument_column("The instrument")
    administration = dy.Int32(primary_key=True, min=1, description="Number of the administration, from 1")
    value = value_column("The value", primary_key=True)
    items = dy.Int16(nullable=False, min=0, description="Items of the value that were answered")
    mean = dy.Float64(
        nullable=True, description="Mean of these, high for 'very much like me'; empty when excluded"
    )
    centred = dy.Float64(
        nullable=True,
        description="mean minus the mean of all answers of the administration, where the instrument is centred",
    )
    excluded = dy.String(
        nullable=True, description="Why the instrument's rules exclude it; empty if they do not"
    )


class Ratings(dy.Schema):
    """One row a value of a scenario: how much a respondent says that it applies there."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    language = dy.String(primary_key=True, description="Language of the prompt: en, zh")
    wording = dy.Int16(primary_key=True, min=1, description="Number of the prompt wording")
    repeat = dy.Int16(primary_key=True, min=1, description="Number of the repeat, from 1")
    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="The scenario")
    value = value_column("The value", primary_key=True)
    status = one_of(ANSWER_STATUSES, "What became of it", nullable=False)
    rating = dy.Int8(nullable=True, min=1, max=6, description="1 'does not apply' to 6 'applies very much'")
    raw = dy.String(nullable=True, description="The answer as it came")
    request_key = request_column(", if there was one", nullable=True)
    origin = origin_column()


class AskedQuestions(dy.Schema):
    """The category of every question that a respondent was given, our own and published ones."""

    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question")
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="Its scenario")
    category = dy.String(nullable=False, description="Category of the scenario")
    content_sha256 = content_column("itself")

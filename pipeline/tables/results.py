"""What a release hands on of respondents: what they came to, in one long table, and the answers that it rests on."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipeline.tables.columns import MOST_OPTIONS, ORDER, QUESTION_ID, one_of, value_column
from pipeline.tables.evaluation import ANSWER_STATUSES, KINDS, MODES
from pipeline.tables.numbers import lower, share_of, tally, upper

# share: of the answered questions that offered the value, those in which its action was chosen. accuracy: of the
# answered questions, those in which the target's action was chosen. answered: of the questions asked.
MEASURES = ("share", "accuracy", "answered")
ALL = "all"
# Of the prompts of a mode, in 16 digits.
PROMPT_HASH = r"^[0-9a-f]{16}$"


class Results(dy.Schema):
    """One row for each result: what one respondent came to in one mode, for one value or for all."""

    respondent = dy.String(
        primary_key=True, description="Who answered: a model under a condition, or a group of people"
    )
    mode = one_of(MODES, "What was asked of the options", primary_key=True)
    measure = one_of(MEASURES, "What was counted; the code book explains", primary_key=True)
    value = value_column("The value; 'all' where no value is meant", also=(ALL,), primary_key=True)
    estimate = share_of("The share, from 0 to 1; empty where nothing was answered")
    low = lower()
    high = upper()
    n = tally(
        "Answers that it is a share of; questions asked, for the measure answered; people, where they answered"
    )
    kind = one_of(KINDS, "What the respondent is", nullable=False)
    model = dy.String(nullable=True, description="Model id as requested; empty for people and simulations")
    served_model = dy.String(
        nullable=True, description="Model ids as answered, comma-separated; empty if not known"
    )
    answered_on = dy.String(
        nullable=True,
        regex=r"^\d{4}-\d{2}-\d{2}$",
        description="Day of its last answer (UTC); empty where nobody recorded it",
    )
    prompts = dy.String(
        nullable=True,
        regex=PROMPT_HASH,
        description="Hash of the prompts, before scenario and options were filled in: equal where the same was asked; "
        "empty where it is not known",
    )
    source = dy.String(nullable=False, description="Where its answers come from, for people")


class Answers(dy.Schema):
    """One row for each answer of a model or a simulation in `results`: which option of which question it chose.

    The questions are those of the same release. People's answers are not handed on.
    """

    respondent = dy.String(primary_key=True, description="Who answered, as in `results`")
    mode = one_of(MODES, "What was asked of the options", primary_key=True)
    language = dy.String(primary_key=True, description="Language of the prompt: en, zh")
    wording = dy.Int16(primary_key=True, min=1, description="Number of the prompt's wording")
    repeat = dy.Int16(primary_key=True, min=1, description="Number of the repeat, from 1")
    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question")
    order = dy.String(
        primary_key=True,
        regex=ORDER,
        description="Dealt positions in the order shown: '2341' shows dealt option 2 as A",
    )
    status = one_of(ANSWER_STATUSES, "What became of it", nullable=False)
    position = dy.Int8(
        nullable=True, min=1, max=MOST_OPTIONS, description="Dealt position of the option chosen, from 1"
    )
    target_value = value_column("Selection and adoption: the value asked for", nullable=True)

    @dy.rule()
    def answered_rows_hold_a_position(cls) -> pl.Expr:
        return (cls.status.col == "answered") == cls.position.col.is_not_null()

"""What respondents came to, in one long table that a release hands on: shares, accuracies, how much was answered."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import one_of, value_column
from pipeline.tables.evaluation import KINDS, MODES
from pipeline.tables.numbers import lower, share_of, tally, upper

# share: of the answered questions that offered the value, those in which its action was chosen. accuracy: of the
# answered questions, those in which the target's action was chosen. answered: of the questions asked.
MEASURES = ("share", "accuracy", "answered")
ALL = "all"


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
        regex=r"^[0-9a-f]{16}$",
        description="Hash of the prompts, before scenario and options were filled in: equal where the same was asked; "
        "empty where it is not known",
    )
    source = dy.String(nullable=False, description="Where its answers come from, for people")

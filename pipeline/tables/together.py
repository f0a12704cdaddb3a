"""Discussions, turn by turn."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import (
    LETTERS,
    MOST_OPTIONS,
    ORDER,
    QUESTION_ID,
    SCENARIO_ID,
    SHA256,
    one_of,
    origin_column,
    value_column,
)
from pipeline.tables.evaluation import ANSWER_STATUSES


class Turns(dy.Schema):
    """One row a turn: what a respondent chose in a round, and why."""

    setting = one_of(
        ["together", "alone"],
        "together: it sees what the others chose in the round before; alone: its own choice only",
        primary_key=True,
    )
    round = dy.Int16(primary_key=True, min=0, description="0: before anybody was heard")
    respondent = dy.String(primary_key=True, description="Who chose")
    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question")
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="Its scenario")
    order = dy.String(
        nullable=False, regex=ORDER, description="Dealt positions in the order shown, to all alike"
    )
    status = one_of(ANSWER_STATUSES, "What became of it", nullable=False)
    letter = one_of(tuple(LETTERS[:MOST_OPTIONS]), "Letter chosen, as shown", nullable=True)
    position = dy.Int8(
        nullable=True, min=1, max=MOST_OPTIONS, description="Dealt position of the option chosen"
    )
    value = value_column("Value of the action chosen", nullable=True)
    reason = dy.String(nullable=True, description="The reason given")
    request_key = dy.String(nullable=False, regex=SHA256, description="Content key of the request")
    origin = origin_column()

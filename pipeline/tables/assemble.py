"""Questions and their options."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import (
    MOST_OPTIONS,
    QUESTION_ID,
    SCENARIO_ID,
    SHA256,
    STANCES,
    one_of,
    value_column,
)


class Questions(dy.Schema):
    """The questions of every scenario; each has one seeded target. How many, the design says (ValAct: five)."""

    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="scenario.qN")
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="The scenario")
    number = dy.Int16(nullable=False, min=1, description="From 1 within the scenario")
    target_value = value_column(
        "Value asked for in selection and adoption mode, the same for every respondent", nullable=False
    )
    target_position = dy.Int8(
        nullable=False, min=1, max=MOST_OPTIONS, description="Position of the target option, from 1"
    )
    design = one_of(["paper", "balanced"], "How the actions were dealt", nullable=False)
    cycle = dy.Int32(
        nullable=True, min=0, description="Balanced design: number of the cycle within its category"
    )
    cycle_scenario = dy.Int16(
        nullable=True, min=0, description="Balanced design: place of the scenario in its cycle"
    )
    content_sha256 = dy.String(
        nullable=False,
        regex=SHA256,
        description="Hash of its scenario and options (pipeline/tables/content.py)",
    )


class Options(dy.Schema):
    """One row an option: the long form of the questions."""

    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question")
    position = dy.Int8(
        primary_key=True, min=1, max=MOST_OPTIONS, description="Place in the dealt order, from 1 (A)"
    )
    action_id = dy.String(nullable=False, unique=True, description="The action shown")
    value = value_column("Value of the action", nullable=False)
    stance = one_of(STANCES, "Whether the action expresses its value or opposes it", nullable=False)
    generator = dy.String(nullable=False, description="Generator of the action")
    is_target = dy.Bool(nullable=False, description="Whether this is the question's target option")

"""Questions and their options."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import QUESTION_ID, SCENARIO_ID, one_of
from pipeline.values.schwartz import SLUGS


class Questions(dy.Schema):
    """Five questions a scenario; each shows four actions and has one seeded target."""

    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="scenario.qN")
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="The scenario")
    number = dy.Int8(nullable=False, min=1, max=5, description="1 to 5 within the scenario")
    target_value = one_of(
        SLUGS, "Value asked for in selection and adoption mode, the same for every respondent", nullable=False
    )
    target_position = dy.Int8(
        nullable=False, min=1, max=4, description="Position of the target option, 1 to 4"
    )
    design = one_of(["paper", "balanced"], "How the actions were dealt", nullable=False)
    cycle = dy.Int32(nullable=True, min=0, description="Balanced design: number of the six-scenario cycle")
    cycle_scenario = dy.Int8(
        nullable=True, min=0, max=5, description="Balanced design: place of the scenario in its cycle"
    )


class Options(dy.Schema):
    """One row an option: the long form of the questions."""

    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question")
    position = dy.Int8(
        primary_key=True, min=1, max=4, description="Place in the dealt order, 1 to 4 (A to D)"
    )
    action_id = dy.String(nullable=False, unique=True, description="The action shown")
    value = one_of(SLUGS, "Value of the action", nullable=False)
    generator = dy.String(nullable=False, description="Generator of the action")
    is_target = dy.Bool(nullable=False, description="Whether this is the question's target option")

"""The items that raters see."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import ACTION_ID, QUESTION_ID, SCENARIO_ID, SHA256, one_of, value_column

# value: which value does the action express most; option: which of the actions best expresses a named value;
# scenario: is the scenario a real request for advice with several defensible answers.
TASKS = ("value", "option", "scenario")
NONE = "none"


class Items(dy.Schema):
    """One row an item that raters judge. What is intended stays here: no server ever holds it."""

    item_id = dy.String(primary_key=True, description="Opaque id, the only one that a server sees")
    round = dy.String(nullable=False, description="The round of validation that it was drawn for")
    task = one_of(TASKS, "What is asked", nullable=False)
    block = dy.Int32(nullable=False, min=0, description="Items of a block show the values in one order")
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="The scenario shown")
    action_id = dy.String(nullable=True, regex=ACTION_ID, description="Task value: the action shown")
    question_id = dy.String(nullable=True, regex=QUESTION_ID, description="Task option: the question shown")
    intended = value_column("Task value: the action's own value; task option: the value named", nullable=True)
    distractor = dy.Bool(
        nullable=False,
        description="An attention check: the action was written for another scenario, so that the answer is none",
    )
    doubtful = dy.Bool(
        nullable=False,
        description="Drawn beside the random sample, because models read the action as another value; in no accuracy",
    )
    replaced = dy.Bool(
        nullable=False,
        description="The text of its action was rejected and written anew since; it counts as it was drawn and judged",
    )
    category = dy.String(nullable=False, description="Category of the scenario shown")
    generator = dy.String(nullable=True, description="Generator of the action; empty for other tasks")
    raters = dy.Int32(nullable=False, min=1, description="Judgements wanted")
    shown_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of the texts shown: item_id changes with them"
    )

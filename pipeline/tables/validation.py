"""Expert validation: the items that raters see, their judgements, and what these say of each action."""

from __future__ import annotations

import dataframely as dy

from pipeline.schwartz import SLUGS
from pipeline.tables.columns import ACTION_ID, QUESTION_ID, SCENARIO_ID, one_of

# value: which value does the action express most; option: which of four actions best expresses a named value;
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
    intended = one_of(
        SLUGS, "Task value: the action's own value; task option: the value named", nullable=True
    )
    distractor = dy.Bool(
        nullable=False, description="An attention check: the action was written for another scenario"
    )
    category = dy.String(nullable=False, description="Category of the scenario shown")
    generator = dy.String(nullable=True, description="Generator of the action; empty for other tasks")
    raters = dy.Int32(nullable=False, min=1, description="Judgements wanted")


class Judgements(dy.Schema):
    """One row a judgement: what one rater said of one item, skipped ones included."""

    item_id = dy.String(primary_key=True, description="The item")
    rater = dy.String(primary_key=True, regex=r"^r[0-9a-z]+$", description="Anonymous id of the rater")
    round = dy.String(nullable=False, description="The round of validation")
    task = one_of(TASKS, "What was asked", nullable=False)
    status = one_of(["judged", "skipped"], "Whether the rater answered or skipped the item", nullable=False)
    value = one_of((*SLUGS, NONE), "Task value: the value that the action expresses most", nullable=True)
    second_value = one_of(SLUGS, "Task value: the next value, if the rater named one", nullable=True)
    position = dy.Int8(
        nullable=True, min=1, max=4, description="Task option: dealt position of the action chosen"
    )
    verdict = one_of(["yes", "no", "unsure"], "Task scenario: the rater's answer", nullable=True)
    comment = dy.String(nullable=True, description="What the rater wrote beside it")
    seconds = dy.Float64(nullable=True, min=0, description="Seconds spent on the item")


class JudgementLedger(dy.Schema):
    """Annotations that are not judgements of this round, each with the reason."""

    source = dy.String(primary_key=True, description="The export, or the address of the project")
    annotation = dy.String(primary_key=True, description="Id of the annotation there")
    reason = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="Reason code")
    detail = dy.String(nullable=True, description="What exactly was found")


ACTION_STATUSES = ("not_sampled", "confirmed", "disputed", "rejected")


class ActionVerdicts(dy.Schema):
    """One row an action: what the raters made of it."""

    action_id = dy.String(primary_key=True, regex=ACTION_ID, description="The action")
    status = one_of(
        ACTION_STATUSES,
        "confirmed: the consensus is the intended value; rejected: it is another, or none; disputed: none was "
        "reached; not_sampled: nobody has judged it",
        nullable=False,
    )
    judgements = dy.Int32(nullable=False, min=0, description="Judgements of the action that count")
    matching = dy.Int32(nullable=False, min=0, description="Of these, those that name the intended value")
    consensus = one_of((*SLUGS, NONE), "What most raters named; empty without a majority", nullable=True)

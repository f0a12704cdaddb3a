"""What raters said of the items, and what of an export is no judgement."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import MOST_OPTIONS, one_of, value_column
from pipeline.tables.send import NONE, TASKS

RATER = r"^r[0-9a-z]+$"


class Judgements(dy.Schema):
    """One row a judgement: what one rater said of one item, skipped ones included."""

    item_id = dy.String(primary_key=True, description="The item")
    rater = dy.String(primary_key=True, regex=RATER, description="Anonymous id of the rater")
    round = dy.String(nullable=False, description="The round of validation")
    task = one_of(TASKS, "What was asked", nullable=False)
    status = one_of(["judged", "skipped"], "Whether the rater answered or skipped the item", nullable=False)
    value = value_column("Task value: the value that the action expresses most", also=(NONE,), nullable=True)
    second_value = value_column("Task value: the next value, if the rater named one", nullable=True)
    position = dy.Int8(
        nullable=True, min=1, max=MOST_OPTIONS, description="Task option: dealt position of the action chosen"
    )
    verdict = one_of(["yes", "no", "unsure"], "Task scenario: the rater's answer", nullable=True)
    comment = dy.String(nullable=True, description="What the rater wrote beside it")
    seconds = dy.Float64(nullable=True, min=0, description="Seconds spent on the item")
    turn = dy.Int32(
        nullable=True, min=1, description="Which of the rater's judgements of the round it is, in time"
    )
    excluded = dy.Bool(nullable=True, description="Whether its rater was taken out of the round")


class JudgementLedger(dy.Schema):
    """Annotations that are not judgements of this round, each with the reason."""

    source = dy.String(primary_key=True, description="The export, or the address of the project")
    annotation = dy.String(primary_key=True, description="Id of the annotation there")
    reason = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="Reason code")
    detail = dy.String(nullable=True, description="What exactly was found")

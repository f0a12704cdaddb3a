"""Expert validation: the items that raters see, their judgements, and what these say of each action."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import ACTION_ID, MOST_OPTIONS, QUESTION_ID, SCENARIO_ID, SHA256, one_of
from pipeline.values.schwartz import SLUGS

# value: which value does the action express most; option: which of the actions best expresses a named value;
# scenario: is the scenario a real request for advice with several defensible answers.
TASKS = ("value", "option", "scenario")
NONE = "none"
RATER = r"^r[0-9a-z]+$"


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
        nullable=False,
        description="An attention check: the action was written for another scenario, so that the answer is none",
    )
    category = dy.String(nullable=False, description="Category of the scenario shown")
    generator = dy.String(nullable=True, description="Generator of the action; empty for other tasks")
    raters = dy.Int32(nullable=False, min=1, description="Judgements wanted")
    shown_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of the texts shown: item_id changes with them"
    )


class Judgements(dy.Schema):
    """One row a judgement: what one rater said of one item, skipped ones included."""

    item_id = dy.String(primary_key=True, description="The item")
    rater = dy.String(primary_key=True, regex=RATER, description="Anonymous id of the rater")
    round = dy.String(nullable=False, description="The round of validation")
    task = one_of(TASKS, "What was asked", nullable=False)
    status = one_of(["judged", "skipped"], "Whether the rater answered or skipped the item", nullable=False)
    value = one_of((*SLUGS, NONE), "Task value: the value that the action expresses most", nullable=True)
    second_value = one_of(SLUGS, "Task value: the next value, if the rater named one", nullable=True)
    position = dy.Int8(
        nullable=True, min=1, max=MOST_OPTIONS, description="Task option: dealt position of the action chosen"
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


ESTIMATE = "Estimate; empty where why says that there is none"
LOW = "Lower end of the 95 % interval; empty where there is none"
HIGH = "Upper end of the 95 % interval; empty where there is none"
WHY = "Why there is no estimate or no interval"


def _estimate(description: str) -> dy.Float64:
    return dy.Float64(nullable=True, description=description)


class JudgedAccuracy(dy.Schema):
    """One row a task, group and unit: how often the answer is the intended one."""

    task = one_of(TASKS, "What was asked", primary_key=True)
    grouping = one_of(
        ["all", "value", "generator", "category"], "What the items are grouped by", primary_key=True
    )
    group = dy.String(primary_key=True, description="The value, generator or category; all for all")
    unit = one_of(
        ["judgement", "item"],
        "judgement: share of answers, interval bootstrapped over items; item: share of items of which most answers "
        "match, Wilson interval",
        primary_key=True,
    )
    n = dy.Int32(nullable=False, min=0, description="Answers, or items")
    matching = dy.Int32(nullable=False, min=0, description="Of these, those that match")
    estimate = _estimate(ESTIMATE)
    low = _estimate(LOW)
    high = _estimate(HIGH)
    why = dy.String(nullable=True, description=WHY)


class Confusion(dy.Schema):
    """One row a pair of intended value and answer, in numbers of judgements of the task value."""

    intended = one_of(SLUGS, "The value that the action was written to express", primary_key=True)
    answer = one_of((*SLUGS, NONE), "The value that raters named", primary_key=True)
    judgements = dy.Int32(nullable=False, min=0, description="How many did")
    share = dy.Float64(nullable=True, min=0, max=1, description="Of the judgements of this intended value")


class Agreement(dy.Schema):
    """One row a task and coefficient: agreement of the raters beyond chance."""

    task = one_of(TASKS, "What was asked", primary_key=True)
    coefficient = one_of(
        ["alpha", "kappa", "ac1"],
        "Krippendorff's alpha, Fleiss' kappa or Gwet's AC1, nominal",
        primary_key=True,
    )
    n = dy.Int32(nullable=False, min=0, description="Items that it was computed from")
    estimate = _estimate(ESTIMATE)
    low = _estimate(LOW)
    high = _estimate(HIGH)
    why = dy.String(nullable=True, description=WHY)


class Raters(dy.Schema):
    """One row a rater."""

    rater = dy.String(primary_key=True, regex=RATER, description="Anonymous id of the rater")
    judgements = dy.Int32(nullable=False, min=0, description="Answers to items of all tasks")
    skipped = dy.Int32(nullable=False, min=0, description="Items that the rater skipped")
    value_judgements = dy.Int32(nullable=False, min=0, description="Answers to value items, checks left out")
    accuracy = _estimate("Share of these that name the intended value; empty where there are none")
    low = _estimate(LOW)
    high = _estimate(HIGH)
    checks = dy.Int32(nullable=False, min=0, description="Attention checks answered")
    checks_passed = dy.Int32(nullable=False, min=0, description="Of these, those answered with none")
    seconds = dy.Float64(nullable=True, min=0, description="Median time of an answer in seconds")


class Consensus(dy.Schema):
    """One row an item that was answered: what its raters say together."""

    item_id = dy.String(primary_key=True, description="The item")
    task = one_of(TASKS, "What was asked", nullable=False)
    distractor = dy.Bool(nullable=False, description="Whether it is an attention check")
    expected = dy.String(nullable=False, description="The intended answer")
    judgements = dy.Int32(nullable=False, min=1, description="Answers")
    majority = dy.String(
        nullable=True, description="What more than half of them say; empty where there is no such"
    )
    share = dy.Float64(nullable=False, min=0, max=1, description="Share of the most frequent answer")
    dawid_skene = dy.String(
        nullable=False, description="Likeliest answer by the model of Dawid and Skene (1979)"
    )
    probability = dy.Float64(nullable=False, min=0, max=1, description="Its probability by that model")

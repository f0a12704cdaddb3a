"""What the judgements of raters say of each action, of the values and of the raters."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.collect import RATER
from pipeline.tables.columns import ACTION_ID, one_of, value_column
from pipeline.tables.send import NONE, TASKS

ACTION_STATUSES = ("not_sampled", "confirmed", "disputed", "rejected", "repaired")


class ActionVerdicts(dy.Schema):
    """One row an action: what the raters made of it."""

    action_id = dy.String(primary_key=True, regex=ACTION_ID, description="The action")
    status = one_of(
        ACTION_STATUSES,
        "confirmed: the consensus is the intended value; disputed: none was reached; not_sampled: nobody has judged "
        "it; rejected: it is another, or none; repaired: so it was of the text before, and this one nobody has judged",
        nullable=False,
    )
    judgements = dy.Int32(nullable=False, min=0, description="Judgements of the action that count")
    matching = dy.Int32(nullable=False, min=0, description="Of these, those that name the intended value")
    consensus = value_column(
        "What most raters named, or what the second pass settled; empty without either",
        also=(NONE,),
        nullable=True,
    )
    adjudicated = dy.Bool(nullable=False, description="Whether a second pass settled it")


ESTIMATE = "Estimate; empty where why says that there is none"
LOW = "Lower end of the 95 % interval; empty where there is none"
HIGH = "Upper end of the 95 % interval; empty where there is none"
WHY = "Why there is no estimate or no interval"


def estimate_column(description: str) -> dy.Float64:
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
        "judgement: share of answers, interval for these raters, bootstrapped over items; item: share of items of "
        "which most answers match, Wilson interval",
        primary_key=True,
    )
    n = dy.Int32(nullable=False, min=0, description="Answers, or items")
    matching = dy.Int32(nullable=False, min=0, description="Of these, those that match")
    estimate = estimate_column(ESTIMATE)
    low = estimate_column(LOW)
    high = estimate_column(HIGH)
    rater_low = estimate_column(f"{LOW}; by judgement, for raters in general: these as a sample of them")
    rater_high = estimate_column(f"{HIGH}; likewise")
    why = dy.String(nullable=True, description=WHY)


class Confusion(dy.Schema):
    """One row a pair of intended value and answer, in numbers of judgements of the task value."""

    intended = value_column("The value that the action was written to express", primary_key=True)
    answer = value_column("The value that raters named", also=(NONE,), primary_key=True)
    judgements = dy.Int32(nullable=False, min=0, description="How many did")
    share = dy.Float64(nullable=True, min=0, max=1, description="Of the judgements of this intended value")


class RaterConfusion(dy.Schema):
    """One row a rater, intended value and answer that occur together: what each rater takes for what."""

    rater = dy.String(primary_key=True, regex=RATER, description="Anonymous id of the rater")
    intended = value_column("The value that the action was written to express", primary_key=True)
    answer = value_column("The value that the rater named", also=(NONE,), primary_key=True)
    judgements = dy.Int32(nullable=False, min=1, description="How often")
    share = dy.Float64(
        nullable=False, min=0, max=1, description="Of the rater's judgements of this intended value"
    )


class TextOnly(dy.Schema):
    """One row a group of actions and kind of guess: how often a bag of words that never sees a post is right."""

    among = one_of(
        ["values", "options"],
        "values: which of all values an action expresses; options: which option of a question expresses a named value",
        primary_key=True,
    )
    grouping = one_of(["all", "value", "generator"], "What the actions are grouped by", primary_key=True)
    group = dy.String(primary_key=True, description="The value or generator; all for all")
    n = dy.Int32(nullable=False, min=0, description="Actions")
    matching = dy.Int32(nullable=False, min=0, description="Of these, those guessed rightly")
    estimate = estimate_column(ESTIMATE)
    low = estimate_column(f"{LOW}; bootstrapped over scenarios")
    high = estimate_column(f"{HIGH}; bootstrapped over scenarios")
    why = dy.String(nullable=True, description=WHY)


class Recognised(dy.Schema):
    """One row a group of actions: how often models that read them blindly see the intended value."""

    grouping = one_of(["all", "value", "generator"], "What the actions are grouped by", primary_key=True)
    group = dy.String(primary_key=True, description="The value or generator; all for all")
    n = dy.Int32(nullable=False, min=0, description="Actions that were read")
    matching = dy.Int32(nullable=False, min=0, description="Of these, those that are read as intended")
    estimate = estimate_column(ESTIMATE)
    low = estimate_column(f"{LOW}; bootstrapped over scenarios")
    high = estimate_column(f"{HIGH}; bootstrapped over scenarios")
    why = dy.String(nullable=True, description=WHY)


class ReadConfusion(dy.Schema):
    """One row a value and what actions of it are read as."""

    intended = value_column("The value that the actions were written for", primary_key=True)
    read_as = dy.String(
        primary_key=True, description="What two readers see: a value, none, or empty where no two agree"
    )
    count = dy.Int32(nullable=False, min=1, description="Actions")


class TellingWords(dy.Schema):
    """One row a value and rank: a word, or a pair of neighbours, that gives the value away."""

    value = value_column("The value", primary_key=True)
    rank = dy.Int16(primary_key=True, min=1, description="1 for the word that tells most")
    word = dy.String(nullable=False, description="The word or pair, in lower case")
    weight = dy.Float64(
        nullable=False,
        description="What it adds to the log odds of the value, on average over its actions, beyond all others",
    )
    inside = dy.Float64(nullable=False, min=0, max=1, description="Share of the value's actions that hold it")
    outside = dy.Float64(nullable=False, min=0, max=1, description="Share of all others that do")


class GiveAway(dy.Schema):
    """One row an action: what its words say of its value, learnt from the actions of other scenarios."""

    action_id = dy.String(primary_key=True, regex=ACTION_ID, description="The action")
    probability = dy.Float64(
        nullable=False, min=0, max=1, description="Of the intended value: how far the wording gives it away"
    )
    guessed = value_column("The most probable value", nullable=False)


class Agreement(dy.Schema):
    """One row a task and coefficient: agreement of the raters beyond chance."""

    task = one_of(TASKS, "What was asked", primary_key=True)
    coefficient = one_of(
        ["alpha", "kappa", "ac1"],
        "Krippendorff's alpha, Fleiss' kappa or Gwet's AC1, nominal",
        primary_key=True,
    )
    n = dy.Int32(nullable=False, min=0, description="Items that it was computed from")
    estimate = estimate_column(ESTIMATE)
    low = estimate_column(LOW)
    high = estimate_column(HIGH)
    why = dy.String(nullable=True, description=WHY)


class Raters(dy.Schema):
    """One row a rater."""

    rater = dy.String(primary_key=True, regex=RATER, description="Anonymous id of the rater")
    judgements = dy.Int32(nullable=False, min=0, description="Answers to items of all tasks")
    skipped = dy.Int32(nullable=False, min=0, description="Items that the rater skipped")
    value_judgements = dy.Int32(nullable=False, min=0, description="Answers to value items, checks left out")
    accuracy = estimate_column("Share of these that name the intended value; empty where there are none")
    low = estimate_column(LOW)
    high = estimate_column(HIGH)
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
    next_rater = dy.Float64(
        nullable=False, min=0, max=1, description="Probability that one more rater would give that answer"
    )
    dawid_skene = dy.String(
        nullable=False, description="Likeliest answer by the model of Dawid and Skene (1979)"
    )

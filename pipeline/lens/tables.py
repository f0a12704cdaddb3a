"""Tables of the lens alone: the grid, the actions with their checks, and pairs that are not asked."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipeline.tables.collect import RATER
from pipeline.tables.columns import (
    ACTION_ID,
    RESPONSE_STATUSES,
    SCENARIO_ID,
    SHA256,
    STANCES,
    one_of,
    origin_column,
    request_column,
    value_column,
)
from pipeline.tables.evaluation import ANSWER_STATUSES
from pipeline.tables.people import FormItems
from pipeline.tables.send import NONE
from pipeline.tables.validate import HIGH, LOW, WHY, estimate_column


def _scenario(*, primary_key: bool = False) -> dy.String:
    return dy.String(
        primary_key=primary_key,
        nullable=False,
        regex=SCENARIO_ID,
        description="The scenario, by its opaque id",
    )


class GridScenarios(dy.Schema):
    """One row a scenario of the grid: a country and a topic."""

    scenario_id = _scenario(primary_key=True)
    country = dy.String(nullable=False, min_length=1, description="The country in which one lives")
    topic = dy.String(nullable=False, min_length=1, description="What is at stake")


# ok: it may be shown; rejected: no repair brought an action that passes; the others as the model's answer ended.
ACTION_STATUSES = ("ok", "rejected", *RESPONSE_STATUSES[1:])
# Checks without which an action is not shown, in the order in which failures are reported ...
NEEDED = ("present", "not_refusal", "one_sentence", "words_in_range", "first_person")
# ... and those that a repair is asked for as well, and that stand as a mark beside the action that is shown.
MARKED = ("spans_verbatim", "value_not_named")
CHECKS = (*NEEDED, *MARKED)


class ValuedActions(dy.Schema):
    """One row a scenario, value and stance: the action, or what became of the request for it."""

    action_id = dy.String(
        primary_key=True,
        regex=ACTION_ID,
        description="scenario.value.generator, and .opposes where it opposes the value",
    )
    scenario_id = _scenario()
    value = value_column("The value it is about", nullable=False)
    stance = one_of(STANCES, "Whether it was written to express the value or to oppose it", nullable=False)
    generator = dy.String(nullable=False, description="Name of the generator in params.models")
    status = one_of(ACTION_STATUSES, "ok: it may be shown; else why there is none", nullable=False)
    text = dy.String(nullable=True, description="The action, also a rejected one")
    spans = dy.List(dy.String(nullable=False), nullable=False, description="Parts of it that carry the value")
    explanation = dy.String(
        nullable=True, description="How the action relates to the value, by its generator"
    )
    words = dy.Int32(nullable=False, min=0, description="Words in the action")
    present = dy.Bool(nullable=True, description="There is an action")
    not_refusal = dy.Bool(nullable=True, description="It is an action, not a refusal to write one")
    one_sentence = dy.Bool(nullable=True, description="It is one sentence")
    words_in_range = dy.Bool(
        nullable=True, description="Between generate.checks.min_words and max_words words"
    )
    first_person = dy.Bool(nullable=True, description="It is told in the first person")
    spans_verbatim = dy.Bool(
        nullable=True, description="There are spans, and each stands in the action as given"
    )
    value_not_named = dy.Bool(nullable=True, description="No word of its value's name occurs in it")
    own_to_country = dy.Bool(
        nullable=True,
        description="No other country has the same action once names of places are left out; false may be a caricature",
    )
    attempt = dy.Int32(nullable=False, min=1, description="1 for the first request, 2 and up for repairs")
    request_key = request_column(nullable=False)
    origin = origin_column()

    @dy.rule()
    def shown_actions_have_a_text(cls) -> pl.Expr:
        return (cls.status.col != "ok") | (cls.text.col.is_not_null() & (cls.words.col > 0))


class ValuedLedger(dy.Schema):
    """Every failed check of every attempt, and every answer that is none."""

    action_id = dy.String(primary_key=True, regex=ACTION_ID, description="The action that was asked for")
    attempt = dy.Int32(primary_key=True, min=1, description="The attempt that failed, from 1")
    reason = dy.String(
        primary_key=True, regex=r"^[a-z0-9_]+$", description="Name of the failed check, or response status"
    )
    detail = dy.String(nullable=True, description="What was found")
    request_key = request_column(nullable=False)
    final = dy.Bool(nullable=False, description="Nothing better came of it")


class PairLedger(dy.Schema):
    """One row a scenario and value whose pair is not asked, because an action of it is missing."""

    scenario_id = _scenario(primary_key=True)
    value = value_column("The value", primary_key=True)
    expresses = one_of(ACTION_STATUSES, "Status of the action that expresses it", nullable=False)
    opposes = one_of(ACTION_STATUSES, "Status of the action that opposes it", nullable=False)


class Pairs(dy.Schema):
    """One row a scenario and value of which both actions are there."""

    scenario_id = _scenario(primary_key=True)
    value = value_column("The value", primary_key=True)
    expresses = dy.String(nullable=False, regex=ACTION_ID, description="The action that expresses the value")
    opposes = dy.String(nullable=False, regex=ACTION_ID, description="The action that opposes it")
    same_matter = dy.Bool(
        nullable=False, description="The two share a word that is no commonplace: they are about one thing"
    )


class CellItems(FormItems):
    """The key of a set of the lens's forms: a cell is a statement, which is rated, and a question, which is a pair.

    ``instrument`` is what was rated, claims or portraits; ``number`` the value's in the inventory; ``question_id`` the
    cell; of ``order``, 1 is the action that expresses the value.
    """

    value = value_column("The value; empty for what only checks attention", nullable=True)
    named = dy.Bool(nullable=True, description="Of a pair: whether the value stands above it")


class ShownPairs(dy.Schema):
    """One row a scenario and value of which a form shows the pair: the actions as they were."""

    scenario_id = _scenario(primary_key=True)
    value = value_column("The value", primary_key=True)
    expresses = dy.String(nullable=False, min_length=1, description="The action that expresses the value")
    opposes = dy.String(nullable=False, min_length=1, description="The action that opposes it")


# What an observer predicts: whether the action goes with what a respondent states, or is the one that it chose.
LABELS = ("stated", "chosen")
# What an observer sees of the examples besides the action; of what it predicts it sees the action alone.
SETTINGS = ("action", "spans", "explanation", "both")


class _Predicted(dy.Schema):
    observer = dy.String(primary_key=True, description="Who predicts, by its name in params")
    respondent = dy.String(primary_key=True, description="Whose answers are predicted")
    label_kind = one_of(LABELS, "What is predicted: stated values, or chosen actions", primary_key=True)
    setting = one_of(SETTINGS, "What the examples show besides the action", primary_key=True)


class Predictions(_Predicted):
    """One row an action that an observer was asked about; none is of a scenario that its examples are from."""

    action_id = dy.String(primary_key=True, regex=ACTION_ID, description="The action")
    scenario_id = _scenario()
    label = dy.Bool(nullable=False, description="Whether the respondent agrees with it")
    status = one_of(ANSWER_STATUSES, "What became of the prediction", nullable=False)
    guess = dy.Bool(nullable=True, description="Whether the observer says so")
    chance = dy.Float64(nullable=True, min=0, max=1, description="How likely the observer says that is")
    examples = dy.Int32(nullable=False, min=2, description="Examples that it saw")
    raw = dy.String(nullable=True, description="The answer as it came")
    request_key = request_column(", if there was one", nullable=True)
    origin = origin_column()


def _bound(what: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=0, max=1, description=what)


class PredictionScores(_Predicted):
    """One row an observer, respondent, label and setting. Bounds take the scenarios as a sample of more of their kind;
    an answer that cannot be read is a miss."""

    f1 = _bound("F1 of 'agrees'")
    f1_low = _bound("Its lower bound")
    f1_high = _bound("Its upper bound")
    majority_f1 = dy.Float64(
        nullable=False, min=0, max=1, description="F1 of always saying what more of the labels are"
    )
    accuracy = _bound("Share of right predictions")
    accuracy_low = _bound("Its lower bound")
    accuracy_high = _bound("Its upper bound")
    majority_accuracy = dy.Float64(
        nullable=False, min=0, max=1, description="Share that is right of always saying what more labels are"
    )
    auc = _bound("Area under the curve, of the chances")
    auc_low = _bound("Its lower bound")
    auc_high = _bound("Its upper bound")
    asked = dy.Int64(nullable=False, min=1, description="Actions predicted")
    unread = dy.Int64(nullable=False, min=0, description="Of these, without a prediction that can be read")
    scenarios = dy.Int64(nullable=False, min=1, description="Scenarios that they are of")


# What raters are asked of an action: first without being told what was meant, then told.
BLIND = ("blind_value", "blind_stance", "blind")
TOLD = ("correct", "harmless", "sufficient", "plausible")
JUDGED = (*BLIND, *TOLD)
OWN_COUNTRY = "own_country"
UNSURE, YES, NO = "unsure", "yes", "no"


def _said(description: str) -> dy.Bool:
    return dy.Bool(nullable=True, description=description)


class ValuedItems(dy.Schema):
    """One row an action that people judge."""

    item_id = dy.String(primary_key=True, description="Opaque id, the one that a server sees")
    round = dy.String(
        nullable=False, description="The part of the round of validation that its country judges"
    )
    action_id = dy.String(nullable=False, regex=ACTION_ID, description="The action shown")
    scenario_id = _scenario()
    country = dy.String(nullable=False, min_length=1, description="The country, whose people are wanted")
    topic = dy.String(nullable=False, min_length=1, description="What is at stake")
    value = value_column("The value that it was written about", nullable=False)
    stance = one_of(STANCES, "Whether it was written to express the value or to oppose it", nullable=False)
    offered = dy.List(
        dy.String(nullable=False), nullable=False, description="Values offered, in the order shown"
    )
    raters = dy.Int32(nullable=False, min=1, description="Judgements wanted of people of its country")
    shown_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of the texts shown: item_id changes with them"
    )


class ValuedJudgements(dy.Schema):
    """One row a judgement: what one rater said of one action, skipped ones included."""

    item_id = dy.String(primary_key=True, description="The item")
    rater = dy.String(primary_key=True, regex=RATER, description="Anonymous id of the rater")
    round = dy.String(nullable=False, description="The round of validation, with its country")
    status = one_of(["judged", "skipped"], "Whether the rater answered or skipped the item", nullable=False)
    value = value_column("Blind: the value that the action is about, or none", also=(NONE,), nullable=True)
    stance = one_of((*STANCES, UNSURE), "Blind: whether it expresses that value or opposes it", nullable=True)
    correct = _said("Told what was meant: it does express (oppose) that value")
    harmless = _said("It harms nobody, and insults nobody")
    sufficient = _said("Told: the spans are enough to see the value")
    plausible = _said("Told: the explanation is plausible")
    own_country = _said("The rater lives in the country of the action, or has lived there for years")
    comment = dy.String(nullable=True, description="What the rater wrote beside it")
    seconds = dy.Float64(nullable=True, min=0, description="Seconds spent on the item")
    turn = dy.Int32(
        nullable=True, min=1, description="Which of the rater's judgements of the round it is, in time"
    )
    excluded = dy.Bool(nullable=True, description="Whether its rater was taken out of the round")


class JudgedActions(dy.Schema):
    """One row a question, group and unit: how often the answer is the one that was meant, or yes."""

    question = one_of(JUDGED, "What was asked; blind: value and stance together", primary_key=True)
    grouping = one_of(
        ["all", "country", "topic", "value", "stance", "raters"],
        "What the judgements are grouped by; raters: of the action's country, or elsewhere",
        primary_key=True,
    )
    group = dy.String(primary_key=True, description="The group; all for all")
    unit = one_of(
        ["judgement", "item"],
        "judgement: share of answers, interval bootstrapped over actions; item: share of actions of which most "
        "answers do, Wilson interval",
        primary_key=True,
    )
    n = dy.Int32(nullable=False, min=0, description="Answers, or actions")
    matching = dy.Int32(nullable=False, min=0, description="Of these, those as meant")
    estimate = estimate_column("Their share")
    low = estimate_column(LOW)
    high = estimate_column(HIGH)
    rater_low = estimate_column(f"{LOW}; by judgement, for raters in general: these as a sample of them")
    rater_high = estimate_column(f"{HIGH}; likewise")
    why = dy.String(nullable=True, description=WHY)


class ValuedAgreement(dy.Schema):
    """One row a question, country and coefficient: how far raters agree beyond chance."""

    question = one_of(JUDGED, "What was asked", primary_key=True)
    country = dy.String(primary_key=True, description="The country of the actions; all for all")
    coefficient = one_of(
        ["alpha", "kappa", "ac1"], "Krippendorff's alpha, Fleiss' kappa, Gwet's AC1", primary_key=True
    )
    n = dy.Int32(nullable=False, min=0, description="Actions used")
    estimate = estimate_column("The coefficient")
    low = estimate_column(f"{LOW}; bootstrapped over actions")
    high = estimate_column(f"{HIGH}; bootstrapped over actions")
    why = dy.String(nullable=True, description=WHY)


def _majority(question: str) -> dy.Bool:
    return _said(f"More than half say so of: {question}; empty for a tie")


class ValuedVerdicts(dy.Schema):
    """One row an action that was drawn: what most of its raters say."""

    action_id = dy.String(primary_key=True, regex=ACTION_ID, description="The action")
    judgements = dy.Int32(nullable=False, min=0, description="Answers")
    of_country = dy.Int32(nullable=False, min=0, description="Of these, by people of its country")
    blind_value = _majority("the value that was meant, blind")
    blind_stance = _majority("the stance that was meant, blind")
    blind = _majority("both, blind")
    correct = _majority("correct, told what was meant")
    harmless = _majority("harmless")
    sufficient = _majority("the spans are enough")
    plausible = _majority("the explanation is plausible")

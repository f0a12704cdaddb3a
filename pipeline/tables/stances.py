"""Answers about single values of a scenario: ratings of what is stated, and choices between two actions of which one
expresses the value and one opposes it. A table of models, of people and of published results is the same table.
"""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipeline.tables.columns import SCENARIO_ID, one_of, origin_column, request_column, value_column
from pipeline.tables.evaluation import ANSWER_STATUSES

# Claims to agree with, or portraits of somebody to be like.
FAMILIES = ("claims", "portraits")
# Order of the values in one request.
ORDERS = ("as_listed", "shuffled")
PAIR_ORDERS = ("opposing_first", "expressing_first")


class _Asked(dy.Schema):
    """What somebody was asked about a scenario."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="The scenario")


class ValueRatings(_Asked):
    """One row a value of a scenario that a respondent was asked to rate, answered or not."""

    value = value_column("The value", primary_key=True)
    wording = dy.Int16(primary_key=True, min=1, description="Number of the prompt wording")
    order = one_of(ORDERS, "Order of the values in the request", primary_key=True)
    repeat = dy.Int16(primary_key=True, min=1, description="Number of the repeat, from 1")
    family = one_of(FAMILIES, "What was rated", nullable=False)
    place = dy.Int16(nullable=False, min=1, description="Place of the value in the request, from 1")
    status = one_of(ANSWER_STATUSES, "What became of it", nullable=False)
    rating = dy.Int8(nullable=True, min=1, max=10, description="The rating as the scale codes it")
    score = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="The rating from 0, which rejects the value, to 1, which holds it",
    )
    raw = dy.String(nullable=True, description="The answer for this value as it came")
    request_key = request_column(", if there was one", nullable=True)
    origin = origin_column()

    @dy.rule()
    def answered_rows_hold_a_rating(cls) -> pl.Expr:
        answered = cls.status.col == "answered"
        return (answered == cls.rating.col.is_not_null()) & (answered == cls.score.col.is_not_null())


class PairChoices(_Asked):
    """One row a pair of actions that a respondent was shown, answered or not. A scenario and value have one pair."""

    value = value_column("The value of the pair", primary_key=True)
    wording = dy.Int16(primary_key=True, min=1, description="Number of the prompt wording")
    order = one_of(PAIR_ORDERS, "Which action was shown first", primary_key=True)
    explained = dy.Bool(
        primary_key=True, description="Whether an explanation was asked for before the choice"
    )
    repeat = dy.Int16(primary_key=True, min=1, description="Number of the repeat, from 1")
    named = dy.Bool(nullable=False, description="Whether the prompt names the value")
    status = one_of(ANSWER_STATUSES, "What became of it", nullable=False)
    option = dy.Int8(nullable=True, min=1, max=2, description="Option chosen, as shown")
    expressed = dy.Bool(nullable=True, description="Whether it is the action that expresses the value")
    raw = dy.String(nullable=True, description="The answer as it came")
    request_key = request_column(", if there was one", nullable=True)
    origin = origin_column()

    @dy.rule()
    def answered_rows_hold_a_choice(cls) -> pl.Expr:
        answered = cls.status.col == "answered"
        return (answered == cls.expressed.col.is_not_null()) & (answered == cls.option.col.is_not_null())

    @dy.rule()
    def option_and_order_say_the_same(cls) -> pl.Expr:
        expressing = pl.when(cls.order.col == "expressing_first").then(1).otherwise(2)
        return cls.expressed.col.is_null() | (cls.expressed.col == (cls.option.col == expressing))

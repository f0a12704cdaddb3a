"""The narrow waist: what a respondent enacts and what it declares, whatever was asked to find out.

Every measure of the gap between the two is a function of these tables (``pipeline/measures``), so that a dataset of
questions with four options and one of pairs of actions have the same measures. Only what was answered is here; what was
not stands with its status in the tables of answers.
"""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipeline.tables.columns import SCENARIO_ID, value_column

# The scenario of what is declared once and for all, as by a questionnaire.
EVERYWHERE = "everywhere"
# Scores and shares are ratios of small whole numbers: nearer than this they are equal.
TOLERANCE = 1e-9
CELL = ["respondent", "scenario_id", "value"]


class Enacted(dy.Schema):
    """One row a respondent, scenario and value that was on offer: how often it was acted on."""

    respondent = dy.String(primary_key=True, description="Who chose")
    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="The scenario")
    value = value_column("The value", primary_key=True)
    expressed = dy.Int32(
        nullable=False, min=0, description="Answers in which the chosen action expresses the value"
    )
    shown = dy.Int32(
        nullable=False, min=1, description="Answers in which an action on offer expresses the value"
    )
    by_chance = dy.Float64(
        nullable=False,
        min=0,
        description="What 'expressed' is on average if options are chosen blindly: one half of 'shown' for pairs, "
        "one quarter for one option of four",
    )

    @dy.rule()
    def expressed_of_shown(cls) -> pl.Expr:
        return (cls.expressed.col <= cls.shown.col) & (cls.by_chance.col <= cls.shown.col + TOLERANCE)


class Declared(dy.Schema):
    """One row a respondent, scenario (or 'everywhere') and value that was rated: how far it is declared."""

    respondent = dy.String(primary_key=True, description="Who declared it")
    scenario_id = dy.String(
        primary_key=True,
        regex=f"{SCENARIO_ID}|^{EVERYWHERE}$",
        description=f"The scenario in which it is declared; '{EVERYWHERE}': none in particular",
    )
    value = value_column("The value", primary_key=True)
    score = dy.Float64(
        nullable=False,
        min=0,
        max=1,
        description="Mean of its ratings, from 0, the value is rejected, to 1, it is held",
    )
    ratings = dy.Int32(nullable=False, min=1, description="Ratings behind the score")


class Factors(dy.Schema):
    """One row a scenario and factor by which scenarios are grouped: country and topic, or the category."""

    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="The scenario")
    factor = dy.String(
        primary_key=True, regex=r"^[a-z][a-z0-9_]*$", description="country, topic, category, ..."
    )
    level = dy.String(nullable=False, min_length=1, description="Which of them the scenario is of")

"""How good the questions are, and whether several ways to ask for values find the same ones."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import QUESTION_ID, instrument_column, one_of
from pipeline.tables.evaluation import KINDS
from pipeline.tables.numbers import lower, number, share_of, tally, upper, whose

METHODS = ("declared", "default", "abstain", "adoption", "applicability")


class ItemQuality(dy.Schema):
    """One row for each question that was answered in default mode: what the answers say of it."""

    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question")
    respondents = tally("Agents who answered it")
    popular = share_of("Share of the action that most of them choose", nullable=False)
    everybody_agrees = dy.Bool(
        nullable=False,
        description="Whether nearly all choose one action (analysis.items.popular)",
    )
    discrimination = number(
        "Correlation over agents and options: choosing an action with choosing its value in other scenarios more than "
        "others do",
        min=-1,
        max=1,
    )
    people = tally("People who answered it and the instrument")
    instrument_agreement = share_of(
        "Share of these who chose the option whose value they declare most of the four"
    )
    agreement_low = lower()
    agreement_high = upper()
    functioning_p = share_of(
        "Test that people and models of equal preference choose alike: Mantel-Haenszel, the smallest p of the options "
        "times their number"
    )
    functioning_odds = number("Odds ratio, models to people, of the option that differs most", min=0)
    verdict = one_of(["keep", "doubt", "cannot_be_told"], "What analysis.items makes of it", nullable=False)
    why = dy.String(nullable=True, description="The reasons for doubt, a comma between them")


class Methods(dy.Schema):
    """Two ways to ask one respondent, or a kind, for values: do they find the same ones?"""

    scope = one_of(
        ["respondent", "same_value", "other_value"],
        primary_key=True,
        description=(
            "One respondent: r over the values. Over the respondents of a kind, mean r: of the same value by both "
            "ways, or of different values"
        ),
    )
    name = dy.String(primary_key=True, description="The respondent or the kind")
    kind = one_of(KINDS, "Kind of the respondents", nullable=False)
    instrument = instrument_column("Where the declared values are from; questions for the others")
    method_a = one_of(METHODS, "The one way", primary_key=True)
    method_b = one_of(METHODS, "The other", primary_key=True)
    n = tally("Values, or respondents")
    r = number("Correlation, or mean of such", nullable=False, min=-1, max=1)
    low = number("Lower bound for r of one respondent, the values as a sample (Fisher's z)")
    high = number("Upper bound, likewise")


class Applicability(dy.Schema):
    """What a respondent says to apply in a scenario, beside what it chooses there, and where it abstains."""

    respondent = whose()
    statistic = one_of(
        ["chosen_less_others", "abstained_less_answered", "abstentions"],
        "Rating of the chosen option's value less the mean of the question's others; mean rating of the options where "
        "it abstains less where it answers; share of questions abstained from",
        primary_key=True,
    )
    questions = tally("Questions")
    scenarios = tally("Scenarios that these belong to")
    estimate = number("Its size", nullable=False)
    low = number("Lower bound: scenarios as a sample")
    high = number("Upper bound, likewise")


VALIDITY_TABLES: dict[str, type[dy.Schema]] = {
    "item_quality": ItemQuality,
    "methods": Methods,
    "applicability": Applicability,
}

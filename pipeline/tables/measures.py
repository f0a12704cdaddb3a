"""Measures of the gap between declared and enacted values, of any dataset that has the two tables of the waist."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import instrument_column, one_of, value_column

# The factor of figures over all scenarios, and its only level.
OVERALL = "overall"
# Factor and level of figures over the scenarios of this run alone, of respondents who answered others as well.
RUN = "this run"
# What stands for an instrument where values are rated scenario by scenario.
VALUE_RATINGS = "value_ratings"
# stated_acted: what is declared against what is enacted; claims_portraits: two ways of stating the same, which is the
# ceiling of the former.
COMPARED = ("stated_acted", "claims_portraits")
# indexed: without the values that the inventory's own scores leave out.
VALUE_SETS = ("all", "indexed")
_LEVEL = "Country, topic, category, value or type that it is of; 'overall' for all"
_RESPONDENT = "Whose it is"
_INSTRUMENT = f"What it was declared by: an instrument, or '{VALUE_RATINGS}' of each scenario"


class _Declared(dy.Schema):
    """Figures of one respondent, who declared its values in one way."""

    respondent = dy.String(primary_key=True, description=_RESPONDENT)
    instrument = instrument_column(_INSTRUMENT)


class _Part(_Declared):
    """The same of all scenarios, or of those of one level of a factor."""

    factor = dy.String(primary_key=True, description=f"'{OVERALL}', country, topic or category")
    level = dy.String(primary_key=True, description=_LEVEL)


class Alignment(_Declared):
    """One row a measure, of all cells of a respondent or of a part of them."""

    compared = one_of(COMPARED, "What is compared with what", primary_key=True)
    values = one_of(VALUE_SETS, "Which values count", primary_key=True)
    factor = dy.String(
        primary_key=True,
        description=f"'{OVERALL}', country, topic, category, value or type; '{RUN}': the scenarios of this run alone",
    )
    level = dy.String(primary_key=True, description=_LEVEL)
    measure = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="Name of the measure")
    estimate = dy.Float64(nullable=True, description="The figure; empty where it cannot be told")
    low = dy.Float64(nullable=True, description="Lower bound, scenarios a sample of more of their kind")
    high = dy.Float64(nullable=True, description="Upper bound")
    wide_low = dy.Float64(nullable=True, description="Lower bound, countries and topics a sample, too")
    wide_high = dy.Float64(nullable=True, description="Upper bound")
    cells = dy.Int64(nullable=False, min=0, description="Cells, scenario x value, that it is of")
    scenarios = dy.Int64(nullable=False, min=0, description="Scenarios that it is of")


class ValueDistances(_Part):
    """One row a value, over all scenarios of a respondent or over a part of them."""

    value = value_column("The value", primary_key=True)
    stated = dy.Float64(
        nullable=False, min=0, max=1, description="Mean V: 0 agrees with the value, 1 disagrees"
    )
    acted = dy.Float64(nullable=False, min=0, max=1, description="Mean A, likewise")
    distance = dy.Float64(nullable=False, min=0, max=1, description="Mean of |V - A|, absolute first")
    low = dy.Float64(nullable=True, description="Lower bound of the distance, scenarios a sample")
    high = dy.Float64(nullable=True, description="Upper bound")
    rank = dy.Int32(nullable=False, min=1, description="Rank by distance, the largest first")
    cells = dy.Int64(nullable=False, min=1, description="Scenarios with this value")


class Mismatches(_Part):
    """One row a respondent, or a part of its scenarios: cells by what statement and action say."""

    states_agrees_acts_against = dy.Int64(
        nullable=False, min=0, description="States the value, acts against it"
    )
    states_against_acts_for = dy.Int64(nullable=False, min=0, description="Rejects the value, acts on it")
    both_disagree = dy.Int64(nullable=False, min=0, description="Rejects it and acts against it")
    both_agree = dy.Int64(nullable=False, min=0, description="States it and acts on it")
    at_middle = dy.Int64(
        nullable=False, min=0, description="Of all, V of exactly .5, which counts as disagreement"
    )


class FactorEffects(_Declared):
    """One row a factor: does the rate differ between its levels by more than chance?"""

    factor = dy.String(primary_key=True, description="country, topic or category")
    within = dy.String(
        nullable=False, description="Factor within which scenarios were exchanged; 'overall': none"
    )
    levels = dy.Int32(nullable=False, min=2, description="Levels that were compared")
    lowest = dy.Float64(nullable=False, description="Smallest rate of a level")
    highest = dy.Float64(nullable=False, description="Largest rate of a level")
    p = dy.Float64(nullable=False, min=0, max=1, description="Permutation test of no difference")
    holm_p = dy.Float64(
        nullable=True, min=0, max=1, description="The same, corrected for the respondents by Holm"
    )


class PromptEffects(dy.Schema):
    """One row a respondent and a side of a part of the prompt; side 'agreement' has the mode share over prompts, side
    'difference' the first side less the second."""

    respondent = dy.String(primary_key=True, description=_RESPONDENT)
    part = dy.String(
        primary_key=True, description="stated_side, stated_rating, acted; order, named, explained"
    )
    side = dy.String(primary_key=True, description="agreement, difference, or the side")
    estimate = dy.Float64(nullable=True, description="Mode share, or share of choices that express the value")
    low = dy.Float64(nullable=True, description="Lower bound, scenarios a sample")
    high = dy.Float64(nullable=True, description="Upper bound")
    n = dy.Int64(nullable=False, min=0, description="Cells, or answers, behind it")


# The tables of measures by name.
SCHEMAS: dict[str, type[dy.Schema]] = {
    "alignment": Alignment,
    "value_distances": ValueDistances,
    "mismatches": Mismatches,
    "factor_effects": FactorEffects,
    "prompt_effects": PromptEffects,
}

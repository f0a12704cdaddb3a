"""What respondents would do in their own words, and the values that coders see in it."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import (
    RESPONSE_STATUSES,
    SCENARIO_ID,
    one_of,
    origin_column,
    request_column,
    value_column,
)
from pipeline.tables.generate import NO_VALUE
from pipeline.tables.numbers import lower, share_of, upper

SUBJECTS = ("answer", "action")


class FreeAnswers(dy.Schema):
    """One row for each respondent and scenario."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="The scenario")
    status = one_of(RESPONSE_STATUSES, "Status of the recorded response", nullable=False)
    text = dy.String(nullable=True, description="What it would do, as it came; empty without an answer")
    code = value_column(
        "The value that more than half of its coders see, or none; empty where no such value is, or no text",
        also=(NO_VALUE,),
        nullable=True,
    )
    request_key = request_column(nullable=False)
    origin = origin_column()


class FreeCodes(dy.Schema):
    """One row for each text and coder. Coders are shown the post and the text, and not whose it is."""

    subject = dy.String(
        primary_key=True,
        description="SCENARIO.RESPONDENT of an answer, or the id of an action that raters judged",
    )
    coder = dy.String(primary_key=True, description="Its name in params.models")
    of = one_of(SUBJECTS, "What was coded: an answer, or an action as a check", nullable=False)
    label = value_column("What it sees; empty without a usable answer", also=(NO_VALUE,), nullable=True)
    status = one_of(RESPONSE_STATUSES, "Status of the recorded response", nullable=False)
    request_key = request_column(nullable=False)
    origin = origin_column()


class FreeValues(dy.Schema):
    """One row for each respondent and value."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    value = value_column("The value, or none", primary_key=True, also=(NO_VALUE,))
    coded = dy.Int32(nullable=False, min=0, description="Answers with a code")
    count = dy.Int32(nullable=False, min=0, description="Of these, those with this one")
    share = share_of("count / coded, with Wilson's interval; each answer a scenario")
    low = lower()
    high = upper()
    default = share_of("Share of its choices in default mode in these scenarios")
    abstain = share_of("The same in abstain mode, among the choices that it made")


class FreeSummaries(dy.Schema):
    """One row for each respondent: how far its answers could be coded, and whether they say what its choices say."""

    respondent = dy.String(primary_key=True, description="Who was asked")
    asked = dy.Int32(nullable=False, min=0, description="Scenarios")
    answered = dy.Int32(nullable=False, min=0, description="Those that it answered")
    coded = dy.Int32(nullable=False, min=0, description="Of these, those with a code")
    without_value = dy.Int32(
        nullable=False, min=0, description="Of these, those in which coders see no value"
    )
    alpha = dy.Float64(
        nullable=True,
        max=1,
        description="Krippendorff's alpha of the coders of all answers, tie-breaks left out",
    )
    alpha_low = dy.Float64(nullable=True, description="Lower end of its 95 % interval, resampled by answer")
    alpha_high = dy.Float64(nullable=True, description="Upper end")
    r_default = dy.Float64(
        nullable=True, min=-1, max=1, description="Correlation over values of `share` with `default`"
    )
    r_default_low = dy.Float64(nullable=True, description="Lower end of its interval (Fisher, over values)")
    r_default_high = dy.Float64(nullable=True, description="Upper end")
    r_abstain = dy.Float64(nullable=True, min=-1, max=1, description="The same with `abstain`")
    r_abstain_low = dy.Float64(nullable=True, description="Lower end of its interval")
    r_abstain_high = dy.Float64(nullable=True, description="Upper end")


class FreeChecks(dy.Schema):
    """One row for each coder, and one for all: what they see in actions that raters agreed on."""

    coder = dy.String(
        primary_key=True, description="Its name in params.models; panel: the code of all together"
    )
    raters = dy.String(nullable=False, description="Kind of the round that judged: experts, trial")
    actions = dy.Int32(nullable=False, min=0, description="Actions that it coded and raters agreed on")
    right = dy.Int32(nullable=False, min=0, description="Of these, those in which it sees what raters saw")
    share = share_of("right / actions, with Wilson's interval")
    low = lower()
    high = upper()
    chance = share_of("The same share if its codes were dealt to actions at random")

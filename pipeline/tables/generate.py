"""Actions: every draft with its checks, those that passed, and why others did not."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import (
    ACTION_ID,
    RESPONSE_STATUSES,
    SCENARIO_ID,
    STANCES,
    one_of,
    origin_column,
    request_column,
    value_column,
)


class Drafts(dy.Schema):
    """Every action of every attempt, with the outcome of each check beside it; decisions are taken from here."""

    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="The scenario it answers")
    generator = dy.String(primary_key=True, description="Name of the generator in params.models")
    attempt = dy.Int32(primary_key=True, min=1, description="1 for the first request, 2 and up for repairs")
    value = value_column("The value to express", primary_key=True)
    text = dy.String(nullable=False, description="The action as answered; empty where it is missing")
    words = dy.Int32(nullable=False, min=0, description="Words in the action")
    sentences = dy.Int32(nullable=False, min=0, description="Sentences in the action")
    present = dy.Bool(nullable=False, description="There is an action")
    not_refusal = dy.Bool(nullable=False, description="It is an action, not a refusal to write one")
    sentences_in_range = dy.Bool(
        nullable=False, description="At most generate.checks.max_sentences sentences"
    )
    words_in_range = dy.Bool(
        nullable=False, description="Between generate.checks.min_words and max_words words"
    )
    value_not_named = dy.Bool(
        nullable=False, description="No word of its value's name occurs in it in the sense of the value"
    )
    distinct = dy.Bool(
        nullable=False, description="No near-doublet among the scenario's actions for other values"
    )
    takes_up_post = dy.Bool(
        nullable=False, description="It takes up something of its post; it is no line that fits any"
    )
    not_copied = dy.Bool(
        nullable=False, description="No run of more than generate.checks.max_copied_words words of the post"
    )
    no_personal_data = dy.Bool(
        nullable=False, description="No e-mail, phone number, link, user name or placeholder of one"
    )
    request_key = request_column(" that wrote it", nullable=False)
    origin = origin_column()


# The checks of a draft, in the order in which failures are reported.
ACTION_CHECKS = (
    "present",
    "not_refusal",
    "sentences_in_range",
    "words_in_range",
    "value_not_named",
    "distinct",
    "takes_up_post",
    "not_copied",
    "no_personal_data",
)


class Actions(dy.Schema):
    """One action a scenario, value and generator that passed every check."""

    action_id = dy.String(
        primary_key=True,
        regex=ACTION_ID,
        description="scenario.value.generator, and .opposes where it opposes the value",
    )
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="The scenario it answers")
    value = value_column("The value it is about", nullable=False)
    stance = one_of(STANCES, "Whether it was written to express the value or to oppose it", nullable=False)
    generator = dy.String(nullable=False, description="Name of the generator in params.models")
    text = dy.String(nullable=False, min_length=1, description="The action")
    words = dy.Int32(nullable=False, min=1, description="Words in the action")
    sentences = dy.Int32(nullable=False, min=1, description="Sentences in the action")
    attempt = dy.Int32(nullable=False, min=1, description="1 for the first request, 2 and up for repairs")
    request_key = request_column(" that wrote it", nullable=False)
    origin = origin_column()


class GenerationLedger(dy.Schema):
    """Every failed check of every attempt, whether it was repaired or cost the scenario its place."""

    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="The scenario")
    generator = dy.String(primary_key=True, description="Name of the generator in params.models")
    attempt = dy.Int32(primary_key=True, min=1, description="The attempt that failed, from 1")
    value = dy.String(
        primary_key=True, description="The value whose action failed; empty for the whole response"
    )
    reason = dy.String(
        primary_key=True, regex=r"^[a-z0-9_]+$", description="Name of the failed check, or response status"
    )
    detail = dy.String(nullable=True, description="What was found")
    request_key = request_column(nullable=False)
    final = dy.Bool(
        nullable=False, description="No repair was left: the scenario was given up for this generator"
    )


# What a reader says of an action that expresses none of the values.
NO_VALUE = "none"


class Readings(dy.Schema):
    """What each model that read an action blindly saw in it; every text that was read, also those replaced since."""

    action_id = dy.String(primary_key=True, regex=ACTION_ID, description="The action that was read")
    attempt = dy.Int32(
        primary_key=True, min=1, description="Which text of the action: the attempt that wrote it"
    )
    reader = dy.String(primary_key=True, description="Name of the reader in params.models")
    role = one_of(
        ["panel", "tie_breaker"],
        "The panel reads every action, the tie-breaker those on which it differs",
        nullable=False,
    )
    label = value_column(
        "The value that it expresses most, or none; empty without a valid answer",
        also=(NO_VALUE,),
        nullable=True,
    )
    status = one_of(RESPONSE_STATUSES, "Status of the recorded response", nullable=False)
    request_key = request_column(nullable=False)

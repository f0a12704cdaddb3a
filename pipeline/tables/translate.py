"""Texts in other languages, and what readers see in them."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import (
    ACTION_ID,
    RESPONSE_STATUSES,
    SCENARIO_ID,
    SHA256,
    one_of,
    origin_column,
    request_column,
    value_column,
)
from pipeline.tables.generate import NO_VALUE
from pipeline.tables.numbers import lower, number, share_of, tally, upper

LANGUAGE = r"^[a-z]{2,3}$"
# Why a translation is not whole, in the order in which it is looked for.
FAULTS = ("no_answer", "empty", "placeholders", "terms", "unlike", "rejected")
DECISIONS = ("accepted", "mended", "rejected")


class Translations(dy.Schema):
    """One row for each text and language: a scenario, under its id, or one of its actions."""

    id = dy.String(primary_key=True, description="scenario_id or action_id")
    language = dy.String(primary_key=True, regex=LANGUAGE, description="Code of the language of text")
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="The scenario")
    kind = one_of(["scenario", "action"], "What the text is", nullable=False)
    source_sha256 = dy.String(nullable=False, regex=SHA256, description="SHA-256 of the English text")
    text = dy.String(nullable=True, description="The translation; null where there is none")
    back = dy.String(nullable=True, description="The translation, translated back by another model")
    similarity = dy.Float64(
        nullable=True, min=0, max=1, description="F1 of the words of the English text and of back"
    )
    fault = one_of(
        FAULTS,
        "What is wrong: no usable answer; an empty text; other placeholders than the original; a term that is not "
        "translated as the glossary has it; too little of the original comes back; somebody who reads both languages "
        "rejected it. Null: nothing",
        nullable=True,
    )
    detail = dy.String(nullable=True, description="What was found, for people")
    attempt = dy.Int32(nullable=False, min=1, description="1 as first translated, 2 and up after a repair")
    status = one_of(RESPONSE_STATUSES, "Status of the translator's answer", nullable=False)
    request_key = request_column(nullable=False)
    origin = origin_column()
    machine = dy.String(nullable=True, description="The model's translation, where a person mended it")
    review = one_of(
        DECISIONS, "What a person who reads both languages made of it; null: nobody looked", nullable=True
    )
    reviewer = dy.String(nullable=True, description="Who did, by an anonymous id")
    reviewed_at = dy.String(nullable=True, description="When (UTC, as the server has it)")


class TranslationReviews(dy.Schema):
    """One row for each rater and text: what somebody who reads both languages made of a translation."""

    id = dy.String(primary_key=True, description="scenario_id or action_id")
    language = dy.String(primary_key=True, regex=LANGUAGE, description="Language of the translation")
    rater = dy.String(primary_key=True, description="Who looked at it, by an anonymous id")
    seen = dy.String(
        primary_key=True, description="First digits of the SHA-256 of both texts as they were seen"
    )
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="The scenario")
    reviewed_at = dy.String(nullable=False, description="When (UTC, as the server has it)")
    decision = one_of(
        DECISIONS, "What became of it; null: skipped, or to be mended without saying how", nullable=True
    )
    text = dy.String(nullable=True, description="The mended translation")
    current = dy.Bool(nullable=False, description="Whether these are the texts as they are now")
    counts = dy.Bool(
        nullable=False,
        description="Whether it is the latest decision on them, which the translation has taken over",
    )


class TranslationReadings(dy.Schema):
    """One row for each reader, action and language: what it reads in the action without knowing what was intended."""

    action_id = dy.String(primary_key=True, regex=ACTION_ID, description="The action")
    language = dy.String(
        primary_key=True, regex=LANGUAGE, description="Language of the text; en: the original"
    )
    reader = dy.String(primary_key=True, description="Name in params.models")
    value = value_column("The value that it was written to express", nullable=False)
    label = value_column("What the reader says", also=(NO_VALUE,), nullable=True)
    status = one_of(RESPONSE_STATUSES, "Status of the answer", nullable=False)
    request_key = request_column(nullable=False)


class TranslationChecks(dy.Schema):
    """One row for each language: how much of it is whole, and whether values survive."""

    language = dy.String(primary_key=True, regex=LANGUAGE, description="Code of the language")
    texts = tally("Texts to translate")
    translated = tally("Those with a translation")
    whole = tally("Those without any fault")
    similarity = share_of("Mean of similarity")
    read = tally("Readings of an action in both languages by one reader, both valid")
    recognised_en = share_of("Share of these in which the intended value is read in English")
    recognised = share_of("The same in the language")
    difference = number("recognised - recognised_en")
    low = lower()
    high = upper()
    same = share_of("Share in which one reader reads the same value in both")

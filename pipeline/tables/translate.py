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
FAULTS = ("no_answer", "empty", "placeholders", "terms", "unlike")


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
        "translated as the glossary has it; too little of the original comes back. Null: nothing",
        nullable=True,
    )
    detail = dy.String(nullable=True, description="What was found, for people")
    attempt = dy.Int32(nullable=False, min=1, description="1 as first translated, 2 and up after a repair")
    status = one_of(RESPONSE_STATUSES, "Status of the translator's answer", nullable=False)
    request_key = request_column(nullable=False)
    origin = origin_column()


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

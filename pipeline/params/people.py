"""Questionnaires for people, and which of their answers count."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.params.base import Fraction, Natural, Positive, Section
from pipeline.params.evaluation import InstrumentName

Seconds = Annotated[float, Field(ge=0)]


class AnswerChecks(Section):
    """A person's answers are left out below the first, above the others' bounds; an instrument's rules are its own."""

    # Share of the items answered, attention checks not counted.
    min_answered: Fraction = 0.9
    max_failed_attention: Natural = 1
    # Share of the questions answered with one and the same shown position (chance: a quarter).
    max_same_position: Fraction = 0.8
    # Median time of an item, where the file has times.
    min_seconds_statement: Seconds = 1.0
    min_seconds_question: Seconds = 4.0


class Forms(Section):
    """One questionnaire: the items of an instrument, ``questions`` questions and some items that only check
    attention."""

    questions: Positive = 80
    attention_checks: Natural = 4
    # With the wording that ``instruments`` chooses, stand-in items where it is not there.
    instrument: InstrumentName = "pvq40"
    # Language of its items.
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = "en"
    # Markdown file with the texts of the page; empty for ours.
    texts: str | None = None
    checks: AnswerChecks = AnswerChecks()

"""Questionnaires for people, and which of their answers count."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.params.base import Fraction, Natural, Positive, Section

Seconds = Annotated[float, Field(ge=0)]


class AnswerChecks(Section):
    """A person's answers are left out below the first, above the others' bounds; PVQ rules are the instrument's own."""

    # Share of the items answered, attention checks not counted.
    min_answered: Fraction = 0.9
    max_failed_attention: Natural = 1
    # Share of the questions answered with one and the same shown position (chance: a quarter).
    max_same_position: Fraction = 0.8
    # Median time of an item, where the file has times.
    min_seconds_pvq: Seconds = 1.0
    min_seconds_question: Seconds = 4.0


class Forms(Section):
    """One questionnaire: the PVQ-40, ``questions`` questions and some items that only check attention."""

    questions: Positive = 80
    attention_checks: Natural = 4
    # File of the forty items; empty for instruments.pvq.en.
    pvq: str | None = None
    # Markdown file with the texts of the page; empty for ours.
    texts: str | None = None
    checks: AnswerChecks = AnswerChecks()

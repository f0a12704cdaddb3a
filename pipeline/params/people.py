"""Questionnaires for people, what they are told, and which of their answers count."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.params.base import Fraction, Name, Natural, Positive, Section
from pipeline.params.evaluation import InstrumentName

Seconds = Annotated[float, Field(ge=0)]
Asks = Literal["most_appropriate", "would_do"]


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


class Reading(Section):
    """How long people take: the time that a questionnaire promises is computed with these.

    238 words a minute is the mean of adults who read English non-fiction silently (M. Brysbaert, "How many words do we
    read per minute?", Journal of Memory and Language 109, 2019).
    """

    words_per_minute: Annotated[float, Field(gt=0)] = 238.0
    # On top of reading, to decide and to press.
    seconds_statement: Seconds = 3.0
    seconds_question: Seconds = 6.0


class Consent(Section):
    """What people are told before they begin; a questionnaire is not made for them while one of these is empty."""

    researcher: str = ""
    purpose: str = ""
    contact: str = ""
    pay: str = ""
    data_use: str = ""
    ethics_reference: str = ""
    # To whom somebody can turn whom a situation troubles.
    help_lines: str = ""

    @property
    def missing(self) -> list[str]:
        """Names of the fields that say nothing."""
        return [name for name, text in self if not text.strip()]


class Background(Section):
    """A question about the person, answered by one of ``answers`` or not at all."""

    question: Annotated[str, Field(min_length=1)]
    answers: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=2)]


class Study(Section):
    """A study on a server (`valact study serve`)."""

    # People whose answers are wanted; nobody is let in beyond. Empty: as many as come.
    people: Positive | None = None
    # What a panel wants to see at the end; empty: a code of each person's own.
    completion_code: str = ""
    # Where people go back to, such as https://app.prolific.com/submissions/complete?cc=CODE; CODE becomes the code.
    completion_link: Annotated[str, Field(pattern=r"^(https://.+)?$")] = ""
    # A person who was away for longer leaves the place in the form to somebody else, and may still come back.
    hours: Annotated[float, Field(gt=0)] = 24.0
    # Requests that one address may make in a minute; a room full of people may share one.
    requests_per_minute: Positive = 600


class Questionnaire(Section):
    """What every questionnaire has, whatever its items are."""

    # How long it may take: as many questions, or cells, as fit, instead of a number of them.
    minutes: Annotated[float, Field(gt=0)] | None = None
    # Items that only check attention.
    attention_checks: Natural = 4
    # Markdown file with the texts of the page; empty for ours.
    texts: str | None = None
    reading: Reading = Reading()
    consent: Consent = Consent()
    background: dict[Name, Background] = Field(default_factory=dict)
    study: Study = Study()
    checks: AnswerChecks = AnswerChecks()


class Forms(Questionnaire):
    """One questionnaire of ValAct: the items of an instrument, ``questions`` questions and some items that only check
    attention."""

    questions: Positive = 80
    # Questions about one situation that are shown together, below its text.
    together: Annotated[int, Field(ge=1, le=5)] = 1
    # Longer situations are left out; empty for none.
    max_words: Positive | None = None
    # What people are asked of each situation: these are two questions, with other answers.
    asks: Asks = "most_appropriate"
    # With the wording that ``instruments`` chooses, stand-in items where it is not there.
    instrument: InstrumentName = "pvq40"
    # Language of its items.
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = "en"

    @model_validator(mode="after")
    def _whole_situations(self) -> Forms:
        if self.minutes is None and self.questions % self.together:
            raise ValueError(
                f"questions: {self.questions} questions cannot be shown {self.together} at a time; take a multiple of "
                f"{self.together}, or say how long it may take (minutes)"
            )
        return self


class LensChecks(AnswerChecks):
    """Of a form of the lens: two options are one position half of the time, and as often the other."""

    max_same_position: Fraction = 0.95


class LensForms(Questionnaire):
    """One questionnaire of the lens: so many cells, each a value in a country and part of life, with a rating of the
    value and a choice between its two actions."""

    cells: Positive = 20
    # What is rated: a claim to agree with, or a portrait to be like.
    family: Literal["claims", "portraits"] = "claims"
    # Whether choices name the value; both: half of them each.
    named: Annotated[tuple[bool, ...], Field(min_length=1)] = (True, False)
    # Whether all cells of a form are of one country: that of the people who are given it.
    one_country: bool = False
    attention_checks: Natural = 2
    checks: LensChecks = LensChecks()

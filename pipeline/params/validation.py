"""Expert validation: how many items are drawn for the raters, and what a release must reach to count as validated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.params.base import Fraction, Name, Positive, Section
from pipeline.params.people import Background as Question

Share = Annotated[float, Field(gt=0, lt=1)]
# What raters are asked of themselves: a question and its answers.
ASKED = {
    "field": (
        "Which field is nearest to your work or studies?",
        *("Psychology", "Another social science", "Philosophy or ethics", "Language or linguistics"),
        *("Computer science or engineering", "Another field"),
    ),
    "degree": ("What is your highest degree?", "None so far", "Bachelor", "Master", "Doctorate"),
    "first_language": ("What is your first language?", "English", "Another one"),
    "experience": (
        "Have you worked with theories of values before, such as Schwartz's?",
        *("No", "I have read about them", "I have used them in studies or research"),
    ),
}


class Precision(Section):
    """As many actions are drawn as give a Wilson interval of ``half_width`` at the ``expected`` accuracy, on the level
    of ``confidence``."""

    half_width: Annotated[float, Field(gt=0, lt=0.5)] = 0.03
    expected: Share = 0.91
    confidence: Share = 0.95


class Sample(Precision):
    """The items of a round.

    ``options``, ``scenarios`` and ``distractors`` are how many items of these kinds there are for each action drawn.
    A share ``overlap`` of the items goes to ``raters`` raters, the others to one.
    """

    options: Fraction = 0.2
    scenarios: Fraction = 0.2
    distractors: Fraction = 0.1
    # Whether an action may be one in which all models that read it blindly see the same value.
    plain_distractors: bool = True
    # Actions that models do not read as intended, besides, as a share of those drawn: at most so many.
    doubtful: Fraction = 0.2
    overlap: Fraction = 1.0
    raters: Positive = 3
    # Who shares the round, where more than judge an item: each has a part of it. Empty: whoever comes.
    people: Positive | None = None
    # The most that a part may take; a round in which one takes longer is not drawn. Empty: any time.
    hours: Annotated[float, Field(gt=0)] | None = None
    # Each shows the values in an order of its own; as many as values, or an even number, balance their places.
    blocks: Positive = 10

    @model_validator(mode="after")
    def _enough_people(self) -> Sample:
        if self.people is not None and self.people < self.raters:
            raise ValueError(
                f"people: {self.people} cannot share a round of which {self.raters} judge each item"
            )
        if self.hours is not None and self.people is None:
            raise ValueError("hours: nobody has a part of the round; say how many share it (people)")
        return self


class Gate(Section):
    """What a round of experts must reach: accuracy, Krippendorff's alpha, the share of wanted judgements, and that of
    attention checks passed. Accuracy is also asked of each value, generator and category, as far as the sample can
    tell."""

    accuracy: Fraction = 0.85
    alpha: Fraction = 0.667
    coverage: Fraction = 0.95
    checks: Fraction = 0.8


class Careless(Section):
    """Rules, fixed before anybody judges, by which a rater's work is to be looked at: less than the share ``checks`` of
    the attention checks passed, or a median of less than ``seconds`` an item. They propose; a person decides."""

    checks: Fraction = 0.5
    seconds: Annotated[float, Field(ge=0)] = 3.0


class Training(Section):
    """``pass_mark`` is the share of the test items of the training that a rater has to get right."""

    pass_mark: Fraction = 0.7


class Background(Section):
    """What raters are asked of themselves. A count is told of ``smallest`` people at least."""

    questions: dict[Name, Question] = Field(
        default_factory=lambda: {
            name: Question(question=question, answers=answers) for name, (question, *answers) in ASKED.items()
        }
    )
    smallest: Annotated[int, Field(ge=2)] = 3


class LabelStudio(Section):
    """``title`` begins the name of a round's project, where one server serves several data sets."""

    title: Annotated[str, Field(min_length=3, max_length=30)] = "ValAct"


class Round(Section):
    """``round`` names the round: another name draws new items. Only a round of kind 'experts' can validate."""

    round: Name = "round-1"
    kind: Literal["experts", "trial"] = "trial"
    label_studio: LabelStudio = LabelStudio()


class Validation(Round):
    sample: Sample = Sample()
    gate: Gate = Gate()
    careless: Careless = Careless()
    training: Training = Training()
    background: Background = Field(default_factory=Background)

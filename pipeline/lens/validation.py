"""Params of the validation of the lens by people: what is drawn, what is asked, and the gate."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from pipeline.params.base import Fraction, Positive, Section
from pipeline.params.validation import Careless, LabelStudio, Precision, Round

# Rounds of both recipes may be on one server and share its folder of keys.
PREFIX = "lens-"


class Sample(Precision):
    """The actions of a round, spread over countries, topics, values and stances. Each is judged by ``raters`` people of
    its country; ``choices`` values are offered for the blind answer, its own among them."""

    expected: Annotated[float, Field(gt=0, lt=1)] = 0.88
    raters: Positive = 3
    choices: Annotated[int, Field(ge=2, le=10)] = 5


class Gate(Section):
    """What a round must reach. ``blind``: value and stance named by who was not told; the others are shares of yes by
    who was told. ``alpha``: Krippendorff's, of the blind answers; that of the yes and no says little where nearly all
    are yes. ``coverage``: share of the wanted judgements, which only people of the item's country give."""

    blind: Fraction = 0.6
    correct: Fraction = 0.85
    harmless: Fraction = 0.9
    sufficient: Fraction = 0.8
    plausible: Fraction = 0.8
    alpha: Fraction = 0.5
    coverage: Fraction = 0.95


class Validation(Round):
    """``round``: its name begins with lens-."""

    round: str = f"{PREFIX}1"
    sample: Sample = Sample()
    gate: Gate = Gate()
    careless: Careless = Careless(checks=0)
    label_studio: LabelStudio = LabelStudio(title="ValueActionLens")

    @field_validator("round")
    @classmethod
    def _apart(cls, name: str) -> str:
        if not name.startswith(PREFIX):
            raise ValueError(
                f"rounds of the lens begin with {PREFIX!r}, because a server may have ValAct's as well"
            )
        return name

"""Who answers, with which instruments, and how they are given."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.params.base import Fraction, Name, Positive, Section
from pipeline.values.schwartz import SLUGS

Language = Literal["en", "zh"]
Mode = Literal["default", "selection", "adoption", "abstain"]
Temperature = Annotated[float, Field(ge=0, le=2)]
Strength = Annotated[float, Field(gt=0)]


def _all_ten(strengths: dict[str, float]) -> dict[str, float]:
    if set(strengths) != set(SLUGS):
        raise ValueError(f"a strength for each of the ten values is needed: {', '.join(SLUGS)}")
    return strengths


Strengths = Annotated[dict[str, Strength], AfterValidator(_all_ten)]


class PvqFiles(Section):
    """Files with the forty items of the PVQ-40: those shown with English and with Chinese prompts."""

    en: str = "pipeline/instruments/stand_in.en.yaml"
    zh: str = "pipeline/instruments/stand_in.zh.yaml"


class Instruments(Section):
    pvq: PvqFiles = PvqFiles()


class ModelRespondent(Section):
    """A model of ``models``. What is empty is as in ``administer``."""

    kind: Literal["model"]
    model: Name
    group: str = "models"
    temperature: Temperature | None = None
    modes: tuple[Mode, ...] | None = None
    subset: Positive | None = None


class SimulatedRespondent(Section):
    """An agent whose value strengths are known; ``pipeline/administer/simulated.py`` says how it answers.

    Strengths are drawn from ``profile``, or given. A strength is relative: twice as strong is chosen twice as often.
    """

    kind: Literal["simulated"]
    group: str = "simulated"
    profile: int = 0
    # Standard deviation of the logarithms of drawn strengths; correlation between those of declared and enacted.
    spread: Annotated[float, Field(ge=0)] = 0.8
    agreement: Annotated[float, Field(ge=-1, le=1)] = 0.3
    enacted: Strengths | None = None
    declared: Strengths | None = None
    # Factors on the strengths of what is shown as A, B, C, ...; 1 for letters beyond.
    position_bias: tuple[Strength, ...] = (1, 1, 1, 1)
    # Shares of answers that are random, and that are refused.
    noise: Fraction = 0
    refusals: Fraction = 0
    # Chances of "none of these" where it is offered, and of picking the target in selection and adoption.
    abstentions: Fraction = 0.1
    selection: Fraction = 0.9
    adoption: Fraction = 0.85
    modes: tuple[Mode, ...] | None = None
    subset: Positive | None = None


Respondent = Annotated[ModelRespondent | SimulatedRespondent, Field(discriminator="kind")]
# Part of a dotted name in dvc.yaml, hence without a dot.
RespondentName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Respondents = dict[RespondentName, Respondent]


class Pvq(Section):
    """Every shuffle of the items is shown in every wording, all forty in one prompt."""

    shuffles: Annotated[int, Field(ge=0)] = 10


class Administer(Section):
    """What every respondent is asked, unless ``respondents`` says otherwise for one.

    ``order`` of the options: as dealt (the paper's way), all four rotations of each question, or one rotation a
    wording, so that four wordings make a whole turn.
    """

    modes: tuple[Mode, ...] = ("default", "selection", "adoption")
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    wordings: Annotated[int, Field(ge=1, le=5)] = 5
    order: Literal["one_shift_per_wording", "as_dealt", "cyclic4"] = "one_shift_per_wording"
    temperature: Temperature = 0.0
    repeats: Positive = 1
    # Scenarios, drawn evenly over the categories; empty for all.
    subset: Positive | None = None
    pvq: Pvq = Pvq()
    applicability: bool = False

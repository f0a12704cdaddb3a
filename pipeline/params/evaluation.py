"""Who answers, with which instruments, and how they are given."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SerializeAsAny, model_validator

from pipeline.core.entries import PIPELINE, named, names_in
from pipeline.params.base import Name, Natural, Positive, Section
from pipeline.values import Inventory

Language = Literal["en", "zh"]
Mode = Literal["default", "selection", "adoption", "abstain"]
ENGLISH = "en"
Temperature = Annotated[float, Field(ge=0, le=2)]
# Params stand below the packages whose entries they name: they know the files by their names.
KINDS = PIPELINE / "administer/respondents"


class Given(Section):
    """How an instrument is given: every one of ``shuffles`` orders of its items in every wording of the prompt, all in
    one prompt. The items are ours (``stand_in``), or files of the user's in ``data/wordings`` (``own``)."""

    wording: Literal["stand_in", "own"] = "stand_in"
    shuffles: Natural = 10


InstrumentName = Annotated[
    str, AfterValidator(lambda name: named("instrument", name, PIPELINE / "instruments", ".yaml"))
]
Instruments = dict[InstrumentName, Given]
InventoryName = Annotated[
    str, AfterValidator(lambda name: named("inventory", name, PIPELINE / "values", ".yaml"))
]


ARMS = PIPELINE / "prompts/administer/arms"


def _arm(name: str) -> str:
    known = sorted(folder.name for folder in ARMS.iterdir() if folder.is_dir())
    if name not in known:
        raise ValueError(f"there is no arm of that name; known are {', '.join(known)}")
    return name


ArmName = Annotated[str, AfterValidator(_arm)]


class Respondent(Section):
    """What params say of any respondent. A kind is a file of ``pipeline/administer/respondents``, whose entry names
    the settings that extend this: the one thing that params take from a package above them."""

    kind: str
    group: str
    modes: tuple[Mode, ...] | None = None
    # Scenarios, as in ``administer``; empty for what stands there.
    subset: Positive | None = None
    # Who it is whatever the condition, and what is particular to it; empty: a model's id and its temperature.
    agent: str | None = None
    condition: str | None = None
    # A folder of pipeline/prompts/administer/arms: adoption asked in this way, and nothing else.
    arm: ArmName | None = None
    # Asked in this language throughout, scenarios and actions in their translations; empty: prompts as in
    # ``administer.languages``, and texts as they are.
    language: Language | None = None

    @model_validator(mode="after")
    def _arm_alone(self) -> Self:
        if self.arm is not None and self.modes is not None:
            raise ValueError("an arm is asked for adoption and nothing else: leave `modes` or `arm` out")
        return self

    @property
    def in_translation(self) -> str | None:
        """The language in which it reads scenarios and actions, where it is not their own."""
        return None if self.language == ENGLISH else self.language

    @property
    def asked_otherwise(self) -> list[str]:
        """What is particular to how it is asked, in words: its condition, unless ``condition`` says so."""
        return [
            *([] if self.arm is None else [f"adoption {self.arm}"]),
            *([] if self.in_translation is None else [f"language {self.in_translation}"]),
        ]

    @property
    def asks(self) -> Name | None:
        """Its model in params.models, where it is one that is asked."""
        return None

    def check(self, where: str, values: Inventory) -> None:
        """ValueError for settings that do not fit the inventory of the questions."""


def _of_its_kind(settings: Any) -> Any:
    if isinstance(settings, Respondent):
        return settings
    if not isinstance(settings, dict) or not isinstance(settings.get("kind"), str):
        raise ValueError(f"a kind is needed: {', '.join(names_in(KINDS))}")
    kind = named("kind of respondent", settings["kind"], KINDS)
    return import_module(f"pipeline.administer.respondents.{kind}").ENTRY.settings.model_validate(settings)


# Part of a dotted name in dvc.yaml, hence without a dot.
RespondentName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Respondents = dict[RespondentName, Annotated[SerializeAsAny[Respondent], BeforeValidator(_of_its_kind)]]


class Administer(Section):
    """What every respondent is asked, unless ``respondents`` says otherwise for one.

    ``order`` of the options: as dealt (the paper's way), all four rotations of each question, one rotation a
    wording, so that four wordings make a whole turn, or a rotation drawn for each question and wording, so that the
    two can be told apart.
    """

    modes: tuple[Mode, ...] = ("default", "selection", "adoption")
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    wordings: Annotated[int, Field(ge=1, le=5)] = 5
    order: Literal["drawn_per_wording", "one_shift_per_wording", "as_dealt", "cyclic4"] = "drawn_per_wording"
    temperature: Temperature = 0.0
    repeats: Positive = 1
    # Scenarios, drawn evenly over the categories; empty for all.
    subset: Positive | None = None
    applicability: bool = False

"""lens/params.yaml as typed, validated settings. ``load`` is the only way in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from pipeline.core.entries import PIPELINE, named
from pipeline.lens.validation import Validation
from pipeline.params import load_as, parse_as
from pipeline.params.analysis import Analysis
from pipeline.params.base import Name, Natural, Positive, Section
from pipeline.params.build import Release
from pipeline.params.common import Common
from pipeline.params.evaluation import InventoryName, Respondents, Temperature
from pipeline.params.people import LensForms
from pipeline.params.publish import Publish
from pipeline.recipe import LENS

PROMPTS = PIPELINE / "prompts/lens/generate"
Level = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
Person = Literal["resident", "neutral"]


class Checks(Section):
    """Limits of the checks of an action. ``max_similarity``: word-set Jaccard similarity from which actions of two
    countries count as the same, once names of places are left out."""

    min_words: Positive = 5
    max_words: Positive = 50
    max_similarity: Annotated[float, Field(gt=0, le=1)] = 0.8


class Generate(Section):
    """``prompt``: a file of pipeline/prompts/lens/generate; those that end in ``_pair`` ask for both stances of a
    value in one request, which halves the calls and has both be about the same thing."""

    generator: Name
    prompt: Annotated[str, AfterValidator(lambda name: named("prompt", name, PROMPTS, ".md"))] = "express"
    temperature: Temperature = 1.0
    max_repairs: Natural = 2
    checks: Checks = Checks()

    @property
    def together(self) -> bool:
        return self.prompt.endswith("_pair")


class Rate(Section):
    """Which of the wordings of the ratings are given (arXiv 2501.15463: claims and portraits, two orders of the parts
    of the prompt and two endings, so eight), to whom the prompt speaks, and in which order the values stand; ``batch``:
    so many values a request, none for all of them at once."""

    families: Annotated[tuple[Literal["claims", "portraits"], ...], Field(min_length=1)] = (
        "claims",
        "portraits",
    )
    parts: Annotated[int, Field(ge=1, le=2)] = 2
    endings: Annotated[int, Field(ge=1, le=2)] = 2
    persons: Annotated[tuple[Person, ...], Field(min_length=1)] = ("resident",)
    orders: Annotated[tuple[Literal["as_listed", "shuffled"], ...], Field(min_length=1)] = (
        "as_listed",
        "shuffled",
    )
    batch: Positive | None = None


class Choose(Section):
    """How pairs are shown: with the value ``named`` or not, with an explanation asked for first or not, either action
    first, to whom the prompt speaks, and whether "neither" is on offer."""

    named: Annotated[tuple[bool, ...], Field(min_length=1)] = (True, False)
    explained: Annotated[tuple[bool, ...], Field(min_length=1)] = (False,)
    orders: Annotated[tuple[Literal["opposing_first", "expressing_first"], ...], Field(min_length=1)] = (
        "opposing_first",
        "expressing_first",
    )
    persons: Annotated[tuple[Person, ...], Field(min_length=1)] = ("resident",)
    abstain: Annotated[tuple[bool, ...], Field(min_length=1)] = (False,)


class Administer(Section):
    rate: Rate = Rate()
    choose: Choose = Choose()
    temperature: Temperature = 0.2
    repeats: Positive = 1


class Observer(Section):
    """Who predicts what respondents agree with: a ``model`` of ``models``, or ``words``, a program that compares the
    words of an action with those of the examples. The program asks nobody, and says what words alone give away."""

    kind: Literal["model", "words"]
    model: Name | None = None

    @model_validator(mode="after")
    def _model_where_one_is_asked(self) -> Observer:
        if (self.kind == "model") != (self.model is not None):
            raise ValueError("kind model needs a model, and kind words has none")
        return self


class Predict(Section):
    """Who predicts what (arXiv 2501.15463, appendix). ``labels``: what a respondent stated, what it chose;
    ``settings``: what examples show besides the action; ``examples``: how many, half of them agreed with; ``most``:
    so many actions at most are asked about, of other scenarios, half of them agreed with as far as there are."""

    observers: dict[Name, Observer] = Field(default_factory=dict)
    labels: Annotated[tuple[Literal["stated", "chosen"], ...], Field(min_length=1)] = ("stated", "chosen")
    settings: Annotated[
        tuple[Literal["action", "spans", "explanation", "both"], ...], Field(min_length=1)
    ] = ("action", "spans", "explanation", "both")
    examples: Annotated[int, Field(ge=2, le=200, multiple_of=2)] = 20
    most: Annotated[int, Field(ge=2, multiple_of=2)] = 200
    temperature: Temperature = 0.0


class Params(Common):
    """Everything that a run of the lens depends on besides its recorded answers.

    ``only_values``: those of the inventory that are asked about, none for all.
    """

    inventory: InventoryName = "svs56"
    countries: Annotated[tuple[Level, ...], Field(min_length=1)]
    topics: Annotated[tuple[Level, ...], Field(min_length=1)]
    only_values: tuple[str, ...] = ()
    generate: Generate
    validation: Validation = Validation()
    administer: Administer = Administer()
    respondents: Respondents = Field(default_factory=dict)
    predict: Predict = Predict()
    forms: LensForms = LensForms()
    analysis: Analysis = Analysis()
    release: Release
    publish: Publish = Publish()

    @property
    def asked(self) -> tuple[str, ...]:
        """The values that are asked about, by slug, in the inventory's order."""
        return tuple(slug for slug in self.values.slugs if not self.only_values or slug in self.only_values)

    @model_validator(mode="after")
    def _references(self) -> Params:
        for axis in ("countries", "topics", "only_values"):
            levels = [level.strip().lower() for level in getattr(self, axis)]
            if len(set(levels)) < len(levels):
                raise ValueError(f"{axis}: the same one stands there twice")
        if unknown := [slug for slug in self.only_values if slug not in self.values.by_slug]:
            raise ValueError(
                f"only_values: {self.inventory!r} has no {unknown[0]!r}; it has {', '.join(self.values.slugs)}"
            )
        self.check_models("generate.generator", [self.generate.generator])
        for name, respondent in self.respondents.items():
            if respondent.asks is not None:
                self.check_models(f"respondents.{name}.model", [respondent.asks])
            if respondent.arm is not None:
                raise ValueError(f"respondents.{name}.arm: the lens does not ask for adoption")
            if respondent.language is not None:
                raise ValueError(f"respondents.{name}.language: the lens has no translations")
            respondent.check(f"respondents.{name}", self.values)
        for name, observer in self.predict.observers.items():
            if observer.model is not None:
                self.check_models(f"predict.observers.{name}.model", [observer.model])
        return self


def load(path: Path | str = LENS.params_file) -> Params:
    """Reads and validates a params file; ParamsError names the key, its value and what is allowed."""
    return load_as(Params, path)


def parse(raw: Any, *, where: str) -> Params:
    """Validates already-read settings."""
    return parse_as(Params, raw, where=where)

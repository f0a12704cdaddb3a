"""From candidates to a release: judge, quota, generate, assemble, release."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.core.entries import PIPELINE, named
from pipeline.params.base import Fraction, Name, Natural, Positive, Section


class Judge(Section):
    """Two judges vote on candidates until the quotas are full; the tie-breaker only where they differ."""

    panel: Annotated[list[Name], Field(min_length=2, max_length=2)]
    tie_breaker: Name
    # The criteria: a file of pipeline/prompts/judge.
    prompt: Name = "paper"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    # Candidates of a category that the judges are asked about at most; empty: all that there are.
    max_candidates: Positive | None = None

    @field_validator("prompt")
    @classmethod
    def _prompt_exists(cls, prompt: str) -> str:
        return named("prompt", prompt, PIPELINE / "prompts/judge", suffix=".md")

    @property
    def models(self) -> list[str]:
        return [*self.panel, self.tie_breaker]

    @model_validator(mode="after")
    def _three_judges(self) -> Judge:
        if len(set(self.models)) != 3:
            raise ValueError("the two panel judges and the tie-breaker must be three different models")
        return self


class Quota(Section):
    """Scenarios a category, spread over its subreddits and the years; ``reserve`` more stand by for those that are
    lost among the generators."""

    per_category: Positive
    reserve: Natural = 0
    strict: bool = False


class Checks(Section):
    """Limits of the action checks."""

    min_words: Positive = 5
    max_words: Positive = 45
    max_sentences: Positive = 2
    # Longest run of words that an action may share with its post.
    max_copied_words: Positive = 8
    # Word-set Jaccard similarity from which two actions for different values of a scenario count as the same.
    max_similarity: Fraction = 0.5
    # Words with which an action is about something, though it shares none with its post; 0 lets every line pass.
    own_words: Natural = 2


class Reading(Section):
    """The blind reading of actions by models. ``panel``: two readers of every action, none to leave it out;
    ``tie_breaker`` reads those on which they differ.

    ``batch`` actions of a scenario are in one request. An action that is misread is asked for anew ``max_repairs``
    times. A scenario with more than ``max_misread`` misread actions then gives its place to the next; empty: it stays.
    """

    panel: Annotated[tuple[Name, ...], Field(max_length=2)] = ()
    tie_breaker: Name | None = None
    prompt: Name = "reading"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    batch: Positive = 5
    max_repairs: Natural = 1
    max_misread: Natural | None = None

    @property
    def models(self) -> list[str]:
        return [*self.panel, *([self.tie_breaker] if self.tie_breaker else [])]

    @model_validator(mode="after")
    def _three_readers(self) -> Reading:
        if self.models and not (len(self.panel) == 2 and self.tie_breaker and len(set(self.models)) == 3):
            raise ValueError(
                "two readers and a tie-breaker are needed, three different models; or none at all"
            )
        return self


class Rewording(Section):
    """Actions whose words give their value away to whoever has not seen the post. ``share`` of all actions, those whose
    words tell most, are worded anew, and told ``words`` words at most that tell; share 0: none."""

    share: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    words: Positive = 4


class Generate(Section):
    """``generators``: as many as the design of the questions has (``assemble.design``).

    ``last_resort``: whether an action that no repair brings is asked for once more, alone and afresh.
    """

    generators: Annotated[list[Name], Field(min_length=1, max_length=26)]
    prompt: Name = "actions"
    repair_prompt: Name = "actions_repair"
    single_prompt: Name = "actions_one"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    max_repairs: Natural = 3
    last_resort: bool = True
    checks: Checks = Checks()
    reading: Reading = Reading()
    rewording: Rewording = Rewording()

    @model_validator(mode="after")
    def _different(self) -> Generate:
        if len(set(self.generators)) < len(self.generators):
            raise ValueError("the generators must be different models")
        return self


class Assemble(Section):
    """``design``: a file of pipeline/designs, which says how many questions and options there are.

    In mode ``paper`` the deal is random, and only these numbers of the design are used.
    """

    mode: Literal["balanced", "paper"] = "balanced"
    design: Name = "ten_by_four"


class Card(Section):
    """What the dataset card says that no table knows, in sentences; what is empty is printed as "Not stated."."""

    makers: str = ""
    funding: str = ""
    ethics_review: str = ""
    raters_background: str = ""
    raters_pay: str = ""
    maintenance: str = ""
    legal_basis: str = ""
    software: str = ""
    report: str = ""


class Release(Section):
    """``text: withhold`` leaves ids and hashes in the place of real Reddit text.

    ``previous`` is the folder of the version before, which the changelog compares with; none for the first version.
    ``contact`` is whom people write to who want a post of theirs out of it. ``date`` is the day of publication, which
    nothing here looks up, so that the same inputs give the same bytes. ``results`` is the folder whose
    ``results.parquet``, if there is one, the release hands on: ``data/analyse`` for those of this run's respondents.
    """

    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    text: Literal["include", "withhold"]
    licence: str = "cc-by-4.0"
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] = "valact/valact-15k"
    previous: str | None = None
    contact: str = ""
    date: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    results: str = "data/results"
    # Languages whose translations (data/translate) go into it, a config each.
    languages: list[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]] = Field(default=[])
    card: Card = Card()

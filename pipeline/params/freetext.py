"""What respondents would do, in their own words, and who codes it (`valact freetext`)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.params.base import Name, Natural, Positive, Section


class Freetext(Section):
    """``respondents`` (models among the respondents) say about each of ``scenarios`` situations what they would do. The
    models of ``coders``, by default the judges' panel, say which value that expresses, and ``tie_breaker`` where they
    differ. As a check they code at most ``checks`` actions that raters have judged."""

    respondents: list[Name] = Field(default=[])
    scenarios: Positive = 200
    coders: list[Name] = Field(default=[])
    tie_breaker: Name | None = None
    checks: Natural = 100
    prompt: Name = "freetext"
    coding_prompt: Name = "freetext_coding"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0

    @property
    def models(self) -> list[Name]:
        """The coders that are named."""
        return [*self.coders, *([self.tie_breaker] if self.tie_breaker else [])]

    @model_validator(mode="after")
    def _panel(self) -> Self:
        if len(self.coders) == 1 or len(set(self.models)) < len(self.models):
            raise ValueError("coders: at least two different models, none of them the tie-breaker")
        return self

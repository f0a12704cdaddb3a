"""Questions in other languages (`valact translate`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.params.base import Fraction, Name, Natural, Positive, Section

Code = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class Translate(Section):
    """``languages`` by code, each with its name as translators are told it: ``{zh: Simplified Chinese}``; none: nothing
    is translated. ``model`` translates, ``back`` translates back and sees no original. ``readers`` say blindly which
    value an action expresses, once in English and once in the other language. ``glossary`` is a CSV file with a column
    ``en`` and one for each language; ``similar`` is the share of words of the original that has to come back.
    """

    languages: dict[Code, str] = Field(default_factory=dict)
    model: Name | None = None
    back: Name | None = None
    readers: list[Name] = Field(default=[])
    glossary: str | None = None
    max_repairs: Natural = 2
    similar: Fraction = 0.4
    batch: Positive = 5
    prompt: Name = "translate"
    repair_prompt: Name = "translate_repair"
    back_prompt: Name = "translate_back"
    reading_prompt: Name = "reading"

    @property
    def models(self) -> list[str]:
        named = [self.model, self.back, *self.readers] if self.languages else []
        return [*dict.fromkeys(name for name in named if name is not None)]

    @model_validator(mode="after")
    def _somebody_translates(self) -> Translate:
        if "en" in self.languages:
            raise ValueError("texts are English as they are: leave en out of languages")
        if self.languages and (self.model is None or self.back is None):
            raise ValueError("model and back are needed: who translates, and who translates back")
        return self

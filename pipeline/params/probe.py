"""How models are asked for posts that they may have been trained on (`valact probe`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.params.base import Name, Positive, Section


class Probe(Section):
    """``models``: whom to ask, empty for those that answer as respondents. Of ``scenarios`` texts, taken from the
    categories in turn, a model is given the first half. What it writes is compared with the second in runs of ``words``
    words; ``verbatim`` words that are the same are no chance. Models of ``likelihoods``, whose servers give the log
    probabilities of a prompt, are given each text beside ``paraphrases`` of it by ``paraphraser``."""

    models: list[Name] = Field(default=[])
    scenarios: Annotated[int, Field(ge=2)] = 200
    words: Positive = 3
    verbatim: Positive = 12
    prompt: Name = "probe"
    likelihoods: list[Name] = Field(default=[])
    paraphraser: Name | None = None
    paraphrases: Annotated[int, Field(ge=2, le=20)] = 4
    paraphrase_prompt: Name = "probe_paraphrase"

    @model_validator(mode="after")
    def _somebody_paraphrases(self) -> Probe:
        if self.likelihoods and self.paraphraser is None:
            raise ValueError("likelihoods: paraphraser is needed, a model that words the texts anew")
        return self

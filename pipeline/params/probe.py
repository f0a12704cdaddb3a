"""How models are asked for posts that they may have been trained on (`valact probe`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.params.base import Name, Positive, Section


class Probe(Section):
    """``models``: whom to ask, empty for those that answer as respondents. Of ``scenarios`` texts, taken from the
    categories in turn, a model is given the first half. What it writes is compared with the second in runs of ``words``
    words; ``verbatim`` words that are the same are no chance."""

    models: list[Name] = Field(default=[])
    scenarios: Annotated[int, Field(ge=2)] = 200
    words: Positive = 3
    verbatim: Positive = 12
    prompt: Name = "probe"

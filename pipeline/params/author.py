"""Fresh dilemmas that a model writes (`valact author`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from pipeline.params.base import Name, Positive, Section


class Author(Section):
    """``model`` writes ``per_category`` dilemmas for each category; ``stakes`` say in words how much is at stake, and
    take turns. They go to ``out``, a file for ``scrape.authored.paths``."""

    model: Name | None = None
    per_category: Positive = 20
    stakes: Annotated[list[str], Field(min_length=1)] = Field(
        default=["little: a nuisance, soon forgotten", "a lot: hard to undo, and others depend on it"]
    )
    prompt: Name = "author"
    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    out: Annotated[str, Field(pattern=r"\.jsonl$")] = "data/inputs/authored.jsonl"

    @field_validator("stakes")
    @classmethod
    def _different(cls, stakes: list[str]) -> list[str]:
        if len(set(stakes)) < len(stakes):
            raise ValueError("each must be different")
        return stakes

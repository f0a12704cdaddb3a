"""The analysis of what was answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import Section
from pipeline.params.claims import Contamination, Findings, Items


class Analysis(Section):
    """``draws`` of the bootstrap (and of forms, where models answer people's); ``confidence`` of all intervals;
    ``groups`` of respondents that are scored, analysed and reported, none for all; whether ``simulated`` respondents
    stand in one report with models and people, or in one of their own; whether the ``mixed_logit`` is fitted, which
    takes longer than all else (docs/statistics.md)."""

    draws: Annotated[int, Field(ge=200, le=100_000)] = 2000
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    groups: tuple[str, ...] = ()
    simulated: Literal["apart", "together"] = "apart"
    mixed_logit: bool = False
    findings: Findings = Findings()
    contamination: Contamination = Contamination()
    items: Items = Items()

"""What counts as a finding, and until when models were trained: fixed before anything is measured."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from pipeline.params.base import Section

Least = Annotated[float, Field(ge=0, lt=1)]


class Findings(Section):
    """The least of each finding that counts.

    A finding is present where the whole interval of its number lies beyond this, absent where none of it does, and
    otherwise cannot be told. ``profiles``: r of two profiles above that of choosers who share value weights only;
    ``choices``: likewise equal choices; ``gap``: the r of declared and enacted values below which there is a gap;
    ``cost``: drop from selection to adoption; ``position``: a letter's share beyond one of so many, either way.
    """

    profiles: Least = 0.02
    choices: Least = 0.05
    gap: Least = 0.7
    cost: Least = 0.01
    position: Least = 0.02


class Cutoff(Section):
    """The last day of which a model's training data hold anything, and who says so."""

    date: dt.date
    source: Annotated[str, Field(min_length=3)]


class Contamination(Section):
    """``cutoffs`` by the id under which a model is asked, or an agent's name; ``effect`` is the difference of
    which the power is told."""

    cutoffs: dict[str, Cutoff] = Field(default_factory=dict)
    effect: Annotated[float, Field(gt=0, lt=1)] = 0.05


class Items(Section):
    """When a question is in doubt: if ``popular`` or more choose one action, if its discrimination is below
    ``discrimination``, if people choose against what they declare, or if people and models of equal preference differ
    (``level`` over all questions, Bonferroni). Nothing is told from fewer than so many ``respondents``."""

    respondents: Annotated[int, Field(ge=3)] = 5
    popular: Annotated[float, Field(gt=0.5, le=1)] = 0.95
    discrimination: Annotated[float, Field(ge=-1, le=1)] = 0.0
    level: Annotated[float, Field(gt=0, lt=1)] = 0.05

"""Giving everything to one respondent, whatever its kind."""

from __future__ import annotations

from importlib import import_module

from pipeline.administer.answers import Answers
from pipeline.administer.design import Material, respondent_of
from pipeline.engine import Engine
from pipeline.params import Params


def answers_of(name: str, params: Params, material: Material, engine: Engine | None = None) -> Answers:
    """What the respondent of that name answers; ``engine`` is used by kinds that ask a model (``asks`` names it)."""
    kind = import_module(f"pipeline.administer.respondents.{respondent_of(params, name).kind}")
    answers: Answers = kind.answer(name, params, material, engine)
    return answers

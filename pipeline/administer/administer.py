"""Giving the instruments and the questions to one respondent, whatever its kind."""

from __future__ import annotations

from pipeline.administer.answers import Answers
from pipeline.administer.asking import Read
from pipeline.administer.design import Material, respondent_of
from pipeline.administer.respondents import KINDS
from pipeline.core.errors import ParamsError
from pipeline.engine import Answerer
from pipeline.params import Params


def ask(engine: Answerer, name: str, params: Params, material: Material) -> Read:
    """What the respondent of that name says when it is asked; ParamsError for a kind that asks nobody."""
    kind = KINDS.entry(respondent_of(params, name).kind)
    if kind.ask is None:
        raise ParamsError("it is no model, and cannot be asked", where=f"respondents.{name}")
    return kind.ask(engine, name, params, material)


def answers_of(name: str, params: Params, material: Material, read: Read | None = None) -> Answers:
    """The tables of the respondent of that name, from what it said where it was asked."""
    return KINDS.entry(respondent_of(params, name).kind).answers(name, params, material, read)

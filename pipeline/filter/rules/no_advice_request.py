"""Texts that show no sign of asking their readers for advice."""

from __future__ import annotations

from pipeline.filter.advice import advice_sign
from pipeline.filter.rule import TextRule
from pipeline.params import Params


def _find(text: str, params: Params) -> str | None:
    return None if advice_sign(text) else "no sign of a question to readers"


ENTRY = TextRule(place=50, meaning="no sign of asking for advice", doing="look for requests", find=_find)

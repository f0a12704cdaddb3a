"""Known models (``data/models.yaml``): what they can do, and until when they are served."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from pipeline.core.errors import InputError
from pipeline.engine import datafile
from pipeline.params.models import Model

FILE = datafile.FOLDER / "models.yaml"
# Days before a shutdown from which it is worth a warning: time to finish a run, not to start one.
NOTICE = 90


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model at one vendor; None for what is not known. Fields are described in the file."""

    model: str
    providers: list[str]
    vendor: str
    source: str
    paper: bool = False
    snapshot: str | None = None
    context: int | None = None
    strict_schema: bool | None = None
    batch: bool | None = None
    thinks: bool | None = None
    shutdown: dt.date | None = None
    successor: str | None = None
    note: str | None = None
    trained_until: dt.date | None = None
    trained_source: str | None = None


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: ``version`` is the day of its last change."""

    version: str
    models: list[Known]


def known(provider: str, model: str) -> Known | None:
    """What is known of a model as params name it, or None."""
    return _by_model(FILE).get((provider, model))


def models() -> list[Known]:
    """Every model of the registry, in the file's order."""
    return _registry(FILE).models


def thinks(model: Model) -> bool:
    """Whether a model of params thinks before it answers: by what is known of it, and by its parameters."""
    if (told := _told_to_think(model.parameters)) is not None:
        return told
    facts = known(model.provider, model.model)
    return facts is not None and facts.thinks is True


def _told_to_think(parameters: Mapping[str, Any]) -> bool | None:
    """What request parameters say about thinking, in the words of all providers; None where they say nothing."""
    if (effort := parameters.get("reasoning_effort")) is not None:
        return str(effort) not in ("none", "minimal")
    if (switch := parameters.get("enable_thinking")) is not None:
        return bool(switch)
    if isinstance(thinking := parameters.get("thinking"), Mapping):
        return thinking.get("type") != "disabled" and thinking.get("thinkingBudget") != 0
    return None


def thinking_budget(model: Model) -> int | None:
    """The most tokens that the model may think, where its parameters set a number; None where they do not."""
    thinking = model.parameters.get("thinking")
    within = thinking if isinstance(thinking, Mapping) else {}
    told = (
        model.parameters.get("thinking_budget"),
        within.get("budget_tokens"),
        within.get("thinkingBudget"),
    )
    # Gemini takes -1 for as much as the model likes.
    return next((number for number in told if isinstance(number, int) and number > 0), None)


def is_shut_down(provider: str, model: str, today: dt.date) -> bool:
    """Whether the vendor serves the model no more."""
    facts = known(provider, model)
    return facts is not None and facts.shutdown is not None and facts.shutdown <= today


def warning(provider: str, model: str, today: dt.date) -> str | None:
    """A sentence for a model that is shut down or will be within NOTICE days; None for all others."""
    facts = known(provider, model)
    if facts is None or facts.shutdown is None:
        return None
    days = (facts.shutdown - today).days
    if days > NOTICE:
        return None
    if days > 0:
        text = (
            f"{facts.vendor} shuts {model} down on {facts.shutdown}, in {days} day{'s' if days > 1 else ''}"
        )
    else:
        text = f"{facts.vendor} shut {model} down on {facts.shutdown}"
    if facts.note:
        text += f"; {facts.note}"
    if facts.successor:
        text += f"; its successor is {facts.successor}"
    return f"{text}. Recorded answers stay usable"


@lru_cache
def _registry(file: Path) -> Registry:
    return datafile.read(file, Registry)


@lru_cache
def _by_model(file: Path) -> dict[tuple[str, str], Known]:
    facts: dict[tuple[str, str], Known] = {}
    for entry in _registry(file).models:
        for provider in entry.providers:
            if (provider, entry.model) in facts:
                raise InputError(
                    f"{entry.model} is listed twice", where=str(file), remedy="leave one of them"
                )
            facts[provider, entry.model] = entry
    return facts

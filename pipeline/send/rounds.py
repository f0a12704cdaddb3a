"""The rounds that are open: the one that params name, and those in which what its repairs brought is judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from pipeline.params import Params
from pipeline.repairs.asked import Repair
from pipeline.repairs.versions import versions
from pipeline.send import design


@dataclass(frozen=True, slots=True)
class Drawn:
    """The Items of a round, and Actions with the texts that it shows."""

    round: str
    items: pl.DataFrame
    actions: pl.DataFrame


def draw(
    scenarios: pl.DataFrame,
    actions: pl.DataFrame,
    questions: pl.DataFrame,
    options: pl.DataFrame,
    params: Params,
    readings: pl.DataFrame,
    drafts: pl.DataFrame,
    repairs: Iterable[Repair],
) -> list[Drawn]:
    """The first round with the texts that were there when it was judged, then one for each batch of its repairs."""
    texts = versions(actions, drafts, repairs, params.validation.round)
    first = design.draw(scenarios, texts.first, questions, options, params, readings)
    rounds = [Drawn(params.validation.round, design.mark(first, texts.replaced, options), texts.first)]
    for name, (then, new) in texts.follow_ups.items():
        items = design.follow_up(first, scenarios, then, new, params, name)
        since = actions.join(then, on=["action_id", "text"], how="anti")["action_id"]
        rounds.append(Drawn(name, design.mark(items, since, options), then))
    return rounds

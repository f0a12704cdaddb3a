"""What a condition does to one agent: the same model at another temperature, in another language, at another date.

Enacted profiles are compared on the questions that both answered, under the wordings that both were given (under all,
where they have none in common), so that another subset of questions is no effect of a condition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.analyse.agents import Agents
from pipeline.analyse.agreement import whatever_wording
from pipeline.analyse.answers import Answers, Array, Cell, part
from pipeline.analyse.between import pair, profile_of
from pipeline.analyse.bootstrap import Draws, ratio
from pipeline.analyse.declared import Declarations, Declared
from pipeline.analyse.notes import finite
from pipeline.tables import QUESTIONS, Conditions, conform


def conditions(answers: Answers, declared: Declarations, agents: Agents, draws: Draws) -> pl.DataFrame:
    """Table Conditions: every pair of respondents that are one agent, by what they enact and by what they declare."""
    rows: list[dict[str, Any]] = []
    cells = {cell.respondent: cell for cell in answers.of("default")}
    for a, b in agents.within(cells):
        if row := _enacted(cells[a], cells[b], draws):
            rows.append(_key("enacted", QUESTIONS, a, b, agents) | row)
    for instrument, of in declared.items():
        for a, b in agents.within(of):
            rows.append(_key("declared", instrument, a, b, agents) | _declared(of[a], of[b], draws))
    return conform(Conditions, rows, where="conditions")


def _key(profile: str, instrument: str, a: str, b: str, agents: Agents) -> dict[str, Any]:
    return {
        "agent": agents.agent[a],
        "kind": profile,
        "instrument": instrument,
        "a": a,
        "b": b,
        "condition_a": agents.condition[a],
        "condition_b": agents.condition[b],
    }


def _declared(first: Declared, second: Declared, draws: Draws) -> dict[str, Any]:
    row = _shift(first.mean, second.mean, first.inventory.slugs)
    row["n"] = min(len(first.means), len(second.means))
    if min(np.ptp(first.mean), np.ptp(second.mean)) > 0:
        a, b = (profile_of(one.mean, one.drawn(one.means), len(one.means)) for one in (first, second))
        row |= pair((first.respondent, second.respondent), (a, b), False, draws)[0]
    return row


def _enacted(first: Cell, second: Cell, draws: Draws) -> dict[str, Any] | None:
    """None without a question that both answered."""
    shared = set(first.conditions) & set(second.conditions)
    if shared:
        first, second = (_under(cell, shared) for cell in (first, second))
    agreeing = whatever_wording(first, second)
    if agreeing is None:
        return None
    common = np.intersect1d(first.questions, second.questions)
    sides = [part(cell, questions=np.isin(cell.questions, common)) for cell in (first, second)]
    chosen = [cell.chosen(cell.pooled) for cell in sides]
    shares = [each.sum(axis=0) / each.sum() for each in chosen]
    row = _shift(shares[0], shares[1], first.material.inventory.slugs) | {"n": len(common)}
    if min(np.ptp(share) for share in shares) > 0:
        drawn = draws.totals(*((each, cell.scenarios) for each, cell in zip(chosen, sides, strict=True)))
        profiles = [
            profile_of(share, _profiles(each, share), len(cell.scenarios))
            for share, each, cell in zip(shares, drawn, sides, strict=True)
        ]
        row |= pair((first.respondent, second.respondent), (profiles[0], profiles[1]), True, draws)[0]
    ((low, high),) = draws.share_intervals((agreeing.equal, agreeing.asked, agreeing.scenarios))
    return row | {"same_answer": agreeing.share, "same_low": finite(low[0]), "same_high": finite(high[0])}


def _profiles(drawn: Array, share: Array) -> Array:
    found = ratio(drawn, drawn.sum(axis=1, keepdims=True))
    return np.where(np.isnan(found), share, found)


def _under(cell: Cell, shared: set[tuple[str, int]]) -> Cell:
    kept = [n for n, condition in enumerate(cell.conditions) if condition in shared]
    some = replace(
        cell,
        conditions=tuple(cell.conditions[n] for n in kept),
        counts=cell.counts[kept],
        orders=cell.orders[kept],
    )
    return part(some)


def _shift(first: Array, second: Array, slugs: tuple[str, ...]) -> dict[str, Any]:
    difference = second - first
    largest = int(np.abs(difference).argmax())
    return {"shift_value": slugs[largest], "shift": float(difference[largest])}

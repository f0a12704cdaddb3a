"""What a condition does to the cost of adoption: arms of role-play, thinking budgets, each against the main one.

The cost is selection less adoption accuracy. Two respondents that are one agent are paired question by question, under
the same wording. One that was asked for adoption only (an arm) has the selection of the other: the same questions with
the same targets were selected from, by the same agent.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.analyse.accuracy import by_scenario, targeted, targets
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array
from pipeline.analyse.bootstrap import Draws, ratio
from pipeline.analyse.drops import cluster_mcnemar
from pipeline.analyse.notes import finite
from pipeline.tables import conform
from pipeline.tables.claims import AdoptionCosts
from pipeline.values import Inventory

KEY = ["question", "scenario", "target", "wording", "repeat"]
NUMBERS = ("selection_a", "adoption_a", "selection_b", "adoption_b")


def adoption_costs(answers: Answers, agents: Agents, draws: Draws) -> pl.DataFrame:
    """Table AdoptionCosts: every respondent of an agent that was asked for adoption, against the main one."""
    asked = targeted(answers.rows).filter(pl.col("right").is_not_null())
    names = asked.filter(pl.col("mode").cast(pl.String) == "adoption")["respondent"].cast(pl.String).unique()
    rows: list[dict[str, object]] = []
    standing = set(agents.main(names))
    for a, b in agents.within(names):
        if a in standing and (pairs := _pairs(asked, a, b)).height:
            key = {
                "agent": agents.agent[a],
                "a": a,
                "b": b,
                "condition_a": agents.condition[a],
                "condition_b": agents.condition[b],
            }
            rows += [key | row for row in _rows(pairs, answers.material.inventory, draws)]
    return conform(AdoptionCosts, rows, where="costs of adoption")


def _pairs(asked: pl.DataFrame, a: str, b: str) -> pl.DataFrame:
    """KEY and NUMBERS (shares of right answers) of what both were asked."""
    found = {
        (mode, side): _right(asked, mode, name)
        for mode in ("selection", "adoption")
        for side, name in (("a", a), ("b", b))
    }
    if found["selection", "b"].is_empty():
        found["selection", "b"] = found["selection", "a"]
    pairs = None
    for (mode, side), part in found.items():
        named = part.rename({"right": f"{mode}_{side}"})
        pairs = named if pairs is None else pairs.join(named, on=KEY, how="inner", validate="1:1")
    return pl.DataFrame() if pairs is None else pairs.sort(KEY)


def _right(asked: pl.DataFrame, mode: str, name: str) -> pl.DataFrame:
    """Languages and orders of the options are pooled: each respondent has its own."""
    mine = asked.filter(pl.col("mode").cast(pl.String) == mode, pl.col("respondent").cast(pl.String) == name)
    return mine.group_by(KEY).agg(pl.col("right").mean())


def _rows(pairs: pl.DataFrame, inventory: Inventory, draws: Draws) -> Iterator[dict[str, object]]:
    n, scenarios = by_scenario(pairs, inventory)
    sums = {name: by_scenario(pairs, inventory, name)[0] for name in NUMBERS}
    costs = [sums[f"selection_{side}"] - sums[f"adoption_{side}"] for side in ("a", "b")]
    (totals,) = draws.totals((np.hstack([n, *costs]), scenarios))
    size, *drawn = np.hsplit(totals, 3)
    change = ratio(drawn[1] - drawn[0], size)
    low, high = _bounds(change, costs[1] - costs[0], n, draws)
    for i, value in enumerate(targets(inventory)):
        if not n[:, i].sum():
            continue
        mean = {name: float(sums[name][:, i].sum() / n[:, i].sum()) for name in NUMBERS}
        cost = [mean[f"selection_{side}"] - mean[f"adoption_{side}"] for side in ("a", "b")]
        # A quotient says something only where the cost that it is of is beyond doubt.
        sure = cost[0] > 0 and bool((drawn[0][:, i] > 0).all())
        quotients = ratio(drawn[1][:, i : i + 1], drawn[0][:, i : i + 1]) if sure else None
        clusters = int((n[:, i] > 0).sum())
        bounds = ((None,), (None,)) if quotients is None else draws.interval(quotients, clusters)
        yield mean | {
            "value": value,
            "pairs": int(n[:, i].sum()),
            "cost_a": cost[0],
            "cost_b": cost[1],
            "change": cost[1] - cost[0],
            "low": finite(low[i]),
            "high": finite(high[i]),
            "p": cluster_mcnemar((costs[1] - costs[0])[:, i]),
            "quotient": cost[1] / cost[0] if sure else None,
            "quotient_low": finite(bounds[0][0]),
            "quotient_high": finite(bounds[1][0]),
        }


def _bounds(drawn: Array, differences: Array, n: Array, draws: Draws) -> tuple[Array, Array]:
    low, high = np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
    for i, clusters in enumerate((n > 0).sum(axis=0)):
        # Without any difference every draw is 0, which says nothing about the next pair.
        if clusters >= 2 and differences[:, i].any():
            low[i : i + 1], high[i : i + 1] = draws.interval(drawn[:, i : i + 1], int(clusters))
    return low, high

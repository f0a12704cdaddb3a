"""Statistics of a respondent as functions of sums over scenarios, for any part of the scenarios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.analyse import correlation
from pipeline.analyse.accuracy import targeted
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, Cell
from pipeline.analyse.declared import Declarations
from pipeline.analyse.drops import paired

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sums:
    """``above`` and ``below`` (scenarios, or scenarios x values) are numerators and denominators of a share; with
    ``beside`` (values) the statistic is the correlation of the shares with it."""

    above: Array
    below: Array
    beside: Array | None = None

    def estimate(self, scenarios: Mask) -> tuple[float, Array] | None:
        """The statistic on some scenarios (a mask), and what each scenario moves it by (scenarios): its influence,
        zero outside; None where it cannot be computed."""
        below = np.where(scenarios, self.below, 0.0)
        if not below.sum():
            return None
        if self.beside is None:
            above = np.where(scenarios, self.above, 0.0)
            share = float(above.sum() / below.sum())
            return share, (above - share * below) / below.sum()
        above = np.where(scenarios[:, None], self.above, 0.0)
        shares = above.sum(axis=0) / below.sum()
        r = correlation.pearson(shares, self.beside)
        if r is None:
            return None
        x, y = (profile - profile.mean() for profile in (shares, self.beside))
        slope = (y / np.linalg.norm(y) - r * x / np.linalg.norm(x)) / np.linalg.norm(x)
        return r, (above - shares * below[:, None]) @ slope / below.sum()


def by_scenario(answers: Answers, declared: Declarations, agents: Agents) -> dict[str, dict[str, Sums]]:
    """The statistics of table Contamination, of each respondent who has them; those of pairs among one an agent."""
    found: dict[str, dict[str, Sums]] = {}
    size = answers.material.scenarios
    asked = targeted(answers.rows)
    right = asked.filter(pl.col("right").is_not_null()).with_columns(pl.col("right").cast(pl.Float64))
    for mode in ("selection", "adoption"):
        _add(found, mode, right.filter(pl.col("mode").cast(pl.String) == mode), "right", size)
    pairs = paired(asked).with_columns(
        drop=pl.col("selection").cast(pl.Float64) - pl.col("adoption").cast(pl.Float64)
    )
    _add(found, "drop", pairs, "drop", size)
    letters = answers.rows.filter(
        pl.col("letter").is_not_null(), pl.col("mode").cast(pl.String) == "default"
    ).with_columns(first=(pl.col("letter").to_physical() == 0).cast(pl.Float64))
    _add(found, "first_letter", letters, "first", size)
    cells = {cell.respondent: cell for cell in answers.of("default")}
    standing = agents.main(cells)
    for name in standing:
        mine = found.setdefault(name, {})
        mine["self_agreement"] = _with_itself(cells[name])
        others = [
            cells[other] for other in standing if other != name and agents.kind[other] == agents.kind[name]
        ]
        if others:
            mine["agreement"] = _with_others(cells[name], others)
        for of in declared.values():
            if name in of and (one := of[name].on(answers.material.inventory)) is not None:
                mine.setdefault("declared_enacted_r", _profile(cells[name], one.mean))
    return found


def _add(
    found: dict[str, dict[str, Sums]], statistic: str, rows: pl.DataFrame, number: str, size: int
) -> None:
    summed = rows.group_by("respondent", "scenario").agg(pl.col(number).sum(), n=pl.len())
    for (respondent,), of in summed.partition_by("respondent", as_dict=True).items():
        above, below = np.zeros(size), np.zeros(size)
        above[of["scenario"].to_numpy()] = of[number].to_numpy()
        below[of["scenario"].to_numpy()] = of["n"].to_numpy()
        found.setdefault(str(respondent), {})[statistic] = Sums(above, below)


def _on_scenarios(cell: Cell, by_question: Array) -> Array:
    """Sums by scenario of a number by question of the cell."""
    of = cell.material.scenario_of[cell.questions]
    return np.asarray(np.bincount(of, weights=by_question, minlength=cell.material.scenarios), dtype=float)


def _with_itself(cell: Cell) -> Sums:
    """Equal answers among those under different conditions, and how many pairs of such there are."""
    whole, answered = cell.pooled, cell.counts.sum(axis=2)
    equal = ((whole**2).sum(axis=1) - (cell.counts**2).sum(axis=(0, 2))) / 2
    pairs = (whole.sum(axis=1) ** 2 - (answered**2).sum(axis=0)) / 2
    return Sums(_on_scenarios(cell, equal), _on_scenarios(cell, pairs))


def _with_others(cell: Cell, others: list[Cell]) -> Sums:
    """Probability of an equal answer of each other on the questions both answered, summed, and how many these are."""
    above, below = np.zeros(len(cell.questions)), np.zeros(len(cell.questions))
    own = cell.pooled / cell.pooled.sum(axis=1, keepdims=True)
    for other in others:
        _, here, there = np.intersect1d(cell.questions, other.questions, return_indices=True)
        theirs = other.pooled[there] / other.pooled[there].sum(axis=1, keepdims=True)
        above[here] += (own[here] * theirs).sum(axis=1)
        below[here] += 1
    return Sums(_on_scenarios(cell, above), _on_scenarios(cell, below))


def _profile(cell: Cell, declared: Array) -> Sums:
    chosen = np.zeros((cell.material.scenarios, len(declared)))
    chosen[cell.scenarios] = cell.chosen(cell.pooled)
    return Sums(chosen, chosen.sum(axis=1), declared)

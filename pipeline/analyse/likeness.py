"""Are two respondents alike, and beyond what? Similarities of enacted profiles beside the baselines of a high r.

Two choosers who share nothing but average weights of the values, and choose by chance otherwise, have profiles that
correlate near 1 as well: a profile is ten sums over thousands of choices. So each r and each agreement stands beside

- **value-only choosers**: both follow the kind's Luce strengths (R. D. Luce, 1959), on the questions both answered;
- **halves**: r on disjoint halves of the scenarios, of the two and of each with itself. What two share on the same
  questions beyond the values (this action is the better one) is not in it;
- the **normative** profile, the mean of the kind's other agents: the r of each with it, and the **distinctive** r of
  what is left when the kind's mean is taken off (R. M. Furr, "A framework for profile similarity", Journal of
  Personality 76, 2008; D. Wood and R. M. Furr, Personality and Social Psychology Review 20, 2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from pipeline.analyse.agents import Agents
from pipeline.analyse.agreement import between
from pipeline.analyse.answers import Answers, Array, Cell
from pipeline.analyse.choice_model import fit, group, probabilities
from pipeline.analyse.correlation import pearson, rowwise
from pipeline.analyse.notes import Notebook
from pipeline.statistics.resampling import generator
from pipeline.tables import Likeness, conform

SPLITS = 200
# A mean without oneself needs two others, and what is left of a profile then varies on its own.
ENOUGH = 3


@dataclass(frozen=True, slots=True)
class _Halved:
    """Shares of choices (splits x values) on one half of the scenarios and on the other; ``r`` of the two."""

    first: Array
    second: Array
    r: float | None


def likeness(answers: Answers, agents: Agents, seed: int, notes: Notebook) -> pl.DataFrame:
    """Table Likeness: pairs of agents of one kind in default mode, one respondent an agent, and each with itself."""
    rows: list[dict[str, object]] = []
    cells = {cell.respondent: cell for cell in answers.of("default")}
    kinds: dict[str, list[Cell]] = {}
    for name in agents.main(cells):
        kinds.setdefault(agents.kind[name], []).append(cells[name])
    first = _halves(answers.material.scenarios, seed)
    for kind, of_kind in sorted(kinds.items()):
        shares = {cell.respondent: _share(cell) for cell in of_kind}
        halved = {cell.respondent: _halve(cell, first) for cell in of_kind}
        weights = fit([group(cell, np.eye(len(answers.material.inventory))) for cell in of_kind])
        left = _distinctive(shares)
        if left is None:
            notes.add(
                "likeness",
                kind,
                "no_distinctive",
                f"There are {len(of_kind)} agents of kind {kind}: the profile that they have in common, and what is "
                f"distinctive of each, needs {ENOUGH}.",
            )
        for cell in of_kind:
            rows.append(
                {"kind": kind, "a": cell.respondent, "b": cell.respondent} | _itself(cell, halved, shares)
            )
        for one, other in combinations(of_kind, 2):
            a, b = one.respondent, other.respondent
            row: dict[str, object] = {"kind": kind, "a": a, "b": b, "r": pearson(shares[a], shares[b])}
            row["half_r"] = _half_r(halved[a], halved[b])
            if left is not None:
                row["distinctive_r"] = pearson(left[a], left[b])
            agreeing = between(one, other)
            if agreeing is not None:
                row["agreement"] = agreeing.share
                if weights is not None:
                    row |= value_only(one, other, weights.coefficients)
            rows.append(row)
    return conform(Likeness, rows, where="likeness")


def value_only(one: Cell, other: Cell, utilities: Array) -> dict[str, float | None]:
    """What two choosers would do on the common questions who share the weights of the values and nothing else.

    Each chooses by P(i) ∝ exp(u_i), once a question: the expected agreement is the mean of the sum of P(i)². The r of
    their profiles would be 1 but for the scatter of so many choices: signal / (signal + scatter), with the variance of
    the expected profile over the values, and that of choices about it.
    """
    options = one.material.values[np.intersect1d(one.questions, other.questions)]
    p = probabilities(options, utilities)
    size = len(one.material.inventory)
    chosen, scatter = np.zeros(size + 1), np.zeros(size + 1)
    np.add.at(chosen, options, p)
    np.add.at(scatter, options, p * (1 - p))
    profile = chosen[:size] - chosen[:size].mean()
    signal, noise = float(profile @ profile), float(scatter[:size].sum() * (size - 1) / size)
    return {
        "value_only_agreement": float((p * p).sum(axis=1).mean()),
        "value_only_r": signal / (signal + noise) if signal > 0 else None,
    }


def _halves(scenarios: int, seed: int) -> Array:
    """Which scenarios are in the first half (splits x scenarios): 1 or 0."""
    rng = generator(seed, "halves of scenarios")
    order = np.tile(np.arange(scenarios) < scenarios // 2, (SPLITS, 1))
    return rng.permuted(order, axis=1).astype(float)


def _halve(cell: Cell, first: Array) -> _Halved:
    chosen = cell.chosen(cell.pooled)
    one = first[:, cell.scenarios] @ chosen
    other = chosen.sum(axis=0) - one
    return _Halved(one, other, _mean_r(one, other))


def _half_r(one: _Halved, other: _Halved) -> float | None:
    """Mean r of the one's profile on a half of the scenarios with the other's on the other half, both ways."""
    both = [_mean_r(one.first, other.second), _mean_r(one.second, other.first)]
    found = [r for r in both if r is not None]
    return float(np.mean(found)) if found else None


def _mean_r(first: Array, second: Array) -> float | None:
    """Only directions count for r, so that sums of choices do as well as shares."""
    r = rowwise(first, second)
    return None if np.isnan(r).all() else float(np.nanmean(r))


def _distinctive(shares: Mapping[str, Array]) -> dict[str, Array] | None:
    """Each profile less the mean of the kind; None for fewer than three agents."""
    if len(shares) < ENOUGH:
        return None
    mean = np.mean(list(shares.values()), axis=0)
    return {name: share - mean for name, share in shares.items()}


def _itself(cell: Cell, halved: Mapping[str, _Halved], shares: Mapping[str, Array]) -> dict[str, object]:
    """Halves, agreement under different wordings, and r with the mean profile of the others."""
    own = between(cell, cell)
    row: dict[str, object] = {"half_r": halved[cell.respondent].r}
    if own is not None and own.compared == "different_wordings":
        row["agreement"] = own.share
    others = [share for name, share in shares.items() if name != cell.respondent]
    if others:
        row["normative_r"] = pearson(shares[cell.respondent], np.mean(others, axis=0))
    return row


def _share(cell: Cell) -> Array:
    chosen = cell.chosen(cell.pooled).sum(axis=0)
    return np.asarray(chosen / chosen.sum())

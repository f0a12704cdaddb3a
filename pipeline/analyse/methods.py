"""Several ways to ask for values: does each find the same ones? What applies, what is chosen, and where one abstains.

The matrix of D. T. Campbell and D. W. Fiske (Psychological Bulletin 56, 1959): traits are the values, methods an
instrument, choices by default and with leave to abstain, accuracy in adopting a value, and ratings of what applies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse import correlation
from pipeline.analyse.accuracy import targeted
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, Index
from pipeline.analyse.declared import Declarations
from pipeline.analyse.scenario_sums import Sums
from pipeline.tables import QUESTIONS, conform
from pipeline.tables.validity import METHODS, Applicability, Methods

# Respondents over whom a correlation says anything.
ENOUGH = 8
Profiles = dict[str, dict[str, Array]]


def methods(
    answers: Answers, declared: Declarations, ratings: pl.DataFrame, agents: Agents, confidence: float
) -> pl.DataFrame:
    """Table Methods: of each respondent over the values, and over the respondents of a kind where there are enough."""
    rows: list[dict[str, Any]] = []
    for instrument, profiles in _profiles(answers, declared, ratings):
        for name in agents.main(profiles):
            for a, b in _pairs(profiles[name], instrument):
                key = {
                    "scope": "respondent",
                    "name": name,
                    "kind": agents.kind[name],
                    "instrument": instrument,
                }
                found = _within(profiles[name][a], profiles[name][b], confidence)
                if found is not None:
                    rows.append(key | {"method_a": a, "method_b": b} | found)
        by_kind: dict[str, list[str]] = {}
        for name in agents.main(profiles):
            by_kind.setdefault(agents.kind[name], []).append(name)
        for kind, names in sorted(by_kind.items()):
            key = {"name": kind, "kind": kind, "instrument": instrument}
            rows += [key | row for row in _over(profiles, names, instrument)]
    empty = dict.fromkeys(Methods.create_empty().columns)
    return conform(Methods, [empty | row for row in rows], where="methods")


def applicability(
    answers: Answers, ratings: pl.DataFrame, scenarios: Mapping[str, int], agents: Agents, confidence: float
) -> pl.DataFrame:
    """Table Applicability, of each agent who rated what applies or was given leave to abstain; ``scenarios`` are the
    numbers of the scenarios by id."""
    rows = []
    cells = {(cell.respondent, cell.mode): cell for cell in answers.cells.values()}
    names = {name for name, _ in cells}
    for name in agents.main(names):
        rated = _rated(ratings.filter(respondent=name), scenarios, answers)
        chosen: dict[str, Any] | None = None
        if rated is not None and (name, "default") in cells:
            cell = cells[name, "default"]
            of_options = np.append(rated, np.full((len(rated), 1), np.nan), axis=1)[
                answers.material.scenario_of[cell.questions][:, None], cell.options
            ]
            shares = cell.pooled / cell.pooled.sum(axis=1, keepdims=True)
            known = ~np.isnan(of_options).any(axis=1)
            size = cell.material.size
            mine = (shares * of_options).sum(axis=1)
            excess = np.where(known, mine - (of_options.sum(axis=1) - mine) / (size - 1), 0.0)
            chosen = _mean(excess, known.astype(float), cell.questions, answers, confidence)
        if chosen is not None:
            rows.append({"respondent": name, "statistic": "chosen_less_others"} | chosen)
        rows += [{"respondent": name} | row for row in _abstaining(name, rated, answers, confidence)]
    empty = dict.fromkeys(Applicability.create_empty().columns)
    return conform(Applicability, [empty | row for row in rows], where="applicability")


def _profiles(
    answers: Answers, declared: Declarations, ratings: pl.DataFrame
) -> Iterator[tuple[str, Profiles]]:
    """By respondent and method a number for each value; once without an instrument, then with each."""
    inventory = answers.material.inventory
    found: Profiles = {}
    for mode in ("default", "abstain"):
        for cell in answers.of(mode):
            shown, chosen = cell.shown(cell.pooled).sum(axis=0), cell.chosen(cell.pooled).sum(axis=0)
            if (shown > 0).all():
                found.setdefault(cell.respondent, {})[mode] = chosen / shown
    right = targeted(answers.rows).filter(
        pl.col("mode").cast(pl.String) == "adoption", pl.col("right").is_not_null()
    )
    of_value = right.group_by(pl.col("respondent").cast(pl.String), "target").agg(pl.col("right").mean())
    for number, table in (("adoption", of_value), ("applicability", _means(ratings, inventory.index))):
        for (name,), of in table.partition_by("respondent", as_dict=True).items():
            if of.height == len(inventory):
                found.setdefault(str(name), {})[number] = of.sort("target")[:, 2].to_numpy().astype(float)
    yield QUESTIONS, found
    for instrument, whole in declared.items():
        with_it: Profiles = {}
        for name, one in whole.items():
            on = one.on(inventory)
            if on is not None and name in found:
                with_it[name] = found[name] | {"declared": on.centred.mean(axis=0)}
        if with_it:
            yield instrument, with_it


def _means(ratings: pl.DataFrame, index: Mapping[str, int]) -> pl.DataFrame:
    """respondent, target (number of the value), mean rating."""
    return (
        ratings.drop_nulls("rating")
        .group_by("respondent", target=pl.col("value").replace_strict(dict(index), return_dtype=pl.Int64))
        .agg(pl.col("rating").mean())
    )


def _pairs(profile: Mapping[str, Array], instrument: str) -> Iterator[tuple[str, str]]:
    """Of an instrument only what goes with it; the others stand once, under the questions."""
    for a, b in combinations([method for method in METHODS if method in profile], 2):
        if (a == "declared") == (instrument != QUESTIONS):
            yield a, b


def _within(x: Array, y: Array, confidence: float) -> dict[str, Any] | None:
    r = correlation.pearson(x, y)
    if r is None:
        return None
    row: dict[str, Any] = {"n": len(x), "r": r}
    if len(x) > 3 and abs(r) < 1:
        half = stats.norm.ppf((1 + confidence) / 2) / np.sqrt(len(x) - 3)
        row["low"], row["high"] = float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))
    return row


def _over(profiles: Profiles, names: list[str], instrument: str) -> Iterator[dict[str, Any]]:
    """Correlations over respondents of one value by both methods, and of two values, each profile less its mean."""
    for a, b in combinations(METHODS, 2):
        if (a == "declared") != (instrument != QUESTIONS):
            continue
        both = [name for name in names if a in profiles[name] and b in profiles[name]]
        if len(both) < ENOUGH:
            continue
        x, y = (np.array([profiles[name][m] - profiles[name][m].mean() for name in both]) for m in (a, b))
        r = correlation.rowwise(x.T[:, None, :], y.T[None, :, :])
        same = np.eye(len(r), dtype=bool)
        for scope, cells in (("same_value", r[same]), ("other_value", r[~same])):
            if not np.isnan(cells).all():
                yield {
                    "scope": scope,
                    "method_a": a,
                    "method_b": b,
                    "n": len(both),
                    "r": float(np.nanmean(cells)),
                }


def _rated(ratings: pl.DataFrame, scenarios: Mapping[str, int], answers: Answers) -> Array | None:
    """Mean rating (scenarios x values), nan where there is none."""
    known = ratings.drop_nulls("rating").filter(pl.col("scenario_id").is_in(list(scenarios)))
    if known.is_empty():
        return None
    index = answers.material.inventory.index
    table = np.full((answers.material.scenarios, len(index)), np.nan)
    for scenario, value, rating in (
        known.group_by("scenario_id", "value").agg(pl.col("rating").mean()).iter_rows()
    ):
        table[scenarios[scenario], index[value]] = rating
    return table


def _abstaining(
    name: str, rated: Array | None, answers: Answers, confidence: float
) -> Iterator[dict[str, Any]]:
    mine = answers.rows.filter(
        pl.col("respondent").cast(pl.String) == name,
        pl.col("mode").cast(pl.String) == "abstain",
        pl.col("status").cast(pl.String).is_in(["answered", "abstained"]),
    ).with_columns(left=(pl.col("status").cast(pl.String) == "abstained").cast(pl.Float64))
    if mine.is_empty():
        return
    each = mine.group_by("question").agg(pl.col("left").mean()).sort("question")
    questions, left = each["question"].to_numpy(), each["left"].to_numpy()
    whole = _mean(left, np.ones(len(left)), questions, answers, confidence)
    if whole is not None:
        yield {"statistic": "abstentions"} | whole
    if rated is None or not 0 < left.sum() < len(left):
        return
    of_options = np.append(rated, np.full((len(rated), 1), np.nan), axis=1)[
        answers.material.scenario_of[questions][:, None], answers.material.values[questions]
    ].mean(axis=1)
    known = ~np.isnan(of_options)
    rating = np.where(known, of_options, 0.0)
    parts = [
        _sums(rating * weight * known, weight * known, questions, answers) for weight in (left, 1 - left)
    ]
    every = np.ones(answers.material.scenarios, dtype=bool)
    found = [part.estimate(every) for part in parts]
    if found[0] is not None and found[1] is not None:
        size, influence = found[0][0] - found[1][0], found[0][1] - found[1][1]
        yield {"statistic": "abstained_less_answered"} | _row(
            size, influence, parts[0].below + parts[1].below, int(known.sum()), confidence
        )


def _sums(above: Array, below: Array, questions: Index, answers: Answers) -> Sums:
    of = answers.material.scenario_of[questions]
    size = answers.material.scenarios
    return Sums(
        *(np.asarray(np.bincount(of, weights=part, minlength=size), dtype=float) for part in (above, below))
    )


def _mean(
    above: Array, below: Array, questions: Index, answers: Answers, confidence: float
) -> dict[str, Any] | None:
    sums = _sums(above, below, questions, answers)
    found = sums.estimate(np.ones(answers.material.scenarios, dtype=bool))
    return None if found is None else _row(*found, sums.below, int((below > 0).sum()), confidence)


def _row(
    estimate: float, influence: Array, below: Array, questions: int, confidence: float
) -> dict[str, Any]:
    """With Student's interval, scenarios as a sample."""
    n = int((below > 0).sum())
    row: dict[str, Any] = {"questions": questions, "scenarios": n, "estimate": float(estimate)}
    squares = float((influence**2).sum())
    if n > 1 and squares > 0:
        half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * np.sqrt(n / (n - 1) * squares)
        row["low"], row["high"] = float(estimate - half), float(estimate + half)
    return row

"""Item-level agreement: two answers to the same question, is it the same action?

Two answers under different wordings of the prompt are compared, between two respondents as within one, so that what the
wording does (and the order of the options that comes with it) stands on both sides. The geometric mean of what each of
two agrees with itself is then what a pair reaches that differs no more than each from itself. It is no bound: two may
follow the wordings in opposite ways. Where a respondent was asked under one wording only, its repeats are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, Cell, Index
from pipeline.analyse.between import Drawn, Spread, Spreads
from pipeline.analyse.bootstrap import Draws, ratio
from pipeline.analyse.notes import EVERYTHING, Notebook, finite
from pipeline.statistics.agreement import ac1_of
from pipeline.tables import MODES, QUESTIONS, RespondentAgreement, conform

# Pairs whose draws are held at a time.
PAIRS = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """Two respondents, or one with itself: equal answers and questions by scenario (scenarios x 1 each)."""

    a: str
    b: str
    compared: str
    share: float
    kappa: float | None
    ac1: float | None
    equal: Array
    asked: Array
    scenarios: Index


def agreement(
    answers: Answers, agents: Agents, draws: Draws, notes: Notebook
) -> tuple[pl.DataFrame, Spreads]:
    """Table RespondentAgreement; and the draws of those in default mode, by kind, one respondent an agent."""
    rows: list[dict[str, object]] = []
    kept: dict[tuple[str, str, str], list[Drawn]] = {}
    for mode in MODES:
        cells = answers.of(mode)
        within = [pair for cell in cells if (pair := _within(cell))]
        of = {cell.respondent: cell for cell in cells}
        standing = set(agents.main(of))
        paired = {(a, b): main for a, b, main in agents.pairs(of)}
        across = [pair for a, b in paired if (pair := between(of[a], of[b]))]
        own = {pair.a: pair.share for pair in within if pair.compared == "different_wordings"}
        # In parts: draws of two thousand pairs would take memory that only a kind's mean needs.
        for start in range(0, len(within + across), PAIRS):
            some = (within + across)[start : start + PAIRS]
            totals = draws.totals(*((np.hstack([p.equal, p.asked]), p.scenarios) for p in some))
            for pair, drawn in zip(some, totals, strict=True):
                main = paired.get((pair.a, pair.b), pair.a in standing)
                rows.append({"mode": mode, "main": main} | _row(pair, drawn, own, draws))
                if mode == "default" and main and agents.kind[pair.a] == agents.kind[pair.b]:
                    level = f"agreement_{rows[-1]['level']}"
                    kept.setdefault((level, QUESTIONS, agents.kind[pair.a]), []).append(
                        Drawn(pair.share, tuple({pair.a, pair.b}), ratio(*drawn.T))
                    )
        if strangers := len(paired) - len(across):
            notes.add(
                "agreement",
                EVERYTHING,
                f"no_common_question_{mode}",
                f"{strangers} pairs of respondents have no question in {mode} mode that both answered, so that their "
                "agreement cannot be told.",
            )
    if not any(row["level"] == "within" for row in rows):
        notes.add(
            "agreement",
            EVERYTHING,
            "nothing_repeated",
            "Nobody answered the same question twice in one mode, so that nobody's agreement with itself is known.",
        )
    df = answers.material.scenarios - 1
    spreads = {key: Spread.of(found, df) for key, found in kept.items()}
    return conform(RespondentAgreement, rows, where="agreement"), spreads


def chance_corrected(share: float, first: Array, second: Array) -> tuple[float | None, float | None]:
    """Cohen's kappa and Gwet's AC1 from the share of equal answers and how often each rater used each category.

    (share - e) / (1 - e), with e = sum of p q (J. Cohen, Educational and Psychological Measurement 20, 1960), and with
    e = sum of m (1 - m) / (categories - 1), m = (p + q) / 2 (K. L. Gwet, British Journal of Mathematical and
    Statistical Psychology 61, 2008). None where e is 1, which happens to kappa only.
    """
    p, q = first / first.sum(), second / second.sum()
    chance = float(p @ q)
    kappa = None if chance >= 1 else (share - chance) / (1 - chance)
    return kappa, float(ac1_of(np.array([1, 1, share, *(p + q) / 2])))


def _within(cell: Cell) -> Pair | None:
    """Two different answers of one respondent; None where no question has two."""
    if len(cell.conditions) > 1 and (pair := _apart(cell, cell)):
        return pair
    n = cell.pooled.sum(axis=1)
    repeated = n >= 2
    if not repeated.any():
        return None
    counts, n = cell.pooled[repeated], n[repeated]
    equal = (counts * (counts - 1)).sum(axis=1) / (n * (n - 1))
    shares = counts / n[:, None]
    return _pair(cell, cell, cell.questions[repeated], equal, shares, shares, "repeats")


def between(first: Cell, second: Cell) -> Pair | None:
    """Equal answers of two respondents in the questions that both answered, under different wordings where they were
    asked so; None without any."""
    return _apart(first, second) or whatever_wording(first, second)


def whatever_wording(first: Cell, second: Cell) -> Pair | None:
    """Equal answers of two respondents in the questions that both answered, of all their answers; None without any."""
    common, i, j = np.intersect1d(first.questions, second.questions, assume_unique=True, return_indices=True)
    if not len(common):
        return None
    one, other = (
        counts / counts.sum(axis=1, keepdims=True) for counts in (first.pooled[i], second.pooled[j])
    )
    return _pair(first, second, common, (one * other).sum(axis=1), one, other, "all")


def _apart(first: Cell, second: Cell) -> Pair | None:
    """An answer of each under different wordings: all pairs of them, less those under the same one."""
    common, i, j = np.intersect1d(first.questions, second.questions, assume_unique=True, return_indices=True)
    equal = (first.pooled[i] * second.pooled[j]).sum(axis=1)
    pairs = first.pooled[i].sum(axis=1) * second.pooled[j].sum(axis=1)
    places = {condition: n for n, condition in enumerate(second.conditions)}
    for n, condition in enumerate(first.conditions):
        if condition in places:
            one, other = first.counts[n][i], second.counts[places[condition]][j]
            equal = equal - (one * other).sum(axis=1)
            pairs = pairs - one.sum(axis=1) * other.sum(axis=1)
    kept = pairs > 0
    if not kept.any():
        return None
    one, other = (
        counts / counts.sum(axis=1, keepdims=True)
        for counts in (first.pooled[i[kept]], second.pooled[j[kept]])
    )
    return _pair(first, second, common[kept], equal[kept] / pairs[kept], one, other, "different_wordings")


def _pair(
    first: Cell, second: Cell, questions: Index, equal: Array, one: Array, other: Array, compared: str
) -> Pair:
    scenarios, place = np.unique(first.material.scenario_of[questions], return_inverse=True)
    share = float(np.clip(equal.mean(), 0, 1))
    kappa, ac1 = chance_corrected(share, one.sum(axis=0), other.sum(axis=0))
    sums = np.asarray(np.bincount(place, weights=equal), float)[:, None]
    asked = np.bincount(place).astype(float)[:, None]
    return Pair(first.respondent, second.respondent, compared, share, kappa, ac1, sums, asked, scenarios)


def _row(pair: Pair, drawn: Array, own: Mapping[str, float], draws: Draws) -> dict[str, object]:
    (low,), (high,) = draws.bounds_of_shares(pair.equal, pair.asked, drawn[:, :1], drawn[:, 1:])
    known = pair.a != pair.b and pair.compared == "different_wordings" and pair.a in own and pair.b in own
    return {
        "a": pair.a,
        "b": pair.b,
        "level": "within" if pair.a == pair.b else "between",
        "questions": int(pair.asked.sum()),
        "share": pair.share,
        "low": finite(low),
        "high": finite(high),
        "kappa": pair.kappa,
        "ac1": pair.ac1,
        "compared": pair.compared,
        "self_agreement": float(np.sqrt(own[pair.a] * own[pair.b])) if known else None,
    }

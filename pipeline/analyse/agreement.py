"""Item-level agreement: two answers to the same question, is it the same action?

Pi and Pj are what two respondents choose in a question, as shares of their answers (over wordings and repeats). Between
two respondents the chance of equal answers is the sum of Pi Pj over the options; within one, that of two different
answers of its own. By Cauchy and Schwarz no two respondents agree more, in expectation, than the geometric mean of what
each agrees with itself: the ceiling.
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
        ceiling = {pair.a: pair.share for pair in within}
        # In parts: draws of two thousand pairs would take memory that only a kind's mean needs.
        for start in range(0, len(within + across), PAIRS):
            some = (within + across)[start : start + PAIRS]
            totals = draws.totals(*((np.hstack([p.equal, p.asked]), p.scenarios) for p in some))
            for pair, drawn in zip(some, totals, strict=True):
                main = paired.get((pair.a, pair.b), pair.a in standing)
                rows.append({"mode": mode, "main": main} | _row(pair, drawn, ceiling, draws))
                if mode == "default" and main and agents.kind[pair.a] == agents.kind[pair.b]:
                    level = f"agreement_{rows[-1]['level']}"
                    kept.setdefault((level, QUESTIONS, agents.kind[pair.a]), []).append(
                        Drawn(pair.share, ratio(*drawn.T))
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
            "Nobody answered the same question twice in one mode, so that there is no ceiling of agreement.",
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
    n = cell.pooled.sum(axis=1)
    repeated = n >= 2
    if not repeated.any():
        return None
    counts, n = cell.pooled[repeated], n[repeated]
    equal = (counts * (counts - 1)).sum(axis=1) / (n * (n - 1))
    shares = counts / n[:, None]
    return _pair(cell, cell, cell.questions[repeated], equal, shares, shares)


def between(first: Cell, second: Cell) -> Pair | None:
    """Equal answers of two respondents in the questions that both answered; None without any."""
    common, i, j = np.intersect1d(first.questions, second.questions, assume_unique=True, return_indices=True)
    if not len(common):
        return None
    one, other = (
        counts / counts.sum(axis=1, keepdims=True) for counts in (first.pooled[i], second.pooled[j])
    )
    return _pair(first, second, common, (one * other).sum(axis=1), one, other)


def _pair(first: Cell, second: Cell, questions: Index, equal: Array, one: Array, other: Array) -> Pair:
    scenarios, place = np.unique(first.material.scenario_of[questions], return_inverse=True)
    share = float(np.clip(equal.mean(), 0, 1))
    kappa, ac1 = chance_corrected(share, one.sum(axis=0), other.sum(axis=0))
    sums = np.asarray(np.bincount(place, weights=equal), float)[:, None]
    asked = np.bincount(place).astype(float)[:, None]
    return Pair(first.respondent, second.respondent, share, kappa, ac1, sums, asked, scenarios)


def _row(pair: Pair, drawn: Array, ceiling: Mapping[str, float], draws: Draws) -> dict[str, object]:
    (low,), (high,) = draws.bounds_of_shares(pair.equal, pair.asked, drawn[:, :1], drawn[:, 1:])
    known = pair.a != pair.b and pair.a in ceiling and pair.b in ceiling
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
        "ceiling": float(np.sqrt(ceiling[pair.a] * ceiling[pair.b])) if known else None,
    }

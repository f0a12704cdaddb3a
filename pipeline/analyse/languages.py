"""What the language of the questions does to one agent: the same questions in two languages, value by value.

Two numbers a value. The share with which it is chosen where it is on offer, in the other language less in the first,
paired by question; and what its strength by Luce's rule gains against the mean of the other values, in log odds: a
value that gains takes choices from all others, so that shares move together, and strengths do not. Scenarios are the
sample, whose answers in both languages go together; errors are those of linear approximations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, Cell, part
from pipeline.analyse.luce import fitted, scores
from pipeline.tables import MAIN, conform
from pipeline.tables.claims import LanguageEffects
from pipeline.tables.translated import ENGLISH

_LANGUAGE = re.compile(r"(^|, )language [a-z]{2,3}")


def language_effects(answers: Answers, agents: Agents, confidence: float) -> pl.DataFrame:
    """Table LanguageEffects: every respondent in a language against the same agent in its first one, which is English
    where it was asked in English. Who was asked in several languages at once is in no pair."""
    cells = {cell.respondent: cell for cell in answers.of("default")}
    spoken = {name: next(iter(found)) for name, cell in cells.items() if len(found := _languages(cell)) == 1}
    rows: list[dict[str, Any]] = []
    for a, b in pairs(spoken, agents):
        rows += [both(a, b, spoken, agents) | row for row in _rows(cells[a], cells[b], confidence)]
    return conform(LanguageEffects, rows, where="language effects")


def both(a: str, b: str, spoken: Mapping[str, str], agents: Agents) -> dict[str, str]:
    """Who is compared with whom."""
    return {
        "agent": agents.agent[a],
        "a": a,
        "b": b,
        "language_a": spoken[a],
        "language_b": spoken[b],
        "condition_a": agents.condition[a],
        "condition_b": agents.condition[b],
    }


def _languages(cell: Cell) -> set[str]:
    return {language for language, _ in cell.conditions}


def pairs(spoken: Mapping[str, str], agents: Agents) -> Iterator[tuple[str, str]]:
    """Each respondent in another language than its agent's first, after the one in the first that differs least: under
    the same condition but for the language, else the one that stands for the agent."""
    by_agent: dict[tuple[str, str], list[str]] = {}
    for name in sorted(spoken):
        by_agent.setdefault((agents.kind[name], agents.agent[name]), []).append(name)
    for names in by_agent.values():
        (main,) = agents.main(names)
        first = ENGLISH if ENGLISH in map(spoken.__getitem__, names) else spoken[main]
        here = [name for name in names if spoken[name] == first]
        for b in names:
            if spoken[b] != first:
                alike = [a for a in here if _beside(agents.condition[a]) == _beside(agents.condition[b])]
                yield (alike or agents.main(here))[0], b


def _beside(condition: str) -> str:
    """A condition without its language."""
    return _LANGUAGE.sub("", condition).removeprefix(", ") or MAIN


def _rows(first: Cell, second: Cell, confidence: float) -> Iterator[dict[str, Any]]:
    """A row for each value that is on offer in a question that both answered."""
    a, b = _same(first, second)
    if not len(a.questions):
        return
    shares = [cell.pooled / cell.pooled.sum(axis=1, keepdims=True) for cell in (a, b)]
    chosen = [a.by_scenario(share) for share in shares]
    offers = a.by_scenario(np.ones_like(shares[0]))
    strengths = _strengths(a, b)
    for i, slug in enumerate(a.material.inventory.slugs):
        n, scenarios = float(offers[:, i].sum()), int((offers[:, i] > 0).sum())
        if not n:
            continue
        share_a, share_b = (float(of[:, i].sum()) / n for of in chosen)
        difference = share_b - share_a
        influence = (chosen[1][:, i] - chosen[0][:, i] - difference * offers[:, i]) / n
        low, high, p = _tested(difference, influence[offers[:, i] > 0], confidence)
        row = {
            "value": slug,
            "questions": round(n),
            "scenarios": scenarios,
            "share_a": share_a,
            "share_b": share_b,
            "difference": difference,
            "low": low,
            "high": high,
            "p": p,
        }
        if strengths is not None:
            change, moved = float(strengths[0][i]), strengths[1][:, i]
            row["log_odds"] = change
            row["log_odds_low"], row["log_odds_high"], _ = _tested(change, moved, confidence)
        yield row


def _same(first: Cell, second: Cell) -> tuple[Cell, Cell]:
    """Both on the questions that both answered, in the wordings that both were given."""
    wordings = {n for _, n in first.conditions} & {n for _, n in second.conditions}
    sides = [_under(cell, wordings) for cell in (first, second)]
    common = np.intersect1d(sides[0].questions, sides[1].questions)
    a, b = (part(cell, questions=np.isin(cell.questions, common)) for cell in sides)
    return a, b


def _under(cell: Cell, wordings: set[int]) -> Cell:
    kept = [n for n, (_, wording) in enumerate(cell.conditions) if wording in wordings]
    conditions = tuple(cell.conditions[n] for n in kept)
    return part(replace(cell, conditions=conditions, counts=cell.counts[kept], orders=cell.orders[kept]))


def _strengths(a: Cell, b: Cell) -> tuple[Array, Array] | None:
    """What the log strength of each value gains against the mean of the others, and each scenario's influence on it
    (scenarios x values); None where strengths do not exist."""
    fits = [fitted(cell) for cell in (a, b)]
    if fits[0] is None or fits[1] is None:
        return None
    gained = fits[1].coefficients - fits[0].coefficients
    moved = scores(b, fits[1]) @ fits[1].inverse - scores(a, fits[0]) @ fits[0].inverse
    against = len(gained) / (len(gained) - 1)
    return (gained - gained.mean()) * against, (moved - moved.mean(axis=1, keepdims=True)) * against


def _tested(
    size: float, influence: Array, confidence: float
) -> tuple[float, float, float] | tuple[None, None, None]:
    """Bounds and p: Student's t on one less than the scenarios; None where nothing varies."""
    k = len(influence)
    error = float(np.sqrt(k / (k - 1) * (influence**2).sum())) if k > 1 else 0.0
    if error == 0:
        return None, None, None
    reach = float(stats.t.ppf((1 + confidence) / 2, k - 1)) * error
    return size - reach, size + reach, float(2 * stats.t.sf(abs(size) / error, k - 1))

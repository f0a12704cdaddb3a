"""The gap in parts: declared against enacted values by category of scenarios, and by group of respondents.

What a respondent declares is one profile; what it enacts is one in each category. A category has a fifth of the
scenarios, so that its profile is noisier and its r nearer to zero: compare categories with each other, not with all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse import correlation
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, part
from pipeline.analyse.between import Drawn, Spread
from pipeline.analyse.bootstrap import Draws, freedom, ratio, reliability
from pipeline.analyse.declared import Declarations, Declared, comparable
from pipeline.analyse.inversion import correlation_interval
from pipeline.analyse.notes import Notebook, finite
from pipeline.tables import conform
from pipeline.tables.claims import GapParts

ALL = "all"
# Fewer scenarios give no interval of a profile.
FEW = 5


@dataclass(frozen=True, slots=True)
class _Enacted:
    """A respondent's shares of choices in a category, their draws (draws x values), scenarios and choices."""

    share: Array
    drawn: Array
    scenarios: int
    choices: int


@dataclass(frozen=True, slots=True)
class _Part:
    """One respondent's r in one category, its draws, and the choices behind it."""

    respondent: str
    drawn: Drawn
    freedom: float
    choices: int


def gap_parts(
    answers: Answers,
    declared: Declarations,
    agents: Agents,
    groups: Mapping[str, str],
    draws: Draws,
    notes: Notebook,
) -> pl.DataFrame:
    """Table GapParts: each respondent in each category, each group of a kind (one respondent an agent) in each and in
    all, and the difference of any two groups of a kind."""
    enacted = _enacted(answers, draws)
    rows: list[dict[str, Any]] = []
    for instrument, of in comparable(declared, answers.material.inventory, "gap_parts", notes).items():
        found: dict[tuple[str, str, str], list[_Part]] = {}
        standing = set(agents.main(set(of) & {name for name, _ in enacted}))
        for (name, category), acted in enacted.items():
            if name not in of:
                continue
            row, one = _respondent(name, acted, of[name], draws)
            if one is None:
                continue
            kind = agents.kind[name]
            if category != ALL:
                rows.append(
                    {"scope": "respondent", "name": name, "kind": kind, "instrument": instrument}
                    | {"category": category, **row}
                )
            if name in standing:
                found.setdefault((kind, groups[name], category), []).append(one)
        rows += [{"instrument": instrument, **row} for row in _groups(found, draws)]
    empty = dict.fromkeys(GapParts.create_empty().columns)
    return conform(GapParts, [empty | row for row in rows], where="gap in parts")


def _enacted(answers: Answers, draws: Draws) -> dict[tuple[str, str], _Enacted]:
    """By respondent and category, and over all categories."""
    keys, parts = [], []
    for cell in answers.of("default"):
        of = cell.material.category_of[cell.questions]
        masks = {cell.material.categories[n]: of == n for n in np.unique(of)}
        for category, mask in {ALL: np.ones(len(of), dtype=bool), **masks}.items():
            some = part(cell, questions=mask)
            keys.append((cell.respondent, category))
            parts.append((some.chosen(some.pooled), some.scenarios))
    found = {}
    for key, (chosen, scenarios), totals in zip(keys, parts, draws.totals(*parts), strict=True):
        share = chosen.sum(axis=0) / chosen.sum()
        drawn = ratio(totals, totals.sum(axis=1, keepdims=True))
        # A draw that holds none of a person's few scenarios says nothing.
        found[key] = _Enacted(
            share, np.where(np.isnan(drawn), share, drawn), len(scenarios), int(chosen.sum())
        )
    return found


def _respondent(
    name: str, acted: _Enacted, declared: Declared, draws: Draws
) -> tuple[dict[str, Any], _Part | None]:
    x, y = acted.share, declared.mean
    r = correlation.pearson(x, y)
    if r is None:
        return {}, None
    mean = declared.drawn(declared.means)
    mean = np.broadcast_to(y if mean is None else mean, acted.drawn.shape)
    drawn = correlation.rowwise(acted.drawn, mean)
    df = freedom(
        (float(correlation.rowwise(acted.drawn, y).var()), acted.scenarios),
        (float(np.var(correlation.rowwise(x, mean))), len(declared.means)),
    )
    row: dict[str, Any] = {"n": 1, "choices": acted.choices, "r": r}
    known = acted.scenarios >= FEW and not np.isnan(drawn).any()
    if known:
        row["low"], row["high"] = correlation_interval(
            x, y, acted.drawn, mean, freedom=df, confidence=draws.confidence
        )
    z = np.arctanh(min(max(r, -1 + 1e-9), 1 - 1e-9))
    if len(x) > 3:
        half = stats.norm.ppf((1 + draws.confidence) / 2) / np.sqrt(len(x) - 3)
        row["value_low"], row["value_high"] = float(np.tanh(z - half)), float(np.tanh(z + half))
    both = reliability(x, acted.drawn) * reliability(y, declared.drawn(declared.means))
    one = Drawn(r, (name,), drawn if known else None, both, correlation.without_each(x, y))
    return row, _Part(name, one, df, acted.choices)


def _groups(found: Mapping[tuple[str, str, str], Sequence[_Part]], draws: Draws) -> Iterator[dict[str, Any]]:
    for (kind, group, category), parts in sorted(found.items()):
        key = {"scope": "group", "name": group, "kind": kind, "category": category}
        yield key | _mean(parts, draws)
    for (kind, category), names in _pairs(found):
        for a, b in combinations(names, 2):
            one, other = found[kind, a, category], found[kind, b, category]
            key = {"scope": "difference", "name": f"{a} - {b}", "kind": kind, "category": category}
            yield key | _difference(one, other, draws.confidence)


def _pairs(found: Mapping[tuple[str, str, str], Any]) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """The groups of each kind and category."""
    by: dict[tuple[str, str], list[str]] = {}
    for kind, group, category in sorted(found):
        by.setdefault((kind, category), []).append(group)
    yield from by.items()


def _mean(parts: Sequence[_Part], draws: Draws) -> dict[str, Any]:
    spread = Spread.of([one.drawn for one in parts], sum(one.freedom for one in parts))
    row: dict[str, Any] = {"n": len(parts), "choices": sum(one.choices for one in parts), "r": spread.mean}
    if spread.drawn is not None and spread.freedom > 0:
        row["low"], row["high"] = draws.correlation_interval(
            spread.mean, spread.drawn.mean(axis=1), spread.freedom, spread.reliability
        )
    for name, left in (("value", spread.without_value), ("respondent", _without(spread))):
        bounds = None if left is None else correlation.jackknife_interval(spread.mean, left, draws.confidence)
        if bounds is not None:
            row[f"{name}_low"], row[f"{name}_high"] = bounds
    return row


def _without(spread: Spread) -> Array | None:
    return spread.without_respondent() if len(spread.estimates) > 2 else None


def _difference(one: Sequence[_Part], other: Sequence[_Part], confidence: float) -> dict[str, Any]:
    """Mean r of the one group less that of the other; Welch's interval, the respondents as samples."""
    a, b = (np.array([part.drawn.estimate for part in group]) for group in (one, other))
    row: dict[str, Any] = {
        "n": len(a) + len(b),
        "choices": sum(part.choices for part in (*one, *other)),
        "r": float(a.mean() - b.mean()),
    }
    if min(len(a), len(b)) > 1:
        interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval(confidence)
        row["respondent_low"], row["respondent_high"] = finite(interval.low), finite(interval.high)
    return row

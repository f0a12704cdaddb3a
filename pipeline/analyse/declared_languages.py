"""What the language of a questionnaire does to what one agent declares: the same items in two languages.

Each item is paired with itself, and items are the sample, since what a translation does to an item is no effect of
language on its value: the differences of a value's items are compared with how far items of one value differ, pooled
over the values (one-way analysis of variance). A language that moves all answers along the scale shifts all values
alike; ``relative`` is what a value shifts beyond the mean of the others, and is tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Array
from pipeline.analyse.declared import Declarations, Declared
from pipeline.analyse.languages import both, pairs
from pipeline.tables import conform
from pipeline.tables.claims import DeclaredLanguageEffects


@dataclass(frozen=True, slots=True)
class Items:
    """Of the items that both answered: means in either language, and the value of each (by its place)."""

    a: Array
    b: Array
    value: Array


def declared_language_effects(declared: Declarations, agents: Agents, confidence: float) -> pl.DataFrame:
    """Table DeclaredLanguageEffects: the pairs of LanguageEffects, by instrument. Scores without items are in none."""
    rows: list[dict[str, Any]] = []
    for instrument, of in declared.items():
        found = {name: languages for name, one in of.items() if len(languages := _languages(one)) == 1}
        spoken = {name: next(iter(languages)) for name, languages in found.items()}
        for a, b in pairs(spoken, agents):
            items = _same(of[a], of[b])
            if items is not None:
                key = both(a, b, spoken, agents) | {"instrument": instrument}
                rows += [key | row for row in _rows(items, of[a].inventory.slugs, confidence)]
    return conform(DeclaredLanguageEffects, rows, where="language and what is declared")


def _languages(one: Declared) -> set[str]:
    return {language for language, _ in _conditions(one)}


def _conditions(one: Declared) -> list[tuple[str, str]]:
    """Language and wording of each administration."""
    return [
        (language, wording) for language, _, wording in (of.partition(" ") for of in one.facets["wordings"])
    ]


def _same(first: Declared, second: Declared) -> Items | None:
    """Means of the items over administrations in the wordings that both were given; None without items."""
    if first.items is None or second.items is None:
        return None
    wordings = {wording for _, wording in _conditions(first)} & {
        wording for _, wording in _conditions(second)
    }
    means = []
    for one, items in ((first, first.items), (second, second.items)):
        kept = items.answers[[wording in wordings for _, wording in _conditions(one)]]
        answered = np.isfinite(kept)
        counts = answered.sum(axis=0)
        sums = np.where(answered, kept, 0).sum(axis=0)
        means.append(np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0))
    there = np.isfinite(means[0]) & np.isfinite(means[1])
    return Items(means[0][there], means[1][there], first.items.value[there]) if there.any() else None


def _rows(items: Items, slugs: tuple[str, ...], confidence: float) -> Iterator[dict[str, Any]]:
    """A row for each value with an item; bounds where items of one value differ at all."""
    which = np.unique(items.value)
    counts = np.array([(items.value == value).sum() for value in which])
    moved = items.b - items.a
    shifts = np.array([moved[items.value == value].mean() for value in which])
    freedom = len(moved) - len(which)
    residuals = moved - shifts[np.searchsorted(which, items.value)]
    variance = float((residuals**2).sum()) / freedom if freedom else 0.0
    # The mean of a value less the mean of the means of the others, as weights on the shifts of all.
    k = len(which)
    against = np.eye(k) - (1 - np.eye(k)) / (k - 1) if k > 1 else np.full((1, 1), np.nan)
    relative = against @ shifts
    errors = np.sqrt(variance / counts), np.sqrt(variance * (against**2 @ (1 / counts)))
    reach = float(stats.t.ppf((1 + confidence) / 2, freedom)) if variance else np.nan
    for n, value in enumerate(which):
        mine = items.value == value
        row = {
            "value": slugs[value],
            "items": int(counts[n]),
            "mean_a": float(items.a[mine].mean()),
            "mean_b": float(items.b[mine].mean()),
            "difference": float(shifts[n]),
        }
        sizes = {"": (shifts[n], errors[0][n])} | (
            {"relative_": (relative[n], errors[1][n])} if k > 1 else {}
        )
        for name, (size, error) in sizes.items():
            if variance:
                row |= {f"{name}low": float(size - reach * error), f"{name}high": float(size + reach * error)}
        if k > 1:
            row["relative"] = float(relative[n])
            row["p"] = float(2 * stats.t.sf(abs(relative[n]) / errors[1][n], freedom)) if variance else None
        yield row

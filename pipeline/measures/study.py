"""All measures as tables, from the two tables of the waist and the factors that scenarios are grouped by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from pipeline.measures import contingency, effects, gaps, mismatch, stability
from pipeline.measures.cells import Cells, cells
from pipeline.measures.gaps import MEASURES, Measure
from pipeline.measures.nested import Figure, Levels, figure, sums
from pipeline.measures.people import apart, by_person, split
from pipeline.measures.prompts import prompt_effects
from pipeline.statistics.resampling import Index
from pipeline.tables import conform
from pipeline.tables.measures import (
    OVERALL,
    RUN,
    SCHEMAS,
    VALUE_RATINGS,
)
from pipeline.tables.stances import PairChoices, ValueRatings
from pipeline.values import Inventory, load

# A rate is of a scenario's values: of a single value, or of a type of few, it says nothing.
_OF_SCENARIOS = ("rate", "rate_best", "rate_independent", "rate_agree")
_OF_INSTRUMENTS = ("alignment", "value_distances", "mismatches", "factor_effects")
_PROFILES = ("r_values", "r_types")

Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True)
class Setting:
    """What the figures of a dataset need beside its answers. ``factors``: factor -> scenario -> level."""

    inventory: Inventory
    factors: dict[str, dict[str, str]]
    seed: int
    confidence: float = 0.95

    def groupings(self, of: Cells) -> dict[str, Levels]:
        """The level of each scenario, by factor; a scenario without one is a level of its own, the empty one."""
        return {
            factor: np.array([levels.get(split(scenario)[0], "") for scenario in of.scenarios])
            for factor, levels in self.factors.items()
        }

    def figure(self, measure: Measure, of: Cells, groupings: Sequence[Levels] = ()) -> Figure:
        """The figure with its intervals: over scenarios, or where people are a sample over these alone."""
        added, people = measure.added(of), _people(of)
        if people is not None:
            added, groupings = sums(added, people), ()
        return figure(added, measure.statistic, groupings, confidence=self.confidence, bounds=measure.bounds)

    @property
    def types(self) -> dict[str, tuple[str, ...]]:
        """The values of each type, where the inventory lies within a coarser one."""
        if self.inventory.coarser is None:
            return {}
        coarser = load(self.inventory.coarser).slugs
        return {
            slug: tuple(value.slug for value in self.inventory.values if value.within == slug)
            for slug in coarser
        }


def measure(
    enacted: pl.DataFrame,
    declared: pl.DataFrame,
    factors: pl.DataFrame,
    inventory: Inventory,
    *,
    seed: int,
    confidence: float = 0.95,
    instrument: str = VALUE_RATINGS,
    ratings: pl.DataFrame | None = None,
    pairs: pl.DataFrame | None = None,
    people: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, pl.DataFrame]:
    """The tables of SCHEMAS from tables Enacted, Declared and Factors; ``instrument`` names what declared them;
    ``people``: the sample that each person is of, which stands in the tables in the place of its people.

    ``ratings`` (ValueRatings) and ``pairs`` (PairChoices) add what prompts do, and the ceiling that statements set.
    Respondents with one of the two only have no rows of the gap.
    """
    setting = Setting(inventory, _levels(factors), seed, confidence)
    ratings = ValueRatings.create_empty() if ratings is None else ratings
    pairs = PairChoices.create_empty() if pairs is None else pairs
    found = list(_cells(enacted, declared, inventory, people).values())
    others = ~pl.col("respondent").is_in(list(people))
    ratings = ratings.filter(others)
    ceilings = list(stability.families(ratings, inventory.slugs).values())
    rows: dict[str, list[dict[str, Any]]] = {
        "alignment": [
            *(row for one in found for row in alignment(one, setting)),
            *(row for one in ceilings for row in alignment(one, setting, "claims_portraits")),
        ],
        "value_distances": [row for one in found for row in value_distances(one, setting)],
        "mismatches": [row for one in found for row in _mismatches(one, setting)],
        "factor_effects": [
            row for one in found if _people(one) is None for row in factor_effects(one, setting)
        ],
        "prompt_effects": [
            *prompt_effects(ratings, pairs.filter(others), confidence),
            *prompt_effects(ratings.clear(), by_person(pairs, people), confidence),
        ],
    }
    effects.correct(rows["factor_effects"])
    for name in _OF_INSTRUMENTS:
        for row in rows[name]:
            row["instrument"] = instrument
    return {name: conform(schema, rows[name], where=name) for name, schema in SCHEMAS.items()}


def _cells(
    enacted: pl.DataFrame, declared: pl.DataFrame, inventory: Inventory, people: Mapping[str, str]
) -> dict[str, Cells]:
    return cells(apart(enacted, people), apart(declared, people), inventory.slugs)


def of_scenarios(
    scenarios: pl.Series,
    enacted: pl.DataFrame,
    declared: pl.DataFrame,
    factors: pl.DataFrame,
    inventory: Inventory,
    *,
    seed: int,
    confidence: float = 0.95,
    instrument: str = VALUE_RATINGS,
    people: Mapping[str, str] = MappingProxyType({}),
) -> pl.DataFrame:
    """Rows of Alignment under the factor ``RUN``: of all values, over those ``scenarios`` alone."""
    setting = Setting(inventory, _levels(factors), seed, confidence)
    here = enacted.filter(pl.col("scenario_id").is_in(scenarios.implode()))
    rows = [
        {
            "respondent": one.respondent,
            "instrument": instrument,
            "compared": "stated_acted",
            "values": "all",
            **row,
            "factor": RUN,
            "level": RUN,
        }
        for one in _cells(here, declared, inventory, people).values()
        for row in _figures(one, setting, OVERALL, OVERALL)
    ]
    return conform(SCHEMAS["alignment"], rows, where="alignment on the scenarios of this run")


def _levels(factors: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Factor -> scenario -> level."""
    levels: dict[str, dict[str, str]] = {}
    for scenario, factor, level in factors.select("scenario_id", "factor", "level").iter_rows():
        levels.setdefault(factor, {})[scenario] = level
    return levels


def alignment(of: Cells, setting: Setting, compared: str = "stated_acted") -> Rows:
    """Rows of Alignment: overall, by factor, by value and by type, of all values and of the indexed ones."""
    indexed = [value.slug for value in setting.inventory.values if value.indexed]
    sets = {"all": of} | ({"indexed": of.of_values(indexed)} if len(indexed) < len(of.values) else {})
    for values, part in sets.items():
        same = {"respondent": of.respondent, "compared": compared, "values": values}
        yield from ({**same, **row} for row in _figures(part, setting, OVERALL, OVERALL))
        for factor, level, piece in parts(part, setting):
            yield from ({**same, **row} for row in _figures(piece, setting, factor, level))
    if compared == "stated_acted":
        same = {"respondent": of.respondent, "compared": compared, "values": "all"}
        single: dict[str, dict[str, tuple[str, ...]]] = {
            "value": {slug: (slug,) for slug in of.values},
            "type": setting.types,
        }
        for factor, groups in single.items():
            for level, slugs in groups.items():
                piece = of.of_values(slugs)
                if piece.there.any():
                    left_out = (*_OF_SCENARIOS, *_PROFILES)
                    yield from ({**same, **row} for row in _figures(piece, setting, factor, level, left_out))


def parts(of: Cells, setting: Setting) -> Iterator[tuple[str, str, Cells]]:
    """Factor, level and the cells of its scenarios, for every factor."""
    for factor, levels in setting.groupings(of).items():
        for level in np.unique(levels):
            yield factor, str(level), of.of_scenarios(levels == level)


def _figures(of: Cells, setting: Setting, factor: str, level: str, left_out: Sequence[str] = ()) -> Rows:
    """Countries and topics are a sample only where the figure is of several of each."""
    several = factor in (OVERALL, "value", "type")
    groupings = list(setting.groupings(of).values()) if several else []
    groupings = [groups for groups in groupings if len(np.unique(groups)) > 1]
    if _people(of) is not None:
        left_out = (*left_out, *_OF_SCENARIOS)
    for name, one in _measures(of, setting):
        if name in left_out:
            continue
        result = setting.figure(one, of, groupings)
        yield {
            "factor": factor,
            "level": level,
            "measure": name,
            **asdict(result),
            "cells": int(of.there.sum()),
            "scenarios": len({split(scenario)[0] for scenario in of.scenarios}),
        }


def _people(of: Cells) -> Levels | None:
    """Whose each scenario is, where the respondent is a sample of people."""
    people = [split(scenario)[1] for scenario in of.scenarios]
    return None if None in people else np.array(people)


def _measures(of: Cells, setting: Setting) -> Iterator[tuple[str, Measure]]:
    yield from MEASURES.items()
    groups = [[value in slugs for value in of.values] for slugs in setting.types.values()]
    marks = np.array([group for group in groups if any(group)], dtype=float).T
    if marks.size and marks.shape[1] > 2:
        yield (
            "r_types",
            Measure(
                "Correlation over the types", gaps.profiles, gaps.correlation_of_groups(marks), gaps.SIGNED
            ),
        )


def value_distances(of: Cells, setting: Setting) -> Rows:
    """Rows of ValueDistances."""
    for factor, level, part in [(OVERALL, OVERALL, of), *parts(of, setting)]:
        distance = mismatch.distance_by_value(part)
        ranks = mismatch.ranking(distance)
        for place, value in enumerate(part.values):
            if not ranks[place]:
                continue
            one = part.of_values((value,))
            there = part.there[:, place]
            one = one.of_scenarios(there)
            result = setting.figure(MEASURES["distance"], one)
            yield {
                "respondent": of.respondent,
                "factor": factor,
                "level": level,
                "value": value,
                "stated": float(one.stated.mean()),
                "acted": float(one.acted.mean()),
                "distance": float(distance[place]),
                "low": result.low,
                "high": result.high,
                "rank": int(ranks[place]),
                "cells": int(there.sum()),
            }


def _mismatches(of: Cells, setting: Setting) -> Rows:
    for factor, level, part in [(OVERALL, OVERALL, of), *parts(of, setting)]:
        yield {
            "respondent": of.respondent,
            "factor": factor,
            "level": level,
            **mismatch.mismatches(part),
        }


def factor_effects(of: Cells, setting: Setting) -> Rows:
    """Rows of FactorEffects: each factor within the other where there are two, else freely."""
    rates = contingency.f1(gaps.table(of))
    groupings = setting.groupings(of)
    for factor, levels in groupings.items():
        others = [name for name in groupings if name != factor]
        within = others[0] if len(others) == 1 else OVERALL
        inside = groupings[within] if within != OVERALL else np.zeros(len(rates))
        p = effects.permutation_p(rates, _numbers(levels), _numbers(inside), setting.seed, f"{factor} effect")
        if p is None:
            continue
        means = [float(rates[levels == level].mean()) for level in np.unique(levels)]
        yield {
            "respondent": of.respondent,
            "factor": factor,
            "within": within,
            "levels": len(means),
            "lowest": min(means),
            "highest": max(means),
            "p": p,
        }


def _numbers(levels: Levels) -> Index:
    return np.unique(levels, return_inverse=True)[1].astype(np.int64)

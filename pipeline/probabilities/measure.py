"""The share of each value as its expected number of choices: the mean chance of the options that express it.

A choice is a draw from these chances, so that the mean of the chances is the same share without the noise of sampling.
At temperature 0 it is another measure: choices then hold the likeliest option only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl

from pipeline.administer.requests import letters_of
from pipeline.analyse.answers import Array
from pipeline.analyse.bootstrap import Draws, ratio
from pipeline.analyse.correlation import pearson
from pipeline.engine import Response
from pipeline.probabilities.letters import chances
from pipeline.values import Inventory

SCHEMA = {
    "respondent": pl.String,
    "value": pl.String,
    "questions": pl.Int64,
    "expected": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "chosen": pl.Float64,
    "on_letters": pl.Float64,
    "r_with_chosen": pl.Float64,
}


def measured(
    choices: pl.DataFrame,
    options: pl.DataFrame,
    find: Callable[[str], Response | None],
    inventory: Inventory,
    draws: int,
    confidence: float,
    seed: int,
) -> pl.DataFrame:
    """One row a respondent and value, of those with any answer that came with probabilities (SCHEMA).

    ``choices``: rows of table Choices in default mode, answered, with a request_key; ``find`` looks an answer up."""
    rows: list[dict[str, object]] = []
    values = {(question, position): value for question, position, value in _dealt(options)}
    size = options.select(pl.col("position").max()).item() or 0
    for (respondent,), part in choices.sort("respondent").partition_by("respondent", as_dict=True).items():
        kept = list(_chances(part, find, size))
        if kept:
            rows += _rows(str(respondent), kept, values, inventory, draws, confidence, seed)
    return pl.DataFrame(rows, schema=SCHEMA)


def _dealt(options: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    return options.select("question_id", "position", "value").iter_rows()


def _chances(
    part: pl.DataFrame, find: Callable[[str], Response | None], size: int
) -> Iterator[tuple[str, str, dict[int, float], int, float]]:
    """Question, scenario, chance of each dealt position, position chosen, and what was on letters at all."""
    columns = ("question_id", "scenario_id", "order", "position", "request_key")
    for question, scenario, order, position, key in part.select(columns).iter_rows():
        answer = find(key)
        if answer is None or answer.extra is None or not answer.extra.logprobs:
            continue
        found = chances(answer.extra.logprobs, letters_of("default", size))
        if found is not None:
            of, mass = found
            yield (
                question,
                scenario,
                {int(p): of[letter] for p, letter in zip(order, of, strict=True)},
                position,
                mass,
            )


def _rows(
    respondent: str,
    kept: list[tuple[str, str, dict[int, float], int, float]],
    values: dict[tuple[str, int], str],
    inventory: Inventory,
    draws: int,
    confidence: float,
    seed: int,
) -> Iterator[dict[str, object]]:
    scenarios = sorted({scenario for _, scenario, *_ in kept})
    place = {scenario: n for n, scenario in enumerate(scenarios)}
    expected, chosen = (np.zeros((len(scenarios), len(inventory))) for _ in range(2))
    for question, scenario, of, position, _ in kept:
        for dealt, chance in of.items():
            expected[place[scenario], inventory.index[values[question, dealt]]] += chance
        chosen[place[scenario], inventory.index[values[question, position]]] += 1
    share, taken = (each.sum(axis=0) / len(kept) for each in (expected, chosen))
    low, high = _bounds(expected, draws, confidence, seed)
    mass = float(np.mean([each for *_, each in kept]))
    for n, slug in enumerate(inventory.slugs):
        yield {
            "respondent": respondent,
            "value": slug,
            "questions": len({question for question, *_ in kept}),
            "expected": float(share[n]),
            "low": None if np.isnan(low[n]) else float(low[n]),
            "high": None if np.isnan(high[n]) else float(high[n]),
            "chosen": float(taken[n]),
            "on_letters": mass,
            "r_with_chosen": pearson(share, taken),
        }


def _bounds(expected: Array, draws: int, confidence: float, seed: int) -> tuple[Array, Array]:
    """Scenarios are drawn with all that was asked about them."""
    of = Draws.of(len(expected), draws, confidence, seed)
    (totals,) = of.totals((expected, np.arange(len(expected))))
    return of.interval(ratio(totals, totals.sum(axis=1, keepdims=True)), len(expected))

"""A planted effect of language: one value gains log odds in the second of two languages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.analyse import families
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.choice_model import Group, fit
from pipeline.analyse.languages import language_effects
from pipeline.analyse.luce import softmax
from pipeline.tables import ANALYSIS_TABLES
from pipeline.values import load

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.simulated_languages import SHIFTED, declared_effects, in_two_languages, utilities_of

TEN = load("schwartz10")
Population = Callable[[], tuple[np.ndarray, np.ndarray]]


def language(rng: np.random.Generator, effect: float, population: Population, scenarios: int) -> tuple:
    """p is the smallest of the ten values', corrected by Holm; the interval is that of the value that is shifted, the
    truth what strengths by Luce's rule gain among all scenarios, which pull towards values of their own."""
    utilities = utilities_of(rng, effect)
    scored = in_two_languages(rng, utilities, scenarios)
    coded = encode(scored.choices, scored.options, scored.questions, TEN)
    empty = {name: schema.create_empty() for name, schema in ANALYSIS_TABLES.items()}
    found = language_effects(coded, Agents.of(scored.respondents), 0.95)
    corrected = families.correct(empty | {"language_effects": found})["language_effects"]
    row = corrected.filter(value=SHIFTED).row(0, named=True)
    p = corrected["holm_p"].min() if effect == 0 else row["holm_p"]
    return row["log_odds_low"], row["log_odds_high"], p, _truth(utilities, population)


def declared(rng: np.random.Generator, effect: float) -> tuple:
    """The same in a questionnaire: items of one value gain ``effect`` points, each what its translation does."""
    found = declared_effects(rng, effect)
    row = found.filter(value=SHIFTED).row(0, named=True)
    p = found["holm_p"].min() if effect == 0 else row["holm_p"]
    return row["relative_low"], row["relative_high"], p, effect


def _truth(utilities: np.ndarray, population: Population) -> float:
    deal, pull = population()
    flat = deal.reshape(-1, deal.shape[-1])
    order = np.argsort(flat, axis=1)
    codes = pl.DataFrame(np.take_along_axis(flat, order, axis=1), orient="row")
    strengths = []
    for side in utilities:
        chances = softmax(np.take_along_axis((side + pull)[:, None, :], deal, axis=2)).reshape(flat.shape)
        sums = (
            codes.with_columns(
                pl.Series(f"c{n}", np.take_along_axis(chances, order, axis=1)[:, n])
                for n in range(flat.shape[1])
            )
            .group_by(codes.columns)
            .sum()
        )
        sets, counts = (
            sums.select(names).to_numpy() for names in (codes.columns, sums.columns[flat.shape[1] :])
        )
        found = fit([Group(sets.astype(np.int64), counts, np.eye(len(side)))])
        strengths.append(found.coefficients)
    gained = strengths[1] - strengths[0]
    n = len(gained)
    return float((gained - gained.mean())[list(TEN.slugs).index(SHIFTED)] * n / (n - 1))

"""Models and people at equal length: profiles from eighty answers scatter more than profiles from fifteen thousand.

In each draw some people are drawn, and as many models are given their forms: to each question one of the model's
recorded answers, drawn from those over wordings and repeats, and one of its administrations of the instrument. What
then differs between models and people is no matter of length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, Cell, Index, part, tabulate
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.correlation import rowwise
from pipeline.analyse.declared import Declarations, Declared, comparable
from pipeline.analyse.notes import EVERYTHING, Notebook
from pipeline.statistics.resampling import generator
from pipeline.tables import QUESTIONS, EqualLength, conform

# Shorter forms hold no profile: hardly one choice a value.
SHORTEST = 10
MEASURES = ("min", "mean", "max", "sd")


def equal_length(
    answers: Answers,
    declared: Declarations,
    agents: Agents,
    draws: Draws,
    seed: int,
    notes: Notebook,
) -> pl.DataFrame:
    """Table EqualLength: correlations between respondents, and the gap for each instrument. Models are those of kind
    model and published; without any, simulated respondents."""
    every = {cell.respondent: cell for cell in answers.of("default")}
    cells = [every[name] for name in agents.main(every)]
    people = [cell for cell in cells if agents.kind[cell.respondent] == "human"]
    models = [cell for cell in cells if agents.kind[cell.respondent] in ("model", "published")]
    models = models or [cell for cell in cells if agents.kind[cell.respondent] == "simulated"]
    people_forms = _forms(people, models)
    if len(people_forms) < 2 or len(models) < 2:
        notes.add(
            "equal_length",
            EVERYTHING,
            "no_common_forms",
            f"Models and people cannot be compared at equal length: that needs two models, and two people "
            f"with {SHORTEST} questions or more that all models answered, and there are "
            f"{len(models)} models and {len(people_forms)} such people.",
        )
        return conform(EqualLength, [], where="models and people at equal length")
    instruments = comparable(declared, answers.material.inventory, "equal_length", notes)
    rows = []
    for place, of in enumerate(instruments.values() or [{}]):
        found = _compared(people_forms, models, of, draws, seed)
        name = list(instruments)[place] if instruments else QUESTIONS
        rows += [{**row, "instrument": name} for row in found if row["measure"].startswith("gap")]
        # Choices are drawn anew for every instrument, in the same way.
        if place == 0:
            rows += [{**row, "instrument": QUESTIONS} for row in found if row["measure"].startswith("cross")]
    return conform(EqualLength, rows, where="models and people at equal length")


def _compared(
    forms: list[Cell], models: list[Cell], declared: Mapping[str, Declared], draws: Draws, seed: int
) -> list[dict[str, Any]]:
    rng = generator(seed, "equal length")
    k = min(len(forms), len(models))
    spreads: dict[str, list[Array]] = {"people": [], "models": []}
    shares = [_share(form, form.pooled) for form in forms]
    for _ in range(len(draws)):
        who = rng.choice(len(forms), k, replace=False)
        which = rng.choice(len(models), k, replace=False)
        theirs = [shares[i] for i in who]
        answered = [_on_form(models[m], forms[i], rng) for m, i in zip(which, who, strict=True)]
        spreads["people"].append(_spread(theirs, [_one(declared, forms[i], rng) for i in who]))
        spreads["models"].append(_spread(answered, [_one(declared, models[m], rng) for m in which]))
    whole = _spread(
        [_share(cell, cell.pooled) for cell in models],
        [declared[cell.respondent].mean if cell.respondent in declared else None for cell in models],
    )
    length = {"people": forms, "models": forms, "models_full": models}
    rows: list[dict[str, Any]] = []
    for population, found in {**spreads, "models_full": [whole]}.items():
        sizes = float(np.median([len(cell.questions) for cell in length[population]]))
        size = len(models) if population == "models_full" else k
        rows += _rows(population, np.array(found), size, sizes, draws.confidence)
    return rows


def _forms(people: Sequence[Cell], models: Sequence[Cell]) -> list[Cell]:
    """People's answers to questions that every model answered."""
    if not models:
        return []
    common: Index = models[0].questions
    for cell in models[1:]:
        common = np.intersect1d(common, cell.questions)
    forms = [part(cell, questions=np.isin(cell.questions, common)) for cell in people]
    return [form for form in forms if len(form.questions) >= SHORTEST]


def _on_form(model: Cell, form: Cell, rng: np.random.Generator) -> Array:
    """The model's profile on the questions of a form, one of its answers to each."""
    place = np.searchsorted(model.questions, form.questions)
    chances = np.cumsum(model.pooled[place], axis=1)
    chosen = (rng.random((len(place), 1)) * chances[:, -1:] >= chances).sum(axis=1)
    values = model.options[place, chosen]
    return tabulate(np.zeros_like(values), values, (1, len(model.material.inventory)))[0] / len(values)


def _share(cell: Cell, counts: Array) -> Array:
    chosen = cell.chosen(counts).sum(axis=0)
    return chosen / chosen.sum()


def _one(declared: Mapping[str, Declared], cell: Cell, rng: np.random.Generator) -> Array | None:
    """One administration of the instrument."""
    if cell.respondent not in declared:
        return None
    means = declared[cell.respondent].means
    return means[rng.integers(len(means))]


def _spread(shares: Sequence[Array], means: Sequence[Array | None]) -> Array:
    """Smallest, mean, largest and standard deviation of the correlations between profiles, then of those with what is
    declared; nan where there are none."""
    profiles = np.array(shares)
    first, second = np.triu_indices(len(profiles), 1)
    cross = rowwise(profiles[first], profiles[second])
    both = [(share, mean) for share, mean in zip(shares, means, strict=True) if mean is not None]
    gap = rowwise(np.array([s for s, _ in both]), np.array([m for _, m in both])) if both else np.array([])
    return np.concatenate([_four(cross), _four(gap)])


def _four(r: Array) -> Array:
    r = r[~np.isnan(r)]
    if not len(r):
        return np.full(4, np.nan)
    return np.array([r.min(), r.mean(), r.max(), r.std(ddof=1) if len(r) > 1 else np.nan])


def _rows(
    population: str, found: Array, respondents: int, questions: float, confidence: float
) -> list[dict[str, Any]]:
    rows = []
    names = [f"{what}_{measure}" for what in ("cross", "gap") for measure in MEASURES]
    for name, column in zip(names, found.T, strict=True):
        there = column[~np.isnan(column)]
        if len(there):
            tails = np.quantile(there, [(1 - confidence) / 2, (1 + confidence) / 2])
            low, high = tails if len(found) > 1 else (None, None)
            rows.append(
                {
                    "population": population,
                    "measure": name,
                    "respondents": respondents,
                    "questions": questions,
                    "draws": len(there),
                    "estimate": there.mean(),
                    "low": low,
                    "high": high,
                }
            )
    return rows

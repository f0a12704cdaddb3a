"""Maps: respondents by their profiles (principal components), values by how respondents relate them (scaling)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, part
from pipeline.analyse.declared import Declarations
from pipeline.analyse.notes import EVERYTHING, Notebook
from pipeline.analyse.profiles import Enacted
from pipeline.instruments import load
from pipeline.statistics.resampling import generator
from pipeline.tables import QUESTIONS, MapFits, Maps, conform
from pipeline.values import Inventory

# Fewer respondents than this often the values give correlations between values that are mostly chance.
ENOUGH = 2
PERMUTATIONS = 9_999
Row = dict[str, Any]


class _Profiles(NamedTuple):
    """Profiles (by respondent and category) in the values of an inventory, and the instrument that they are from."""

    name: str
    instrument: str
    inventory: Inventory
    profiles: Mapping[tuple[str, str], Array]


class Components(NamedTuple):
    """Points (n x 2), loadings of the columns (columns x 2) and shares of variance (2)."""

    points: Array
    loadings: Array
    explained: Array


class Circle(NamedTuple):
    """Points of the values (values x 2), turned to fit the circle; stress-1; fit to the circle and the p of that."""

    points: Array
    stress: float
    r2: float
    p: float


def maps(
    answers: Answers,
    enacted: Mapping[str, Enacted],
    declared: Declarations,
    agents: Agents,
    seed: int,
    notes: Notebook,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tables Maps and MapFits: pca_enacted, pca_declared and pca_categories; mds_enacted and mds_declared."""
    points: list[Row] = []
    fits: list[Row] = []
    inventory = answers.material.inventory
    acted = _Profiles(
        "enacted", QUESTIONS, inventory, {(name, "all"): one.share for name, one in enacted.items()}
    )
    said = [
        _Profiles(
            "declared",
            instrument,
            load(instrument).inventory,
            {(name, "all"): one.centred.mean(axis=0) for name, one in of.items()},
        )
        for instrument, of in declared.items()
    ]
    by_category = _Profiles("categories", QUESTIONS, inventory, dict(_by_category(answers)))
    for profiles in (acted, *said, by_category):
        _pca(profiles, points, fits, notes)
    for profiles in (acted, *said):
        _mds(profiles, agents, seed, points, fits, notes)
    return conform(Maps, points, where="maps"), conform(MapFits, fits, where="fits of maps")


def components(profiles: Array) -> Components | None:
    """First two principal components of profiles (n x columns), centred, not scaled: shares share a unit.

    Signs are such that each component's largest loading is positive. None for fewer than three profiles, or where they
    vary in fewer than two directions.
    """
    from sklearn.decomposition import PCA

    if len(profiles) < 3 or np.linalg.matrix_rank(profiles - profiles.mean(axis=0), tol=1e-9) < 2:
        return None
    pca = PCA(n_components=2, svd_solver="full").fit(profiles)
    axes = pca.components_
    axes = axes * np.sign(axes[[0, 1], np.abs(axes).argmax(axis=1)])[:, None]
    return Components((profiles - pca.mean_) @ axes.T, axes.T, pca.explained_variance_ratio_)


def circle_of_values(profiles: Array, seed: int) -> Circle:
    """Nonmetric scaling of values from 1 - r over respondents (respondents x values), begun at Schwartz's circle.

    Begun there because the question is whether the circle fits, and scaling of so few points has many local minima
    (W. Bilsky, M. Janik and S. H. Schwartz, "The structural organization of human values", 2011). ``r2``: Procrustes
    fit of the result to evenly spaced points on a circle; ``p``: share of the orders of values, the right one among
    them, whose circle fits as well.
    """
    from sklearn.manifold import smacof

    values = profiles.shape[1]
    ideal = _circle(values)
    distances = 1 - np.corrcoef(profiles, rowvar=False)
    np.fill_diagonal(distances, 0)
    found, stress = smacof(
        (distances + distances.T) / 2,
        metric=False,
        init=ideal,
        n_init=1,
        normalized_stress=True,
        max_iter=1000,
    )
    found = found - found.mean(axis=0)
    turn, size = _procrustes(found, ideal)
    r2 = size**2
    rng = generator(seed, "orders of the circle")
    orders = rng.permuted(np.tile(np.arange(values), (PERMUTATIONS, 1)), axis=1)
    as_good = sum(_procrustes(found, ideal[order])[1] ** 2 >= r2 - 1e-12 for order in orders)
    return Circle(
        found @ turn / np.sqrt((found**2).mean() * 2),
        float(stress),
        float(r2),
        (1 + as_good) / (1 + PERMUTATIONS),
    )


def _procrustes(found: Array, ideal: Array) -> tuple[Array, float]:
    """The rotation or reflection (2 x 2) that turns one towards the other, and their correlation after it
    (both centred; P. H. Schönemann, Psychometrika 31, 1966)."""
    left, sizes, right = np.linalg.svd(found.T @ ideal)
    return left @ right, float(sizes.sum() / np.sqrt((found**2).sum() * (ideal**2).sum()))


def _circle(points: int) -> Array:
    """From the top, clockwise."""
    angle = np.pi / 2 - 2 * np.pi * np.arange(points) / points
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _by_category(answers: Answers) -> Iterator[tuple[tuple[str, str], Array]]:
    for cell in answers.of("default"):
        categories = cell.material.category_of[cell.questions]
        for number in np.unique(categories):
            some = part(cell, questions=categories == number)
            chosen = some.chosen(some.pooled).sum(axis=0)
            yield (cell.respondent, some.material.categories[number]), chosen / chosen.sum()


def _pca(of: _Profiles, points: list[Row], fits: list[Row], notes: Notebook) -> None:
    name, profiles, slugs = f"pca_{of.name}", of.profiles, of.inventory.slugs
    found = components(np.array(list(profiles.values()))) if profiles else None
    if found is None:
        notes.add(
            "maps",
            EVERYTHING,
            f"no_{name}_{of.instrument}",
            f"The map {name} ({of.instrument}) needs three profiles that differ in more than one way, of "
            f"{len(profiles)}.",
        )
        return
    for (respondent, category), at in zip(profiles, found.points, strict=True):
        points.append(_point(of, name, "respondent", respondent, category, at))
    for value, at in zip(slugs, found.loadings, strict=True):
        points.append(_point(of, name, "value", value, "all", at))
    for measure, number in (
        ("points", len(profiles)),
        ("explained_1", found.explained[0]),
        ("explained_2", found.explained[1]),
    ):
        fits.append({"map": name, "instrument": of.instrument, "measure": measure, "value": float(number)})


def _mds(
    of: _Profiles,
    agents: Agents,
    seed: int,
    points: list[Row],
    fits: list[Row],
    notes: Notebook,
) -> None:
    """Of the kind with the most agents, because models and people are not one population; one respondent an agent."""
    name, profiles, slugs = f"mds_{of.name}", of.profiles, of.inventory.slugs
    enough = ENOUGH * len(slugs)
    if not of.inventory.circle:
        notes.add(
            "maps",
            EVERYTHING,
            f"no_{name}_{of.instrument}",
            f"The map {name} ({of.instrument}) needs a circle, and {of.inventory.title} have none.",
        )
        return
    standing = set(agents.main(respondent for respondent, _ in profiles))
    counted = Counter(agents.kind[respondent] for respondent in standing)
    kind, most = max(counted.items(), key=lambda item: (item[1], item[0]), default=("any", 0))
    some = np.array(
        [
            profile
            for (respondent, _), profile in profiles.items()
            if respondent in standing and agents.kind[respondent] == kind
        ]
    )
    if most < enough or (np.ptp(some, axis=0) == 0).any():
        notes.add(
            "maps",
            EVERYTHING,
            f"no_{name}_{of.instrument}",
            f"The map {name} ({of.instrument}) is refused: correlations between {len(slugs)} values need {enough} "
            f"agents of one kind or "
            f"more, of whom not all have the same number for a value; there are {most}.",
        )
        return
    found = circle_of_values(some, seed)
    for value, at in zip(slugs, found.points, strict=True):
        points.append(_point(of, name, "value", value, "all", at))
    for measure, number in (
        ("points", most),
        ("stress_1", found.stress),
        ("circle_r2", found.r2),
        ("circle_p", found.p),
    ):
        fits.append({"map": name, "instrument": of.instrument, "measure": measure, "value": float(number)})


def _point(of: _Profiles, name: str, what: str, whose: str, category: str, at: Array) -> Row:
    return {
        "map": name,
        "instrument": of.instrument,
        "point": what,
        "name": whose,
        "category": category,
        "x": float(at[0]),
        "y": float(at[1]),
    }

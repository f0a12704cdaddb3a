"""Choice among the options of a question: P(i) = exp(u_i) / sum of exp(u_j) over the options shown.

With u = X b over the ten values this is Luce's choice rule (X the identity; R. D. Luce, "Individual Choice Behavior",
1959) and McFadden's conditional logit (X what is known of each value; D. McFadden, "Conditional logit analysis of
qualitative choice behavior", 1974). Choices enter as counts by set of options, of which ten values give 210, so that
the time does not depend on how many choices there are. choix and statsmodels fit the same models choice by choice;
tests hold the estimates here equal to theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components

from pipeline.analyse.answers import Array, Cell, Index

STEPS = 50
CONVERGED = 1e-10
# Largest difference of two utilities that choices can tell from an infinite one: odds of three million to one.
LARGEST = 15.0


@dataclass(frozen=True, slots=True)
class Group:
    """Choices of one respondent: sets of options (sets x 4 values), how often each was chosen (sets x 4), and the
    covariates of the ten values for it (10 x p)."""

    sets: Index
    counts: Array
    covariates: Array


@dataclass(frozen=True, slots=True)
class Fit:
    """Maximum likelihood: coefficients (p) and the pseudo-inverse of the information (p x p)."""

    coefficients: Array
    inverse: Array


def group(cell: Cell, covariates: Array) -> Group:
    return Group(*cell.by_options, covariates)


def fit(groups: Sequence[Group]) -> Fit | None:
    """Newton's method with halved steps; None where the likelihood has no maximum that it can reach.

    Directions in which the likelihood is flat (a constant on all values) stay where they began, at 0.
    """
    p = groups[0].covariates.shape[1]
    b: Array = np.zeros(p)
    value, gradient, information = _likelihood(groups, b)
    for _ in range(STEPS):
        inverse = np.asarray(np.linalg.pinv(information, hermitian=True, rcond=1e-10), np.float64)
        step = inverse @ gradient
        if abs(gradient @ step) < CONVERGED:
            infinite = any(np.ptp(part.covariates @ b) > LARGEST for part in groups)
            return None if infinite else Fit(b, inverse)
        for _ in range(STEPS):
            tried = _likelihood(groups, b + step)
            if tried[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2
        else:
            return None
        b, (value, gradient, information) = b + step, tried
    return None


def has_maximum(cell: Cell) -> bool:
    """Whether Luce strengths exist: from every value shown, each other one is reached by steps from the chosen to the
    not chosen (L. R. Ford, "Solution of a ranking problem from binary comparisons", 1957)."""
    sets, counts = cell.by_options
    size = len(cell.material.inventory)
    beats = np.zeros((size + 1, size + 1))
    for i in range(sets.shape[1]):
        for j in range(sets.shape[1]):
            if i != j:
                np.add.at(beats, (sets[:, i], sets[:, j]), counts[:, i])
    parts, _ = connected_components(beats[:size, :size] > 0, directed=True, connection="strong")
    return bool(parts == 1)


def expected(cell: Cell, counts: Array, utilities: Array) -> Array:
    """How often each value would be chosen (scenarios x values) in the questions answered, by the model."""
    chances = probabilities(cell.options, utilities)
    return cell.by_scenario(chances * counts.sum(axis=1, keepdims=True))


def _likelihood(groups: Sequence[Group], b: Array) -> tuple[float, Array, Array]:
    value, gradient, information = 0.0, np.zeros_like(b), np.zeros((len(b), len(b)))
    for part in groups:
        x = np.vstack([part.covariates, np.zeros(len(b))])[part.sets]  # sets x 4 x p
        p = probabilities(part.sets, part.covariates @ b)
        n = part.counts.sum(axis=1)
        chosen = part.counts > 0
        value += float((part.counts[chosen] * np.log(p[chosen])).sum())
        gradient += np.einsum("gk,gkp->p", part.counts - n[:, None] * p, x)
        centred = x - np.einsum("gk,gkp->gp", p, x)[:, None, :]
        information += np.einsum("gk,gkp,gkq->pq", n[:, None] * p, centred, centred, optimize=True)
    return value, gradient, information


def probabilities(options: Index, utilities: Array) -> Array:
    """Chance of each option (sets x options, by value); one that is not there (one past the last value) has none."""
    u = np.append(utilities, -np.inf)[options]
    weights = np.exp(u - u.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)

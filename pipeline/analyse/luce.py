"""Luce strengths: how strongly each value draws choices, whatever it happened to be shown with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.analyse.answers import Array, Cell
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.choice_model import Fit, expected, fit, group, has_maximum


@dataclass(frozen=True, slots=True)
class Strengths:
    """Strengths of the ten values, which sum to 1, with bounds."""

    estimate: Array
    low: Array
    high: Array


def scores(cell: Cell, found: Fit) -> Array:
    """What each scenario adds to the gradient of the likelihood at the estimate (scenarios x 10)."""
    return cell.chosen(cell.pooled) - expected(cell, cell.pooled, found.coefficients)


def strengths(cell: Cell, found: Fit, drawn_scores: Array, draws: Draws) -> Strengths:
    """Luce strengths of a cell with bounds, from the totals of its scores in the draws (draws x 10).

    A draw takes one Newton step from the estimate: b + H⁻¹ (sum of its scenarios' scores), which is as good as its own
    fit up to terms of order 1/n (R. Davidson and J. G. MacKinnon, "Bootstrap testing in nonlinear models", 1999).
    """
    low, high = draws.interval(
        softmax(found.coefficients + drawn_scores @ found.inverse), len(cell.scenarios)
    )
    return Strengths(softmax(found.coefficients), low, high)


def fitted(cell: Cell) -> Fit | None:
    """The logarithms of the strengths, of mean 0; None where they do not exist."""
    return fit([group(cell, np.eye(len(cell.material.inventory)))]) if has_maximum(cell) else None


def softmax(u: Array) -> Array:
    weights = np.exp(u - u.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)

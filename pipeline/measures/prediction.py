"""How well an observer guesses what a respondent does, from examples: F1, beside what guessing one answer gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.core.errors import InputError
from pipeline.measures import contingency


@dataclass(frozen=True, slots=True)
class Score:
    """``f1``: of 'true'; an answer that cannot be read is a miss of either class. ``majority_f1``: of always saying
    what more of the labels are, 'true' if they are even; of 'false' it is 0. ``auc`` takes the guesses as scores: 0, 1,
    one half for an unreadable one. ``n``: labels; ``unread``: of these, guesses that cannot be read."""

    f1: float
    accuracy: float
    auc: float | None
    majority_f1: float
    majority_accuracy: float
    n: int
    unread: int


def score(labels: ArrayLike, guesses: ArrayLike) -> Score:
    """``labels`` (n) are true or false, ``guesses`` (n) true, false or nan. InputError for no labels, or other numbers
    of guesses."""
    truth, said = np.asarray(labels, float), np.asarray(guesses, float)
    if not len(truth) or truth.shape != said.shape:
        raise InputError(f"{len(truth)} labels and {len(said)} guesses", where="prediction")
    yes, no = truth == 1, truth == 0
    table = np.array(
        [
            (yes & (said == 1)).sum(),
            (no & (said == 1)).sum(),
            (yes & (said != 1)).sum(),
            (no & (said == 0)).sum(),
        ],
        dtype=float,
    )
    share = float(yes.mean())
    rank = np.where(np.isnan(said), 0.5, said)
    wins = (rank[yes][:, None] > rank[no]).sum() + (rank[yes][:, None] == rank[no]).sum() / 2
    return Score(
        f1=float(contingency.f1(table)),
        accuracy=float((said == truth).mean()),
        auc=float(wins / (yes.sum() * no.sum())) if yes.any() and no.any() else None,
        majority_f1=2 * share / (1 + share) if share >= 0.5 else 0.0,
        majority_accuracy=max(share, 1 - share),
        n=len(truth),
        unread=int(np.isnan(said).sum()),
    )

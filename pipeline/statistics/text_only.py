"""The text-only baseline: how far the wording of an action gives its value away to somebody who never sees the post.

A bag of words (TF-IDF of single words and pairs of neighbours, a logistic regression for each value against the others)
learns from the actions of some scenarios and guesses the values of others, so that no scenario is guessed from itself.
What it finds, a reader can find without reading the post; an accuracy of experts or models says little where this one
is as high. Poliak et al. (2018), "Hypothesis Only Baselines in Natural Language Inference", is the same idea.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.cores import usable_cores
from pipeline.core.seeding import seeded_hash
from pipeline.statistics.intervals import Figure, missing, proportion
from pipeline.statistics.resampling import Array, Index

FOLDS = 5
# Pairs of neighbours are words too; one that only a single action has tells nothing about others.
NGRAMS = (1, 2)
ACTIONS_A_WORD = 2
# Inverse strength of the regularisation. Between 2 and 10 the accuracy on 6,000 real actions moves by one point.
STRENGTH = 4.0
TOO_FEW = "words are learnt from other scenarios, and there are no two"

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Guesses:
    """What the words say of each action.

    ``values``: the k values, sorted. ``intended``: place of each action's value among them (n). ``probabilities``
    (n x k): of each value, learnt from the actions of other scenarios; a row adds up to 1. ``scenarios``: number of
    each action's scenario (n).
    """

    values: tuple[str, ...]
    intended: Index
    probabilities: Array
    scenarios: Index

    @property
    def give_away(self) -> Array:
        """How far each action gives its value away: the probability of the intended value (n)."""
        return self.probabilities[np.arange(len(self.intended)), self.intended]

    @property
    def guessed(self) -> list[str]:
        """The most probable value of each action (n)."""
        return [self.values[place] for place in self.probabilities.argmax(axis=1)]

    @property
    def right_of_all(self) -> Flags:
        """Whether the most probable of all values is the intended one (n)."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.intended)

    def right_of_options(self, questions: Sequence[str]) -> Flags:
        """Whether, of the options of its question, the one most probable for an action's value is of that value (n).

        As in the mode selection: a value is named, and one of the options is to be picked for it.
        """
        right = np.zeros(len(self.intended), dtype=bool)
        for rows in _rows_of(questions):
            named = self.probabilities[np.ix_(rows, self.intended[rows])]  # option x value named
            right[rows] = self.intended[rows][named.argmax(axis=0)] == self.intended[rows]
        return right

    def accuracy(self, right: Flags, purpose: str, seed: int, among: Flags | None = None) -> Figure:
        """The share of actions guessed ``right``, of those ``among``, with an interval bootstrapped over scenarios."""
        among = np.ones(len(right), dtype=bool) if among is None else among
        size = int(self.scenarios.max(initial=-1)) + 1
        if size < 2:
            return missing(TOO_FEW)
        hits = np.bincount(self.scenarios[among & right], minlength=size)
        return proportion(hits, np.bincount(self.scenarios[among], minlength=size), purpose, seed)


@dataclass(frozen=True, slots=True)
class TellingWord:
    """A word or pair of words that speaks for a value.

    ``weight``: what it adds to the log odds of the value, on average over the actions of the value, beyond what it
    adds over all others. ``inside`` and ``outside``: shares of the actions of this value, and of all others, that hold
    it.
    """

    value: str
    word: str
    weight: float
    inside: float
    outside: float


def guess(texts: Sequence[str], values: Sequence[str], scenarios: Sequence[str], seed: int) -> Guesses:
    """The values of n actions, guessed from ``texts`` alone; those of one scenario are never learnt from themselves.

    Whole scenarios are dealt into five folds by ``seed``. Where there are no two scenarios, all values are equally
    probable.
    """
    names, intended = _numbered(values)
    _, groups = _numbered(scenarios)
    probabilities = np.full((len(texts), len(names)), 1 / max(len(names), 1))
    if (folds := min(FOLDS, int(groups.max(initial=-1)) + 1)) >= 2:
        counts, _ = _counts(texts)

        def learn(fold: tuple[Index, Index]) -> tuple[Index, Array]:
            training, held = fold
            return held, _learn(counts[training], intended[training], counts[held], len(names))

        with _one_thread_each(), ThreadPoolExecutor(min(usable_cores(), folds)) as threads:
            for held, found in threads.map(learn, _folds(groups, folds, seed)):
                probabilities[held] = found
    return Guesses(names, intended, probabilities, groups)


def telling_words(texts: Sequence[str], values: Sequence[str], number: int) -> list[TellingWord]:
    """The ``number`` words and pairs that speak most for each value, learnt from all actions."""
    names, intended = _numbered(values)
    if len(names) < 2:
        return []
    counts, words = _counts(texts)
    kept = _frequent(counts)
    counts, words = counts[:, kept], words[kept]
    if not len(words):
        return []
    with _one_thread_each():
        scale, model = _fit(counts, intended)
    added, present, found = scale.transform(counts), counts > 0, []
    for place, value in enumerate(names):
        mine = intended == place
        inside, outside = _mean(present[mine]), _mean(present[~mine])
        weights = (_mean(added[mine]) - _mean(added[~mine])) * _weights(model, place) * (inside > outside)
        for best in np.argsort(-weights, kind="stable")[:number]:
            if weights[best] > 0:
                shares = float(inside[best]), float(outside[best])
                found.append(TellingWord(value, str(words[best]), float(weights[best]), *shares))
    return found


def _learn(known: Any, intended: Index, unknown: Any, values: int) -> Array:
    """Probabilities (rows of ``unknown`` x values), learnt from the counts of words that are ``known``."""
    kept, there = _frequent(known), np.unique(intended)
    if not kept.any() or len(there) < 2:
        return np.full((unknown.shape[0], values), 1 / values)
    scale, model = _fit(known[:, kept], intended)
    probabilities = np.zeros((unknown.shape[0], values))
    probabilities[:, model.classes_] = model.predict_proba(scale.transform(unknown[:, kept]))
    return probabilities


def _fit(counts: Any, intended: Index) -> tuple[Any, Any]:
    """The scale of the words, and the classifier: liblinear, the fastest solver here, lets go of Python's lock."""
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    scale = TfidfTransformer()
    model = OneVsRestClassifier(LogisticRegression(C=STRENGTH, solver="liblinear"))
    return scale, model.fit(scale.fit_transform(counts), intended)


def _one_thread_each() -> AbstractContextManager[Any]:
    """The solver's own threads off: its steps are so short that they would wait for each other only."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def _weights(model: Any, place: int) -> Array:
    """Log odds that each word adds for the value at ``place``; of two values there is one classifier for both."""
    if len(model.estimators_) == 1:
        sign = 1.0 if place == 1 else -1.0
        return np.asarray(model.estimators_[0].coef_[0]) * sign
    return np.asarray(model.estimators_[place].coef_[0])


def _mean(rows: Any) -> Array:
    return np.asarray(rows.mean(axis=0)).ravel()


def _counts(texts: Sequence[str]) -> tuple[Any, NDArray[np.str_]]:
    """How often each word and pair of words is in each text (sparse, n x words), and the words."""
    from sklearn.feature_extraction.text import CountVectorizer

    # A sentinel, cut off again, so that texts without any word are no special case.
    vectorizer = CountVectorizer(ngram_range=NGRAMS, token_pattern=r"\w+")
    counts = vectorizer.fit_transform([*texts, "nothing"])[:-1]
    return counts.tocsr(), np.asarray(vectorizer.get_feature_names_out(), dtype=str)


def _frequent(counts: Any) -> Flags:
    return np.asarray(counts.getnnz(axis=0) >= ACTIONS_A_WORD)


def _folds(groups: Index, folds: int, seed: int) -> Any:
    from sklearn.model_selection import GroupKFold

    state = seeded_hash(seed, "text-only", "folds") % 2**32
    return GroupKFold(folds, shuffle=True, random_state=state).split(groups, groups=groups)


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], Index]:
    """The names that occur, sorted, and the place of each one's own."""
    known = tuple(sorted(set(names)))
    place = {name: number for number, name in enumerate(known)}
    return known, np.array([place[name] for name in names], dtype=np.int64)


def _rows_of(groups: Sequence[str]) -> list[Index]:
    """The rows of each group."""
    _, numbers = _numbered(groups)
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1) if len(order) else []

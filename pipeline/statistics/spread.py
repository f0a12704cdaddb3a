"""What raters' answers to an item say of the answers of further raters, and of the best possible score.

Each item has shares with which raters in general give the answers. They come from a Dirichlet distribution that is the
same for all items but for the expected answer, which has a concentration of its own: two numbers, estimated from all
items (empirical Bayes). After N. Lourie, R. Le Bras and Y. Choi, "Scruples", AAAI 2021, section 5, where no answer is
expected.

So an item is no more than how often its expected answer was given, and how often others were, in any order: with few
raters there are few such patterns, and all sums go over these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from pipeline.statistics.intervals import LEVEL, Figure
from pipeline.statistics.resampling import Array, Index, generator

DRAWS = 1000
# Of each concentration: nearly all raters alike, and nearly any answer as likely.
BOUNDS = (1e-4, 1e2)


@dataclass(frozen=True, slots=True)
class Spread:
    """``patterns`` (patterns x answers) are counts with the expected answer first, the others in falling order;
    ``pattern`` is by item, ``times`` how often each occurs, ``answers`` (items x answers) the column that each answer
    has in its item's pattern."""

    patterns: Array
    pattern: Index
    times: Array
    answers: Index

    @classmethod
    def of(cls, counts: Array, expected: Index) -> Spread:
        """From ``counts`` (items x answers); ``expected`` is an answer by item."""
        counts = np.asarray(counts, dtype=float)
        first = np.arange(counts.shape[1])[None, :] == np.asarray(expected)[:, None]
        order = np.argsort(np.where(first, -np.inf, -counts), axis=1, kind="stable")
        patterns, pattern, times = np.unique(
            np.take_along_axis(counts, order, axis=1), axis=0, return_inverse=True, return_counts=True
        )
        return cls(patterns, pattern.ravel(), times.astype(float), np.argsort(order, axis=1, kind="stable"))

    def next_answer(self) -> Array:
        """Probability (items x answers) that one more rater gives each answer to each item."""
        after = self.patterns + self._before(self.times)
        return np.take_along_axis(
            (after / after.sum(axis=1, keepdims=True))[self.pattern], self.answers, axis=1
        )

    def best_possible(self, seed: int) -> Figure:
        """The largest share of raters' answers that one answer an item can have, in expectation, over all items.

        Whoever knew each item's shares and always gave the most frequent answer would agree with so many raters. The
        interval leaves out each item, concentrations estimated anew (jackknife, on the scale of log odds).
        """
        items = int(self.times.sum())
        found = self._largest(self.times, seed)
        if len(self.times) < 2:
            return Figure(found, None, None, items, "all items are alike, so that there is no interval")
        # Items of one pattern are left out alike.
        left_out = special.logit([self._largest(self.times - one, seed) for one in np.eye(len(self.times))])
        mean = self.times @ left_out / items
        variance = (items - 1) / items * float(self.times @ (left_out - mean) ** 2)
        half = stats.t.ppf((1 + LEVEL) / 2, items - 1) * math.sqrt(variance)
        low, high = special.expit(special.logit(found) + np.array([-half, half]))
        return Figure(found, float(low), float(high), items)

    def _before(self, times: Array) -> Array:
        """The concentrations (answers) under which patterns that occur so often are likeliest."""
        width = self.patterns.shape[1]

        def unlikely(logs: Array) -> float:
            return -float(times @ _log_likelihoods(self.patterns, _spread_out(logs, width)))

        found = optimize.minimize(
            unlikely, x0=np.log([1.0, 0.1]), bounds=[np.log(BOUNDS)] * 2, method="L-BFGS-B"
        )
        return _spread_out(found.x, width)

    def _largest(self, times: Array, seed: int) -> float:
        """Mean over items of the expectation of the largest share."""
        rng = generator(seed, "best possible", whose="validation")
        shares = rng.standard_gamma(self.patterns + self._before(times), size=(DRAWS, *self.patterns.shape))
        total = shares.sum(axis=2)
        # Tiny concentrations may draw nothing but zeros: then one answer has all.
        largest = np.divide(shares.max(axis=2), total, out=np.ones_like(total), where=total > 0)
        return float(times @ largest.mean(axis=0) / times.sum())


def _spread_out(logs: Array, width: int) -> Array:
    """The concentration of the expected answer, and that of each other, by answer."""
    return np.exp(np.repeat(logs, [1, width - 1]))


def _log_likelihoods(counts: Array, before: Array) -> Array:
    """Of Dirichlet-multinomial counts, by row, up to what does not depend on the concentrations."""
    whole = special.gammaln(before.sum()) - special.gammaln((before + counts).sum(axis=1))
    each = special.gammaln(before + counts) - special.gammaln(before)
    return np.asarray(whole + each.sum(axis=1))

"""One model of choice: what draws choices apart from the values, in the same likelihood as these.

Of the options of a question under a prompt wording, respondent r chooses option j with P(j) = exp(u_j) / sum of exp(u),

    u_j = weight[r, value j] + letter[r, letter j] + generator[of j] + length * words j + wording[w, value j] + a_j,

where a_j, how good action j is to everybody, is normal with one standard deviation (a mixed logit: D. McFadden and
K. Train, "Mixed MNL models for discrete response", Journal of Applied Econometrics 15, 2000). An action is in one
question, so that the likelihood is a product over questions of integrals over a question's few actions. Each is done by
importance sampling about its mode (J. Liu and D. A. Pierce, "A note on Gauss-Hermite quadrature", Biometrika 81, 1994,
with draws in the place of nodes); draws are fixed, so that the likelihood is a function. Steps are those of E. R.
Berndt, B. H. Hall, R. E. Hall and J. A. Hausman (Annals of Economic and Social Measurement 3, 1974): they need only
what each question adds to the gradient, as does the covariance, clustered by scenario.

No library fits it: xlogit's random coefficients belong to who chooses, not to what is chosen, and it wants a dense
column for each of the hundreds of terms; statsmodels and choix have no random effects in choices among several.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import norm, qmc

from pipeline.statistics.resampling import Array, Index

DRAWS = 32
STEPS = 200
# Squared length of a step in standard errors: a thirtieth of one, about what the draws leave open.
CONVERGED = 1e-3
# The same for where no step gains anything, since the draws move with the modes.
NEAR = 0.05
# Log of the smallest standard deviation of the actions that is told from none.
FLOOR = float(np.log(0.1))
# Answers whose utilities are held at a time, for all draws of the actions.
ROWS = 40_000


@dataclass(frozen=True, slots=True)
class Block:
    """Terms of one sort: ``index`` (answers x options) is the term of each option, ``weight`` its factor (1, or words),
    ``contrasts`` (terms x parameters) turn parameters into terms, so that terms of a group sum to zero."""

    name: str
    index: Index
    contrasts: Array
    weight: Array | None = None


@dataclass(frozen=True)
class Choices:
    """Answers sorted by question: ``chosen`` (answers) is the place of the option, ``question`` and ``scenario``
    (answers) are numbers from 0, ``blocks`` what the utility is made of."""

    chosen: Index
    question: Index
    scenario: Index
    blocks: tuple[Block, ...]
    options: int

    @cached_property
    def questions(self) -> int:
        return int(self.question[-1]) + 1

    @cached_property
    def edges(self) -> Index:
        """Where each question's answers begin, and the end."""
        return np.searchsorted(self.question, np.arange(self.questions + 1))

    @property
    def parameters(self) -> int:
        """All but the standard deviation of the actions."""
        return sum(block.contrasts.shape[1] for block in self.blocks)

    def utilities(self, parameters: Array) -> Array:
        """Answers x options, without the actions."""
        found, first = np.zeros((len(self.chosen), self.options)), 0
        for block in self.blocks:
            size = block.contrasts.shape[1]
            terms = block.contrasts @ parameters[first : first + size]
            found += terms[block.index] if block.weight is None else terms[block.index] * block.weight
            first += size
        return found

    def scores(self, left: Array) -> Array:
        """What each question adds to the gradient (questions x parameters) from what utilities leave unexplained."""
        parts = []
        for block in self.blocks:
            terms = len(block.contrasts)
            weights = left if block.weight is None else left * block.weight
            place = self.question[:, None] * terms + block.index
            sums = np.bincount(place.ravel(), weights.ravel(), self.questions * terms)
            parts.append(sums.reshape(self.questions, terms) @ block.contrasts)
        return np.hstack(parts)


@dataclass(frozen=True, slots=True)
class Fitted:
    """``parameters`` (those of the blocks, then the logarithm of the actions' standard deviation, FLOOR where they
    do not differ) and their covariance, clustered by scenario."""

    parameters: Array
    covariance: Array
    log_likelihood: float
    scenarios: int


def sum_to_zero(groups: int, size: int) -> Array:
    """Contrasts of ``groups`` of ``size`` terms each (terms x parameters): orthonormal, of sum zero in a group."""
    one = np.linalg.qr(np.eye(size) - 1 / size)[0][:, : size - 1]
    return np.kron(np.eye(groups), one)


def fit(choices: Choices, seed: int) -> Fitted | None:
    """Maximum of the simulated likelihood; None where there is none within reach."""
    z = _draws(choices.questions, choices.options, seed)
    b = np.append(np.zeros(choices.parameters), np.log(0.5))
    modes: Array = np.zeros((choices.questions, choices.options))
    value, scores, modes = likelihood(choices, b, modes, z)
    for _ in range(STEPS):
        if b[-1] <= FLOOR and scores[:, -1].sum() <= 0:
            scores[:, -1] = 0  # stays where it is
        gradient = scores.sum(axis=0)
        step = np.linalg.lstsq(scores.T @ scores, gradient, rcond=1e-10)[0]
        distance = gradient @ step
        if distance < CONVERGED:
            break
        step = step * min(1.0, 2.0 / np.abs(step).max())
        for _ in range(12):
            to = b + step
            to[-1] = max(to[-1], FLOOR)
            tried, tried_scores, tried_modes = likelihood(choices, to, modes, z)
            if tried >= value:
                break
            step = step / 2
        else:
            if distance > NEAR:
                return None
            break
        b, value, scores, modes = to, tried, tried_scores, tried_modes
    else:
        return None
    return Fitted(b, _covariance(choices, scores), value, int(choices.scenario.max()) + 1)


def likelihood(choices: Choices, parameters: Array, start: Array, z: Array) -> tuple[float, Array, Array]:
    """The logarithm, what each question adds to its gradient, and the modes of the actions (questions x options).

    ``z`` (questions x draws x options) are standard normal draws. The gradient is the mean over draws of that of an
    answer whose actions are known, each draw weighted by how probable the answers make it (R. A. Fisher's identity).
    """
    utilities, sd = choices.utilities(parameters[:-1]), float(np.exp(parameters[-1]))
    total, left = 0.0, np.zeros_like(utilities)
    of_sd = np.zeros(choices.questions)
    modes: Array = np.zeros(start.shape)
    for first, last in _parts(choices):
        rows = slice(choices.edges[first], choices.edges[last])
        some = slice(first, last)
        part = _Part(utilities[rows], choices.chosen[rows], choices.question[rows] - first)
        modes[some], spread = part.mode(start[some], sd)
        found, left[rows], of_sd[some] = part.integrated(modes[some], spread, z[some], sd)
        total += found
    return total, np.column_stack([choices.scores(left), of_sd]), modes


@dataclass(frozen=True, slots=True)
class _Part:
    """Some questions: utilities (answers x options), the options chosen, and the question of each answer."""

    utilities: Array
    chosen: Index
    question: Index

    def by_question(self, per_answer: Array) -> Array:
        """Sums over the answers of each question; answers are in order of their questions."""
        return np.add.reduceat(per_answer, np.flatnonzero(np.diff(self.question, prepend=-1)), axis=0)

    @property
    def taken(self) -> Array:
        return np.asarray(np.eye(self.utilities.shape[1])[self.chosen])

    def mode(self, actions: Array, sd: float) -> tuple[Array, Array]:
        """Where the actions of each question are most probable, and a square root of their covariance there."""
        counts = self.by_question(self.taken)
        for _ in range(25):
            expected, curvature = self._slopes(actions, sd)
            gradient = counts - expected - actions / sd**2
            step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
            actions = actions + np.clip(step, -2, 2)
            if np.abs(step).max() < 1e-7:
                break
        _, curvature = self._slopes(actions, sd)
        return actions, np.linalg.cholesky(np.linalg.inv(curvature))

    def _slopes(self, actions: Array, sd: float) -> tuple[Array, Array]:
        """How often each option is expected (questions x options), and minus the second derivative."""
        options = range(self.utilities.shape[1])
        p = _softmax(self.utilities + actions[self.question])
        expected = self.by_question(p)
        curvature = -self.by_question(p[:, :, None] * p[:, None, :])
        curvature[:, options, options] += expected + 1 / sd**2
        return expected, curvature

    def integrated(self, modes: Array, spread: Array, z: Array, sd: float) -> tuple[float, Array, Array]:
        """The logarithm of the likelihood, what is left unexplained (answers x options), the gradient for log sd."""
        options = z.shape[2]
        actions = modes[:, None, :] + np.einsum("qij,qdj->qdi", spread, z)
        u = self.utilities[:, None, :] + actions[self.question]
        u -= u.max(axis=2, keepdims=True)
        weights = np.exp(u)
        sums = weights.sum(axis=2)
        rows = np.arange(len(u))
        of_answers = self.by_question(u[rows, :, self.chosen] - np.log(sums))
        square = (actions**2).sum(axis=2) / sd**2
        of_actions = -0.5 * square - options * np.log(sd)
        proposed = (
            -0.5 * (z**2).sum(axis=2) - np.log(spread[:, range(options), range(options)]).sum(axis=1)[:, None]
        )
        log = of_answers + of_actions - proposed
        largest = log.max(axis=1, keepdims=True)
        share = np.exp(log - largest)
        mean = share.mean(axis=1)
        share /= share.sum(axis=1, keepdims=True)
        weights *= (share[self.question] / sums)[:, :, None]
        left = self.taken - weights.sum(axis=1)
        return float((np.log(mean) + largest[:, 0]).sum()), left, (share * (square - options)).sum(axis=1)


def _softmax(u: Array) -> Array:
    weights = np.exp(u - u.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _draws(questions: int, options: int, seed: int) -> Array:
    """Questions x draws x options: scrambled points, moved by a random amount for each question, and their mirror
    images."""
    rng = np.random.default_rng(seed)
    points = qmc.Sobol(options, rng=rng).random(DRAWS // 2)
    moved = (points[None] + rng.random((questions, 1, options))) % 1
    z = norm.ppf(np.clip(moved, 1e-6, 1 - 1e-6))
    return np.concatenate([z, -z], axis=1)


def _parts(choices: Choices) -> list[tuple[int, int]]:
    """First and last question (without the last) of parts with about ROWS answers."""
    parts, first = [], 0
    while first < choices.questions:
        last = int(np.searchsorted(choices.edges, choices.edges[first] + ROWS, side="right")) - 1
        parts.append((first, min(max(last, first + 1), choices.questions)))
        first = parts[-1][1]
    return parts


def _covariance(choices: Choices, scores: Array) -> Array:
    """A⁻¹ B A⁻¹ n / (n - 1): A from what questions add to the gradient, B from what the n scenarios add."""
    of_question = choices.scenario[choices.edges[:-1]]
    n = int(choices.scenario.max()) + 1
    by_scenario = np.zeros((n, scores.shape[1]))
    np.add.at(by_scenario, of_question, scores)
    inverse = np.linalg.pinv(scores.T @ scores, hermitian=True)
    return np.asarray(inverse @ (by_scenario.T @ by_scenario) @ inverse * n / max(n - 1, 1))

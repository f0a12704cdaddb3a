"""Conditional logit: does what a respondent declares say which of four actions it chooses?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, Cell
from pipeline.analyse.choice_model import Fit, Group, expected, fit, group
from pipeline.analyse.declared import Declarations, Declared, comparable
from pipeline.analyse.notes import EVERYTHING, Notebook
from pipeline.tables import ConditionalLogit, conform

Member = tuple[Cell, Array]  # a respondent's choices, and the covariates of the values for it (values x p)


def conditional_logit(
    answers: Answers,
    declared: Declarations,
    agents: Agents,
    confidence: float,
    notes: Notebook,
) -> pl.DataFrame:
    """Table ConditionalLogit: each respondent, and all of a kind pooled, with and without constants of the values; for
    each instrument."""
    rows = [
        {"instrument": instrument, **row}
        for instrument, of in comparable(
            declared, answers.material.inventory, "conditional_logit", notes
        ).items()
        for row in _of_instrument(answers, of, agents, confidence, notes)
    ]
    asked = {cell.respondent for cell in answers.of("default")}
    if not any(asked & set(of) for of in declared.values()):
        notes.add(
            "conditional_logit",
            EVERYTHING,
            "no_pairs",
            "Nobody has both choices and an instrument that counts, so that no conditional logit can be fitted.",
        )
    return conform(ConditionalLogit, rows, where="conditional logit")


def _of_instrument(
    answers: Answers,
    declared: Mapping[str, Declared],
    agents: Agents,
    confidence: float,
    notes: Notebook,
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    members: dict[str, list[Member]] = {}
    for cell in answers.of("default"):
        if cell.respondent in declared:
            one = declared[cell.respondent].centred.mean(axis=0)[:, None]
            members.setdefault(agents.kind[cell.respondent], []).append((cell, one))
    for kind, every in sorted(members.items()):
        for member in every:
            rows += list(_row("respondent", member[0].respondent, "declared", [member], confidence, notes))
        standing = set(agents.main(cell.respondent for cell, _ in every))
        of_kind = [(cell, one) for cell, one in every if cell.respondent in standing]
        if len(of_kind) > 1:
            rows += list(_row("kind", kind, "declared", of_kind, confidence, notes))
            constants = np.eye(len(answers.material.inventory))[
                :, 1:
            ]  # the first value is the one that the others are compared with
            beside = [(cell, np.column_stack([one, constants])) for cell, one in of_kind]
            rows += list(_row("kind", kind, "declared_and_values", beside, confidence, notes))
        else:
            notes.add(
                "conditional_logit",
                kind,
                "one_respondent",
                f"There is one agent of kind {kind}, so that nothing can be pooled: constants of the values need "
                "respondents who declare different things.",
            )
    return rows


def clustered(members: Sequence[Member], found: Fit) -> tuple[Array, int]:
    """Covariance of the coefficients, clustered by scenario over all respondents; the number of scenarios.

    H⁻¹ (sum of g g') H⁻¹ with g the score of a scenario, times n / (n - 1) (K.-Y. Liang and S. L. Zeger, Biometrika 73,
    1986).
    """
    material = members[0][0].material
    scores = np.zeros((material.scenarios, len(found.coefficients)))
    seen = np.zeros(material.scenarios, dtype=bool)
    for cell, x in members:
        left = cell.chosen(cell.pooled) - expected(cell, cell.pooled, x @ found.coefficients)
        scores[cell.scenarios] += left @ x
        seen[cell.scenarios] = True
    n = int(seen.sum())
    return found.inverse @ (scores.T @ scores) @ found.inverse * n / max(n - 1, 1), n


def jackknife(groups: Sequence[Group]) -> float | None:
    """Standard error of the first coefficient with the ten values as a sample: each is left out once.

    An option of the value is taken out of its questions and the choices of it with it, which leaves the others' odds
    as they were (R. D. Luce, 1959). sqrt((n - 1) / n sum of (b - mean b)²), after J. W. Tukey, 1958.
    """
    found, size = [], len(groups[0].covariates)
    for value in range(size):
        rest = [
            Group(
                np.where(part.sets == value, size, part.sets),
                np.where(part.sets == value, 0, part.counts),
                part.covariates,
            )
            for part in groups
        ]
        again = fit(rest)
        if again is None:
            return None
        found.append(again.coefficients[0])
    return float(np.sqrt((size - 1) / size * ((np.array(found) - np.mean(found)) ** 2).sum()))


def _row(
    scope: str, name: str, model: str, members: Sequence[Member], confidence: float, notes: Notebook
) -> Iterator[dict[str, object]]:
    groups = [group(cell, x) for cell, x in members]
    found = fit(groups) if _identified(groups) else None
    if found is None:
        notes.add(
            "conditional_logit",
            name,
            f"not_estimable_{model}",
            f"The conditional logit of {name} ({model.replace('_', ' ')}) has no estimate: what is declared does not "
            "vary, or it separates the actions chosen from the others completely.",
        )
        return
    covariance, scenarios = clustered(members, found)
    coefficient, error = float(found.coefficients[0]), float(np.sqrt(max(covariance[0, 0], 0)))
    if scenarios < 2 or error == 0:
        notes.add(
            "conditional_logit",
            name,
            f"no_standard_error_{model}",
            f"The conditional logit of {name} has no standard error: {scenarios} scenarios are too few.",
        )
        return
    of_values = jackknife(groups)
    if of_values is None:
        notes.add(
            "conditional_logit",
            name,
            f"no_test_{model}",
            f"The conditional logit of {name} ({model.replace('_', ' ')}) has no test: without one of the values it "
            "has no estimate.",
        )
    yield {
        "scope": scope,
        "name": name,
        "model": model,
        "respondents": len(members),
        "choices": int(sum(cell.pooled.sum() for cell, _ in members)),
        "scenarios": scenarios,
        "coefficient": coefficient,
        "odds_ratio": float(np.exp(coefficient)),
        **_tested(coefficient, of_values, len(groups[0].covariates) - 1, confidence),
        "scenario_standard_error": error,
        "scenario_low": coefficient - (half := stats.t.ppf((1 + confidence) / 2, scenarios - 1) * error),
        "scenario_high": coefficient + half,
    }


def _tested(coefficient: float, error: float | None, freedom: int, confidence: float) -> dict[str, object]:
    """Bounds and p with the values as a sample: what is declared is one number a value, however many choices there
    are, so that values are the unit of any claim about it."""
    if not error:
        return {}
    half = stats.t.ppf((1 + confidence) / 2, freedom) * error
    return {
        "standard_error": error,
        "low": coefficient - half,
        "high": coefficient + half,
        "p": float(2 * stats.t.sf(abs(coefficient) / error, freedom)),
    }


def _identified(groups: Sequence[Group]) -> bool:
    """Whether the covariates vary among the options shown, each in a way that the others do not."""
    differences = []
    for part in groups:
        x = np.vstack([part.covariates, np.zeros(part.covariates.shape[1])])[part.sets]
        there = (part.sets < len(part.covariates)) & (part.counts.sum(axis=1, keepdims=True) > 0)
        first = x[:, :1]
        differences.append(((x - first) * there[:, :, None]).reshape(-1, x.shape[2]))
    return bool(np.linalg.matrix_rank(np.vstack(differences)) == differences[0].shape[1])

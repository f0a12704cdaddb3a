"""Respondents whose values are known, because we chose them: for power analysis, and for checking the statistics.

A simulated respondent has an enacted and a declared strength s for each of the ten values and answers questions by
Luce's rule (R. D. Luce, "Individual Choice Behavior", 1959): of the options shown, option i is chosen with

    P(i) = s_i b_i / sum_j s_j b_j

where b is its bias for what is shown as A, B, C, ... (1 where it has none), and s of an action that opposes its value
is 1 over the value's strength. In selection and adoption it picks the
target with a given chance and falls back on the rule otherwise; where "none of these" is offered it takes that with a
given chance. A share of its answers is random (noise), a share refused. It is a table of chances: no model answers,
nothing is asked, and kind, group and source of its rows say that it is simulated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

from pipeline.administer.design import Design
from pipeline.core.seeding import seeded_hash
from pipeline.instruments.pvq import SCALE, VALUE_OF
from pipeline.params.evaluation import SimulatedRespondent
from pipeline.tables.columns import LETTERS, STANCES
from pipeline.values.schwartz import SLUGS

SOURCE = "simulated: answers drawn by Luce's rule from strengths set in params; no model, no person"

# Ratings of 1 to 6: a value of mean declared log strength is rated about 3.5, one standard deviation more is SPREAD
# points more; single answers scatter by SCATTER points around that.
MIDDLE, SPREAD, SCATTER = 3.5, 1.2, 0.7
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Strengths:
    """The truth about a simulated respondent: a strength above 0 for each value; only their ratios matter."""

    enacted: dict[str, float]
    declared: dict[str, float]


def strengths(agent: SimulatedRespondent) -> Strengths:
    """Those given in params, else those drawn from ``profile``: log-normal with ``spread``; the logarithms of
    declared strengths are drawn to correlate by ``agreement`` with those of enacted ones."""
    enacted, declared = {}, {}
    for value in SLUGS:
        first, second = (
            _NORMAL.inv_cdf(_uniform(agent.profile, f"{which} strength", value))
            for which in ("enacted", "declared")
        )
        mixed = agent.agreement * first + math.sqrt(1 - agent.agreement**2) * second
        enacted[value] = math.exp(agent.spread * first)
        declared[value] = math.exp(agent.spread * mixed)
    return Strengths(agent.enacted or enacted, agent.declared or declared)


def choose(
    name: str, agent: SimulatedRespondent, choices: pl.DataFrame, options: pl.DataFrame, seed: int
) -> pl.DataFrame:
    """Status and letter for every row of ``Design.choices``; ``options`` is the table Options.

    Draws depend on the respondent's name, the question and how it is shown, never on the other rows.
    """
    truth = np.array([strengths(agent).enacted[value] for value in SLUGS])
    shown, opposes = _shown(choices, options)
    bias = np.array([*agent.position_bias, *[1.0] * len(LETTERS)])[: shown.shape[1]]
    weights = np.where(opposes, 1 / truth[shown], truth[shown]) * bias
    target = choices["target_value"].replace_strict(_INDEX, default=-1, return_dtype=pl.Int64).to_numpy()
    mode = choices["mode"].to_numpy()
    draw = _draws(name, choices, ("mode", "language", "wording", "repeat", "order", "question_id"), seed)

    skill = np.where(mode == "selection", agent.selection, np.where(mode == "adoption", agent.adoption, 0.0))
    knows = draw("skill") < skill
    weights = np.where(
        knows[:, None] & (target >= 0)[:, None], (shown == target[:, None]) & ~opposes, weights
    )
    weights = np.where((draw("noise") < agent.noise)[:, None], 1.0, weights)
    chances = np.cumsum(weights, axis=1) / np.sum(weights, axis=1, keepdims=True)
    letter = np.array(list(LETTERS))[(draw("choice")[:, None] >= chances[:, :-1]).sum(axis=1)]

    abstains = (mode == "abstain") & (draw("abstention") < agent.abstentions)
    refuses = draw("refusal") < agent.refusals
    status = np.where(refuses, "refused", np.where(abstains, "abstained", "answered"))
    return pl.DataFrame(
        {"status": status, "letter": letter}, schema={"status": pl.String, "letter": pl.String}
    ).with_columns(letter=pl.when(pl.col("status") == "answered").then("letter"))


def rate_items(
    name: str, agent: SimulatedRespondent, design: Design, seed: int
) -> list[list[tuple[str, int | None]]]:
    """Status and answer of the forty items, in shown order, for every row of ``Design.pvq``.

    A refusal is of a whole administration.
    """
    means = _rating_means(strengths(agent).declared)
    answers = []
    for administration, items in design.pvq.select("administration", "items").iter_rows():
        keys = [f"pvq {administration} {item}" for item in items]
        values = [VALUE_OF[item] for item in items]
        answers.append(_rate(name, agent, keys, values, means, seed))
    return answers


def rate_values(
    name: str, agent: SimulatedRespondent, design: Design, seed: int
) -> list[list[tuple[str, int | None]]]:
    """Status and rating of the ten values, in shown order, for every row of ``Design.ratings``.

    What applies is rated by enacted strengths."""
    means = _rating_means(strengths(agent).enacted)
    answers = []
    for language, wording, repeat, scenario, values in design.ratings.select(
        "language", "wording", "repeat", "scenario_id", "values"
    ).iter_rows():
        keys = [f"rating {language} {wording} {repeat} {scenario} {value}" for value in values]
        answers.append(_rate(name, agent, keys, values, means, seed))
    return answers


_INDEX = {value: index for index, value in enumerate(SLUGS)}


def _shown(choices: pl.DataFrame, options: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Index into SLUGS of the value shown at each letter (rows x options), and whether the action opposes it."""
    size = options.select(pl.col("position").max()).item() or 1
    dealt = (
        options.sort("position")
        .group_by("question_id")
        .agg(
            pl.col("value").replace_strict(_INDEX, return_dtype=pl.Int64),
            opposes=(pl.col("stance") == STANCES[1]).cast(pl.Int64),
        )
    )
    rows = choices.join(dealt, on="question_id", how="left", validate="m:1", maintain_order="left")
    places = np.stack(
        [choices["order"].str.slice(place, 1).cast(pl.Int64).to_numpy() - 1 for place in range(size)],
        axis=1,
    )
    values, opposes = (
        np.take_along_axis(rows[name].list.to_array(size).to_numpy().reshape(-1, size), places, axis=1)
        for name in ("value", "opposes")
    )
    return values, opposes == 1


def _draws(name: str, rows: pl.DataFrame, columns: Iterable[str], seed: int):
    """A function from a purpose to one uniform number a row."""
    keys = rows.select(pl.concat_str(columns, separator=" ")).to_series().to_list()

    def draw(purpose: str) -> np.ndarray:
        return np.array([_uniform(seed, f"simulated {name} {purpose}", key) for key in keys])

    return draw


def _rating_means(truth: dict[str, float]) -> dict[str, float]:
    logs = np.log([truth[value] for value in SLUGS])
    spread = logs.std()
    scores = (logs - logs.mean()) / spread if spread > 0 else logs * 0
    return {value: MIDDLE + SPREAD * float(score) for value, score in zip(SLUGS, scores, strict=True)}


def _rate(
    name: str,
    agent: SimulatedRespondent,
    keys: list[str],
    values: Iterable[str],
    means: dict[str, float],
    seed: int,
) -> list[tuple[str, int | None]]:
    purpose = f"simulated {name}"
    if _uniform(seed, f"{purpose} refusal", keys[0]) < agent.refusals:
        return [("refused", None)] * len(keys)
    ratings = []
    for key, value in zip(keys, values, strict=True):
        draw = _uniform(seed, f"{purpose} rating", key)
        if _uniform(seed, f"{purpose} noise", key) < agent.noise:
            rating = 1 + int(draw * len(SCALE))
        else:
            rating = round(means[value] + SCATTER * _NORMAL.inv_cdf(draw))
        ratings.append(("answered", min(max(rating, SCALE[0]), SCALE[-1])))
    return ratings


def _uniform(seed: int, purpose: str, key: str) -> float:
    """Uniform in the open interval (0, 1)."""
    return (seeded_hash(seed, purpose, key) // 2**11 + 0.5) / 2**53

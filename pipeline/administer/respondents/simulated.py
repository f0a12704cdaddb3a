"""Respondents whose values are known, because we chose them: for power analysis, and for checking the statistics.

A simulated respondent has an enacted and a declared strength s for each value of the inventory and answers questions by
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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from pipeline.administer.kind import Kind
from pipeline.core.errors import ParamsError
from pipeline.core.seeding import seeded_hash
from pipeline.params.base import Fraction
from pipeline.params.evaluation import Respondent
from pipeline.tables.columns import LETTERS, STANCES

if TYPE_CHECKING:
    from pipeline.administer.answers import Answers, Scale
    from pipeline.administer.asking import Read
    from pipeline.administer.design import Design, Material
    from pipeline.instruments import Instrument
    from pipeline.params import Params
    from pipeline.values import Inventory

SOURCE = "simulated: answers drawn by Luce's rule from strengths set in params; no model, no person"

# Ratings of 1 to 6: a value of mean declared log strength is rated about 3.5, one standard deviation more is SPREAD
# points more; single answers scatter by SCATTER points around that. On another scale likewise, by its length.
SPREAD, SCATTER, POINTS = 1.2, 0.7, 5
_NORMAL = NormalDist()
Strength = Annotated[float, Field(gt=0)]


class Settings(Respondent):
    """An agent whose value strengths are known.

    Strengths are drawn from ``profile``, or given. A strength is relative: twice as strong is chosen twice as often.
    """

    kind: Literal["simulated"]
    group: str = "simulated"
    profile: int = 0
    # Standard deviation of the logarithms of drawn strengths; correlation between those of declared and enacted.
    spread: Annotated[float, Field(ge=0)] = 0.8
    agreement: Annotated[float, Field(ge=-1, le=1)] = 0.3
    enacted: dict[str, Strength] | None = None
    declared: dict[str, Strength] | None = None
    # Factors on the strengths of what is shown as A, B, C, ...; 1 for letters beyond.
    position_bias: tuple[Strength, ...] = (1, 1, 1, 1)
    # Shares of answers that are random, and that are refused.
    noise: Fraction = 0
    refusals: Fraction = 0
    # Chances of "none of these" where it is offered, and of picking the target in selection and adoption.
    abstentions: Fraction = 0.1
    selection: Fraction = 0.9
    adoption: Fraction = 0.85
    # Of a pair of actions: factor on the strength of the one that expresses the value where the prompt names it.
    naming: Strength = 1

    def check(self, where: str, values: Inventory) -> None:
        for field, given in (("enacted", self.enacted), ("declared", self.declared)):
            if given is not None and set(given) != set(values.slugs):
                raise ValueError(
                    f"{where}.{field}: a strength for each of {values.title} is needed: {', '.join(values.slugs)}"
                )


def answers(name: str, params: Params, material: Material, read: Read | None) -> Answers:
    """Draws the answers; neither ``read`` nor ``material.actions`` is looked at."""
    from pipeline.administer.answers import Answers, choices_table, items_table, ratings_table
    from pipeline.administer.design import design_for, languages_of
    from pipeline.administer.wordings import load_wordings

    agent = params.respondents[name]
    if not isinstance(agent, Settings):
        raise ParamsError("it is not simulated", where=f"respondents.{name}")
    design = design_for(params, name, material.scenarios, material.questions, material.size)
    values, seed = params.values, params.seed
    letters = choose(name, agent, design.choices, material.options, values, seed)
    items = rate_items(name, agent, design, values, seed)
    rated = rate_values(name, agent, design, values, seed)
    return Answers(
        row(name, agent),
        choices_table(name, design, letters, material.options, material.questions),
        items_table(name, design, load_wordings(params, languages_of(params, name)), items),
        ratings_table(name, design, rated),
    )


def row(name: str, agent: Settings) -> pl.DataFrame:
    """Its row of the table Respondents."""
    from pipeline.administer.answers import respondent_row

    return respondent_row(
        respondent=name,
        kind="simulated",
        group=agent.group,
        source=SOURCE,
        agent=agent.agent,
        condition=agent.condition or ", ".join(agent.asked_otherwise),
    )


@dataclass(frozen=True, slots=True)
class Strengths:
    """The truth about a simulated respondent: a strength above 0 for each value; only their ratios matter."""

    enacted: dict[str, float]
    declared: dict[str, float]


def strengths(agent: Settings, values: Inventory) -> Strengths:
    """Those given in params, else those drawn from ``profile``: log-normal with ``spread``; the logarithms of
    declared strengths are drawn to correlate by ``agreement`` with those of enacted ones."""
    enacted, declared = {}, {}
    for value in values.slugs:
        first, second = (
            _NORMAL.inv_cdf(_uniform(agent.profile, f"{which} strength", value))
            for which in ("enacted", "declared")
        )
        mixed = agent.agreement * first + math.sqrt(1 - agent.agreement**2) * second
        enacted[value] = math.exp(agent.spread * first)
        declared[value] = math.exp(agent.spread * mixed)
    given = (agent.enacted or enacted, agent.declared or declared)
    return Strengths(*({value: strength[value] for value in values.slugs} for strength in given))


def choose(
    name: str,
    agent: Settings,
    choices: pl.DataFrame,
    options: pl.DataFrame,
    values: Inventory,
    seed: int,
    favour: NDArray[np.float64] | None = None,
) -> pl.DataFrame:
    """Status and letter for every row of ``Design.choices``; ``options`` is the table Options. ``favour``: for each row
    a factor on the strength of actions that express their value, 1 where it is not given.

    Draws depend on the respondent's name, the question and how it is shown, never on the other rows.
    """
    strength = strengths(agent, values).enacted
    truth = np.array([strength[value] for value in values.slugs])
    shown, opposes = _shown(choices, options, values)
    bias = np.array([*agent.position_bias, *[1.0] * len(LETTERS)])[: shown.shape[1]]
    expressing = truth[shown] * (1.0 if favour is None else favour[:, None])
    weights = np.where(opposes, 1 / truth[shown], expressing) * bias
    target = (
        choices["target_value"].replace_strict(values.index, default=-1, return_dtype=pl.Int64).to_numpy()
    )
    mode = choices["mode"].to_numpy()
    draw = _draws(name, choices, ("mode", "language", "wording", "repeat", "order", "question_id"), seed)

    skill = np.where(mode == "selection", agent.selection, np.where(mode == "adoption", agent.adoption, 0.0))
    knows = draw("skill") < skill
    wanted = (shown == target[:, None]) & ~opposes
    weights = np.where(knows[:, None] & (target >= 0)[:, None], wanted, weights)
    weights = np.where((draw("noise") < agent.noise)[:, None], 1.0, weights)
    chances = np.cumsum(weights, axis=1) / np.sum(weights, axis=1, keepdims=True)
    letter = np.array(list(LETTERS))[(draw("choice")[:, None] >= chances[:, :-1]).sum(axis=1)]

    abstains = (mode == "abstain") & (draw("abstention") < agent.abstentions)
    refuses = draw("refusal") < agent.refusals
    status = np.where(refuses, "refused", np.where(abstains, "abstained", "answered"))
    return pl.DataFrame(
        {"status": status, "letter": letter}, schema={"status": pl.String, "letter": pl.String}
    ).with_columns(letter=pl.when(pl.col("status") == "answered").then("letter"))


def rate_items(name: str, agent: Settings, design: Design, values: Inventory, seed: int) -> list[Scale]:
    """Status and answer of an instrument's items, in shown order, for every row of ``Design.items``.

    A refusal is of a whole administration. An item's value that lies within one of the inventory is rated as that one,
    and one that lies within none as one of mean strength.
    """
    from pipeline.instruments import load

    declared = strengths(agent, values).declared
    means: dict[str, dict[str, float]] = {}
    answers = []
    for given, administration, items in design.items.select(
        "instrument", "administration", "items"
    ).iter_rows():
        instrument = load(given)
        if given not in means:
            means[given] = _item_means(declared, instrument, values)
        keys = [f"{instrument.seeded_as} {administration} {item}" for item in items]
        around = [means[given][instrument.value_of[item]] for item in items]
        said = _rate(name, agent, keys, around, instrument.scale, seed)
        answers.append(_unsaid(said, instrument))
    return answers


def rate_values(name: str, agent: Settings, design: Design, values: Inventory, seed: int) -> list[Scale]:
    """Status and rating of the values, in shown order, for every row of ``Design.ratings``.

    What applies is rated by enacted strengths."""
    from pipeline.administer.requests import RATINGS

    means = _rating_means(strengths(agent, values).enacted, RATINGS)
    answers = []
    for language, wording, repeat, scenario, shown in design.ratings.select(
        "language", "wording", "repeat", "scenario_id", "values"
    ).iter_rows():
        keys = [f"rating {language} {wording} {repeat} {scenario} {value}" for value in shown]
        answers.append(_unsaid(_rate(name, agent, keys, [means[value] for value in shown], RATINGS, seed)))
    return answers


def rate_declared(
    name: str,
    agent: Settings,
    asked: Iterable[tuple[str, Sequence[str]]],
    scale: tuple[int, ...],
    values: Inventory,
    seed: int,
) -> list[Scale]:
    """Status and rating, high for a value that is held, of the values of each request, in shown order.

    ``asked`` has what is particular to a request, and its values. They are rated by declared strengths."""
    means = _rating_means(strengths(agent, values).declared, scale)
    return [
        _unsaid(_rate(name, agent, [f"{key} {v}" for v in shown], [means[v] for v in shown], scale, seed))
        for key, shown in asked
    ]


def _item_means(declared: dict[str, float], instrument: Instrument, values: Inventory) -> dict[str, float]:
    """Where the answers to items of each of the instrument's values lie; ParamsError where its values and those of the
    inventory do not compare."""
    members = instrument.inventory.members(values)
    if members is None:
        raise ParamsError(
            f"a simulated respondent has strengths of {values.title}, and the {instrument.title} asks for "
            f"{instrument.inventory.title}",
            where=f"instruments.{instrument.name}",
            remedy="choose instruments whose values are those of the inventory or lie within them",
        )
    means = _rating_means(declared, instrument.scale)
    middle = (instrument.low + instrument.high) / 2
    within = {fine: value for value, fines in members.items() for fine in fines}
    return {
        value: means[within[value]] if value in within else middle for value in instrument.inventory.slugs
    }


def _shown(
    choices: pl.DataFrame, options: pl.DataFrame, values: Inventory
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Place in the inventory of the value shown at each letter (rows x options), and whether the action opposes it."""
    size = options.select(pl.col("position").max()).item() or 1
    dealt = (
        options.sort("position")
        .group_by("question_id")
        .agg(
            pl.col("value").replace_strict(values.index, return_dtype=pl.Int64),
            opposes=(pl.col("stance") == STANCES[1]).cast(pl.Int64),
        )
    )
    rows = choices.join(dealt, on="question_id", how="left", validate="m:1", maintain_order="left")
    places = np.stack(
        [choices["order"].str.slice(place, 1).cast(pl.Int64).to_numpy() - 1 for place in range(size)],
        axis=1,
    )
    found, opposes = (
        np.take_along_axis(rows[name].list.to_array(size).to_numpy().reshape(-1, size), places, axis=1)
        for name in ("value", "opposes")
    )
    return np.asarray(found), np.asarray(opposes == 1)


def _draws(
    name: str, rows: pl.DataFrame, columns: Iterable[str], seed: int
) -> Callable[[str], NDArray[np.float64]]:
    """A function from a purpose to one uniform number a row."""
    keys = rows.select(pl.concat_str(columns, separator=" ")).to_series().to_list()

    def draw(purpose: str) -> NDArray[np.float64]:
        return np.array([_uniform(seed, f"simulated {name} {purpose}", key) for key in keys])

    return draw


def _rating_means(truth: dict[str, float], scale: tuple[int, ...]) -> dict[str, float]:
    logs = np.log(list(truth.values()))
    spread = logs.std()
    scores = (logs - logs.mean()) / spread if spread > 0 else logs * 0
    middle, unit = (scale[0] + scale[-1]) / 2, (scale[-1] - scale[0]) / POINTS
    return {value: middle + SPREAD * unit * float(score) for value, score in zip(truth, scores, strict=True)}


def _rate(
    name: str,
    agent: Settings,
    keys: list[str],
    means: list[float],
    scale: tuple[int, ...],
    seed: int,
) -> list[tuple[str, int | None]]:
    purpose = f"simulated {name}"
    if _uniform(seed, f"{purpose} refusal", keys[0]) < agent.refusals:
        return [("refused", None)] * len(keys)
    unit = (scale[-1] - scale[0]) / POINTS
    ratings: list[tuple[str, int | None]] = []
    for key, mean in zip(keys, means, strict=True):
        draw = _uniform(seed, f"{purpose} rating", key)
        if _uniform(seed, f"{purpose} noise", key) < agent.noise:
            rating = scale[0] + int(draw * len(scale))
        else:
            rating = round(mean + SCATTER * unit * _NORMAL.inv_cdf(draw))
        ratings.append(("answered", min(max(rating, scale[0]), scale[-1])))
    return ratings


def _unsaid(answers: list[tuple[str, int | None]], instrument: Instrument | None = None) -> Scale:
    """Answers in the form of read ones, as the instrument codes them: nothing was said, nothing was asked."""
    turn = instrument.turned if instrument else int
    return [(status, None if one is None else turn(one), None, None, None) for status, one in answers]


def _uniform(seed: int, purpose: str, key: str) -> float:
    """Uniform in the open interval (0, 1)."""
    return (seeded_hash(seed, purpose, key) // 2**11 + 0.5) / 2**53


ENTRY = Kind(settings=Settings, answers=answers)

"""Answers as arrays: what each respondent chose in each mode, counted by question, condition and option.

Everything that the analysis says of choices is a function of these counts and of the scenarios that the questions
belong to. A condition is a language and a wording of the prompt; repeats and orders of options are pooled in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.core.errors import InputError
from pipeline.statistics.resampling import Array, Index
from pipeline.tables import check_values
from pipeline.tables.columns import LETTERS
from pipeline.values import Inventory


@dataclass(frozen=True, slots=True)
class Material:
    """The questions that were asked. Scenarios and questions are numbered; both orders are those of their ids.

    ``scenario_of`` and ``category_of`` are by question, the latter an index into ``categories``;
    ``values`` (questions x options) holds the values of the options in dealt order, by their place in ``inventory``; an
    option that a question does not have is one past the last. ``sets`` (sets x options) are the distinct sets of
    values, each in ascending order; ``set_of`` is by question, ``slot`` (questions x options) the place of each option
    in its set. ``size`` is the number of options of a question, the largest where questions differ.
    """

    inventory: Inventory
    scenarios: int
    scenario_of: Index
    category_of: Index
    categories: tuple[str, ...]
    values: Index
    sets: Index
    set_of: Index
    slot: Index

    @property
    def size(self) -> int:
        return self.values.shape[1]


@dataclass(frozen=True)
class Cell:
    """What one respondent chose in one mode.

    ``counts`` (conditions x questions x options): how often each option (dealt order) was chosen in an
    answered question;
    ``questions``: numbers of the questions, ascending; ``conditions``: their (language, wording).
    ``orders`` (conditions x questions) numbers the order in which the options were shown; -1: in several, or in none.
    """

    respondent: str
    mode: str
    conditions: tuple[tuple[str, int], ...]
    questions: Index
    counts: Array
    orders: Index
    material: Material

    @cached_property
    def scenarios(self) -> Index:
        """Numbers of the scenarios, ascending: the clusters."""
        return np.unique(self.material.scenario_of[self.questions])

    @cached_property
    def pooled(self) -> Array:
        """Counts (questions x options) over all conditions."""
        return self.counts.sum(axis=0)

    @cached_property
    def options(self) -> Index:
        """Values of the options (questions x options) of this cell's questions."""
        return self.material.values[self.questions]

    @cached_property
    def cluster(self) -> Index:
        """Place of each question's scenario in ``scenarios``."""
        return np.searchsorted(self.scenarios, self.material.scenario_of[self.questions])

    def by_scenario(self, per_option: Array) -> Array:
        """Sums (scenarios x values) of a number that each option (questions x options) has."""
        scenario = np.repeat(self.cluster, self.material.size)
        values = len(self.material.inventory)
        shape = (len(self.scenarios), values + 1)
        return tabulate(scenario, self.options.ravel(), shape, per_option.ravel())[:, :values]

    def chosen(self, counts: Array) -> Array:
        """How often each value was chosen, by scenario (scenarios x values)."""
        return self.by_scenario(counts)

    def shown(self, counts: Array) -> Array:
        """How often each value was shown in an answered question, by scenario."""
        return self.by_scenario(np.repeat(counts.sum(axis=1, keepdims=True), self.material.size, axis=1))

    @cached_property
    def by_options(self) -> tuple[Index, Array]:
        """The distinct sets of options (sets x options, sorted) and how often each was chosen (likewise)."""
        sets = self.material.set_of[self.questions]
        slots = self.material.slot[self.questions]
        shape = (len(self.material.sets), self.material.size)
        counts = tabulate(np.repeat(sets, self.material.size), slots.ravel(), shape, self.pooled.ravel())
        used = counts.any(axis=1)
        return self.material.sets[used], counts[used]


def part(cell: Cell, *, questions: NDArray[np.bool_] | None = None, condition: int | None = None) -> Cell:
    """The same respondent and mode, on some questions (a mask) or in one condition only; answered ones."""
    counts = cell.counts if condition is None else cell.counts[condition : condition + 1]
    conditions = cell.conditions if condition is None else cell.conditions[condition : condition + 1]
    orders = cell.orders if condition is None else cell.orders[condition : condition + 1]
    keep = counts.sum(axis=(0, 2)) > 0
    if questions is not None:
        keep &= questions
    return replace(
        cell,
        conditions=conditions,
        questions=cell.questions[keep],
        counts=counts[:, keep],
        orders=orders[:, keep],
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """All respondents' choices: ``rows`` is a row an answer asked for, coded; ``cells`` are the counts of answers.

    ``rows`` has respondent, mode, language, wording, repeat, order, status, scenario and question (numbers), letter,
    position, value and target_value; ``ids`` the number of each question_id.
    """

    material: Material
    rows: pl.DataFrame
    cells: dict[tuple[str, str], Cell]
    ids: pl.DataFrame

    def of(self, mode: str) -> list[Cell]:
        """The cells of a mode, by respondent."""
        return [cell for (_, of_mode), cell in sorted(self.cells.items()) if of_mode == mode]


def tabulate(row: Index, column: Index, shape: tuple[int, ...], weights: Array | None = None) -> Array:
    """Counts, or sums of weights, by row and column."""
    places = row.astype(np.int64) * shape[1] + column
    return np.bincount(places, weights=weights, minlength=shape[0] * shape[1]).astype(float).reshape(shape)


COLUMNS = (
    "respondent",
    "mode",
    "language",
    "wording",
    "repeat",
    "order",
    "question_id",
    "status",
    "letter",
    "position",
    "value",
    "target_value",
)


def encode(
    choices: pl.DataFrame, options: pl.DataFrame, questions: pl.DataFrame, inventory: Inventory
) -> Answers:
    """Tables Choices (its COLUMNS suffice), Options and AskedQuestions as arrays.

    InputError where a question that was asked is not in the other two tables, and for values that are not of the
    inventory.
    """
    check_values(choices, ("value", "target_value"), inventory.slugs, where="choices.parquet")
    check_values(options, ("value",), inventory.slugs, where="options.parquet")
    numbered, material = _material(options, questions, inventory)
    enums = {
        name: pl.Enum(sorted(choices[name].drop_nulls().unique()))
        for name in ("respondent", "mode", "language", "order", "status")
    }
    rows = (
        choices.lazy()
        .select(COLUMNS)
        .with_columns(pl.col(name).cast(kind) for name, kind in enums.items())
        .with_columns(
            pl.col("letter").cast(pl.Enum(list(LETTERS))),
            pl.col("value", "target_value").cast(pl.Enum(inventory.slugs)),
        )
        .join(numbered.lazy(), on="question_id", how="left", validate="m:1")
        .drop("question_id")
        .collect()
    )
    if rows["question"].null_count():
        asked = choices.filter(rows["question"].is_null())["question_id"].sort().item(0)
        raise InputError(
            f"question {asked} was asked, but its options or its category are not there",
            where="options.parquet, questions.parquet",
            remedy="run `dvc repro score`, which writes them for every question that was asked",
        )
    return Answers(material, rows, dict(_cells(rows, material)), numbered.select("question_id", "question"))


def _material(
    options: pl.DataFrame, questions: pl.DataFrame, inventory: Inventory
) -> tuple[pl.DataFrame, Material]:
    positions = range(1, (options.select(pl.col("position").max()).item() or 0) + 1)
    values = (
        options.select(
            "question_id",
            "position",
            value=pl.col("value").replace_strict(inventory.index, return_dtype=pl.Int64),
        )
        .pivot(on="position", index="question_id", values="value", on_columns=list(positions))
        .rename({str(n): f"option_{n}" for n in positions})
    )
    table = (
        questions.select("question_id", "scenario_id", "category")
        .join(values, on="question_id", how="inner", validate="1:1")
        .sort("question_id")
        .with_columns(
            scenario=pl.col("scenario_id").rank("dense").cast(pl.Int64) - 1,
            group=pl.col("category").rank("dense").cast(pl.Int64) - 1,
        )
        .with_row_index("question")
    )
    columns = [pl.col(f"option_{n}").fill_null(len(inventory)) for n in positions]
    of_options = table.select(columns).to_numpy().astype(np.int64)
    order = np.argsort(of_options, axis=1, kind="stable")
    sets, set_of = np.unique(np.take_along_axis(of_options, order, axis=1), axis=0, return_inverse=True)
    material = Material(
        inventory=inventory,
        scenarios=table["scenario_id"].n_unique(),
        scenario_of=table["scenario"].to_numpy(),
        category_of=table["group"].to_numpy(),
        categories=tuple(table["category"].unique().sort()),
        values=of_options,
        sets=sets,
        set_of=set_of.ravel(),
        slot=np.argsort(order, axis=1, kind="stable"),
    )
    return table.select(
        "question_id", pl.col("question").cast(pl.Int32), pl.col("scenario").cast(pl.Int32)
    ), material


def _cells(rows: pl.DataFrame, material: Material) -> list[tuple[tuple[str, str], Cell]]:
    counted = (
        rows.lazy()
        .filter(pl.col("position").is_not_null())
        .group_by("respondent", "mode", "language", "wording", "question", "position")
        .agg(
            len=pl.len(),
            first=pl.col("order").to_physical().min().cast(pl.Int64),
            last=pl.col("order").to_physical().max().cast(pl.Int64),
        )
        .collect()
    )
    found = []
    for (respondent, mode), part in counted.partition_by("respondent", "mode", as_dict=True).items():
        conditions: Sequence[tuple[str, int]] = sorted(
            part.select("language", "wording").unique().iter_rows()
        )
        number = pl.DataFrame(conditions, schema=["language", "wording"], orient="row").with_row_index(
            "condition"
        )
        part = part.with_columns(pl.col("language").cast(pl.String), pl.col("wording").cast(pl.Int64)).join(
            number, on=["language", "wording"], how="left", validate="m:1"
        )
        questions, place = np.unique(part["question"].to_numpy(), return_inverse=True)
        counts = np.zeros((len(conditions), len(questions), material.size))
        condition = part["condition"].to_numpy()
        counts[condition, place, part["position"].to_numpy() - 1] = part["len"].to_numpy()
        orders = _orders(part, condition, place, counts.shape[:2])
        cell = Cell(respondent, mode, tuple(conditions), questions.astype(np.int64), counts, orders, material)
        found.append(((respondent, mode), cell))
    return found


def _orders(part: pl.DataFrame, condition: Index, place: Index, shape: tuple[int, int]) -> Index:
    """The order of each condition and question where it is one, by rows that have the smallest and largest."""
    first, last = np.full(shape, np.iinfo(np.int64).max), np.full(shape, -1)
    np.minimum.at(first, (condition, place), part["first"].to_numpy())
    np.maximum.at(last, (condition, place), part["last"].to_numpy())
    return np.where(first == last, first, -1)

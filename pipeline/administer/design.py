"""What one respondent is asked, in which wording and order: the same rows for a model and for a simulated agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.administer.permutation import item_order, option_orders
from pipeline.administer.subset import subset
from pipeline.administer.wordings import chosen as chosen_instruments
from pipeline.core.errors import ParamsError
from pipeline.core.seeding import seeded_hash
from pipeline.params import Params
from pipeline.params.evaluation import Respondent
from pipeline.tables import Actions, Options, Questions, Scenarios, read_table
from pipeline.values import Inventory

TARGETED = ("selection", "adoption")


@dataclass(frozen=True, slots=True)
class Material:
    """The questions with all that is shown of them: tables Questions, Options, Scenarios and Actions."""

    questions: pl.DataFrame
    options: pl.DataFrame
    scenarios: pl.DataFrame
    actions: pl.DataFrame

    @property
    def size(self) -> int:
        """Options of a question."""
        return self.options.height // max(self.questions.height, 1)

    @classmethod
    def read(cls, folder: Path) -> Material:
        """The output of the stage assemble."""
        return cls(
            read_table(Questions, folder / "questions.parquet"),
            read_table(Options, folder / "options.parquet"),
            read_table(Scenarios, folder / "scenarios.parquet"),
            read_table(Actions, folder / "actions.parquet"),
        )


@dataclass(frozen=True, slots=True)
class Design:
    """One row for each asking, in a fixed order.

    ``choices``: mode, language, wording, repeat, question_id, scenario_id, order, target_value.
    ``items``: instrument, administration, language, wording, shuffle, repeat, items (numbers in shown order).
    ``ratings``: language, wording, repeat, scenario_id, values (slugs in shown order).
    """

    choices: pl.DataFrame
    items: pl.DataFrame
    ratings: pl.DataFrame


def respondent_of(params: Params, name: str) -> Respondent:
    """The respondent of that name; ParamsError where params have none."""
    if name not in params.respondents:
        raise ParamsError(
            f"there is no respondent {name!r}; known are {', '.join(sorted(params.respondents)) or 'none'}",
            where="respondents",
        )
    return params.respondents[name]


def languages_of(params: Params, name: str) -> tuple[str, ...]:
    """The languages in which the respondent of that name is asked."""
    own = respondent_of(params, name).language
    return params.administer.languages if own is None else (own,)


def design_for(
    params: Params, name: str, scenarios: pl.DataFrame, questions: pl.DataFrame, options: int = 4
) -> Design:
    """What the respondent of that name is asked, in questions of so many options.

    ``scenarios`` needs scenario_id and category; ``questions`` question_id, scenario_id and target_value.
    """
    respondent, administer = respondent_of(params, name), params.administer
    modes = administer.modes if respondent.modes is None else respondent.modes
    if respondent.arm:
        modes = ("adoption",)
    chosen = subset(scenarios, respondent.subset or administer.subset, params.seed).select("scenario_id")
    wordings = range(1, administer.wordings + 1)
    askings = _product(language=languages_of(params, name), repeat=range(1, administer.repeats + 1))
    asked = questions.join(chosen, on="scenario_id", how="semi").sort("question_id")
    orders = option_orders(asked["question_id"].to_list(), wordings, administer.order, params.seed, options)
    choices = (
        _product(mode=list(modes))
        .join(askings, how="cross")
        .join(orders, how="cross")
        .join(
            asked.select("question_id", "scenario_id", "target_value"),
            on="question_id",
            how="left",
            validate="m:1",
            maintain_order="left",
        )
        .with_columns(target_value=pl.when(pl.col("mode").is_in(TARGETED)).then("target_value"))
    )
    items = _administrations(params, askings, wordings)
    if respondent.arm:
        items = items.clear()
    rated = chosen.sort("scenario_id") if administer.applicability and not respondent.arm else chosen.clear()
    if respondent.in_translation:
        rated = rated.join(asked, on="scenario_id", how="semi", maintain_order="left")
    ratings = askings.join(rated.join(_product(wording=wordings), how="cross"), how="cross")
    return Design(
        choices, items, ratings.with_columns(values=_value_orders(ratings, params.values, params.seed))
    )


def _administrations(params: Params, askings: pl.DataFrame, wordings: Sequence[int]) -> pl.DataFrame:
    """Every shuffle of every instrument in every wording; administrations are numbered for each instrument."""
    parts = [pl.DataFrame(schema=_ITEMS)]
    for instrument in chosen_instruments(params):
        shuffles = range(1, params.instruments[instrument.name].shuffles + 1)
        orders = {n: list(item_order(instrument.items, n, params.seed)) for n in shuffles}
        part = askings.join(_product(shuffle=shuffles, wording=wordings), how="cross").with_row_index(
            "administration", offset=1
        )
        items = pl.col("shuffle").replace_strict(orders, return_dtype=pl.List(pl.Int64))
        parts.append(part.with_columns(instrument=pl.lit(instrument.name), items=items))
    # Of an instrument without shuffles nothing is asked.
    return pl.concat([part.select(list(_ITEMS)) for part in parts if part.height or part is parts[0]])


_ITEMS: dict[str, pl.DataType | type[pl.DataType]] = {
    "instrument": pl.String,
    "administration": pl.UInt32,
    "language": pl.String,
    "wording": pl.Int16,
    "shuffle": pl.Int16,
    "repeat": pl.Int16,
    "items": pl.List(pl.Int64),
}


def _product(**columns: Sequence[object]) -> pl.DataFrame:
    """Every combination, the last column running fastest."""
    types = {"mode": pl.String, "language": pl.String}
    table = pl.DataFrame({"_": [0]})
    for name, values in columns.items():
        column = pl.DataFrame({name: list(values)}, schema={name: types.get(name, pl.Int16)})
        table = table.join(column, how="cross")
    return table.drop("_")


def _value_orders(ratings: pl.DataFrame, values: Inventory, seed: int) -> pl.Series:
    """The values in their order, from a seeded start for each scenario, one further a wording."""
    slugs, orders = values.slugs, []
    for scenario, wording in ratings.select("scenario_id", "wording").iter_rows():
        start = (seeded_hash(seed, "first value", scenario) + wording - 1) % len(slugs)
        orders.append([*slugs[start:], *slugs[:start]])
    return pl.Series(orders, dtype=pl.List(pl.String))

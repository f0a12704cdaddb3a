"""What one respondent is asked, in which wording and order: the same rows for a model and for a simulated agent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import polars as pl

from pipeline.administer.subset import subset
from pipeline.core.seeding import seeded_hash
from pipeline.lens.params import Params, Rate

# Wordings are numbered from 1: one more than the sum of what is particular to them.
PORTRAITS, OTHER_PARTS, OTHER_ENDING, RATE_NEUTRAL, IN_BATCHES = 1, 2, 4, 8, 16
UNNAMED, CHOOSE_NEUTRAL, ABSTAIN = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Design:
    """One row for each asking, in a fixed order.

    ``ratings``: scenario_id, wording, order, repeat, family, parts, ending, person, values (slugs in shown order),
    first (place of the first of them). ``choices``: scenario_id, value, wording, order, explained, repeat, named,
    person, abstain.
    """

    ratings: pl.DataFrame
    choices: pl.DataFrame


def design_for(params: Params, name: str, scenarios: pl.DataFrame, pairs: pl.DataFrame) -> Design:
    """What the respondent of that name is asked: GridScenarios and Pairs are what there is."""
    most = params.respondents[name].subset
    drawn = subset(scenarios.with_columns(category=pl.col("topic")), most, params.seed)["scenario_id"]
    asked = pairs.filter(pl.col("scenario_id").is_in(drawn.implode())).sort("scenario_id", "value")
    return Design(_ratings(params, sorted(drawn)), _choices(params, asked.select("scenario_id", "value")))


def _ratings(params: Params, scenarios: Sequence[str]) -> pl.DataFrame:
    rate, rows = params.administer.rate, []
    wordings = product(rate.families, range(1, rate.parts + 1), range(1, rate.endings + 1), rate.persons)
    askings = list(product(wordings, rate.orders, range(1, params.administer.repeats + 1)))
    for scenario in scenarios:
        for (family, parts, ending, person), order, repeat in askings:
            wording = 1 + sum(
                bit
                for bit, holds in (
                    (PORTRAITS, family == "portraits"),
                    (OTHER_PARTS, parts == 2),
                    (OTHER_ENDING, ending == 2),
                    (RATE_NEUTRAL, person == "neutral"),
                    (IN_BATCHES, rate.batch is not None),
                )
                if holds
            )
            shown = (
                params.asked if order == "as_listed" else _shuffled(params, f"{scenario} {wording} {repeat}")
            )
            about = (scenario, wording, order, repeat, family, parts, ending, person)
            rows += [(*about, list(values), first) for first, values in _batches(shown, rate)]
    schema: dict[str, type[pl.DataType] | pl.DataType] = {
        "scenario_id": pl.String,
        "wording": pl.Int16,
        "order": pl.String,
        "repeat": pl.Int16,
        "family": pl.String,
        "parts": pl.Int8,
        "ending": pl.Int8,
        "person": pl.String,
        "values": pl.List(pl.String),
        "first": pl.Int16,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _choices(params: Params, pairs: pl.DataFrame) -> pl.DataFrame:
    choose = params.administer.choose
    shown = pl.DataFrame(
        list(product(choose.named, choose.persons, choose.abstain, choose.orders, choose.explained)),
        schema={
            "named": pl.Boolean,
            "person": pl.String,
            "abstain": pl.Boolean,
            "order": pl.String,
            "explained": pl.Boolean,
        },
        orient="row",
    ).with_columns(
        wording=(
            1
            + pl.when("named").then(0).otherwise(UNNAMED)
            + pl.when(pl.col("person") == "neutral").then(CHOOSE_NEUTRAL).otherwise(0)
            + pl.when("abstain").then(ABSTAIN).otherwise(0)
        ).cast(pl.Int16)
    )
    repeats = pl.DataFrame({"repeat": range(1, params.administer.repeats + 1)}, schema={"repeat": pl.Int16})
    return pairs.join(shown, how="cross").join(repeats, how="cross")


def _shuffled(params: Params, key: str) -> tuple[str, ...]:
    """The values in an order of their own for each request, the same for every respondent."""
    return tuple(
        sorted(params.asked, key=lambda value: seeded_hash(params.seed, "value order", f"{key} {value}"))
    )


def _batches(values: Sequence[str], rate: Rate) -> Iterator[tuple[int, Sequence[str]]]:
    size = rate.batch or len(values)
    for start in range(0, len(values), size):
        yield start + 1, values[start : start + size]

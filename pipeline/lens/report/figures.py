"""The figures: heat maps of distances, values by distance, and rates by country and topic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.lens.report import people
from pipeline.plots.style import save, style
from pipeline.report.charts import forest, matrix
from pipeline.report.document import Picture
from pipeline.tables.measures import OVERALL
from pipeline.values import Inventory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tables = Mapping[str, pl.DataFrame]
# Values of a ranking that a page can hold.
MOST_VALUES = 20


@dataclass(frozen=True, slots=True)
class View:
    """A figure of one respondent: the rows that it shows, and how they are drawn."""

    name: str
    title: str
    caption: str
    rows: Callable[[Tables, str], pl.DataFrame]
    draw: Callable[[pl.DataFrame, Inventory], Figure]


def scenario_distances(tables: Tables, respondent: str) -> pl.DataFrame:
    """Country, topic and the mean of |V - A| over the values of that scenario (estimate)."""
    key = people.cell(tables["declared"])
    acted = tables["enacted"].select(*key, acted=pl.col("expressed") / pl.col("shown"))
    cells = tables["declared"].join(acted, on=key, how="inner").filter(pl.col("respondent") == respondent)
    levels = tables["factors"].pivot("factor", index="scenario_id", values="level")
    # Both scores are 1 for holding the value, so their distance is that of V and A.
    return (
        cells.group_by("scenario_id")
        .agg(estimate=(pl.col("score") - pl.col("acted")).abs().mean())
        .join(levels, on="scenario_id", how="inner", validate="1:1")
        .select("country", "topic", "estimate")
        .sort("country", "topic")
    )


def value_distances(tables: Tables, respondent: str) -> pl.DataFrame:
    """Value, country and distance (estimate)."""
    return (
        tables["value_distances"]
        .filter(pl.col("respondent") == respondent, pl.col("factor") == "country")
        .select("value", country="level", estimate="distance")
    )


def ranking(tables: Tables, respondent: str) -> pl.DataFrame:
    """The values with the largest distances over all scenarios, largest first, with their intervals."""
    return (
        tables["value_distances"]
        .filter(pl.col("respondent") == respondent, pl.col("factor") == OVERALL)
        .sort("rank")
        .head(MOST_VALUES)
        .select("value", "low", "high", estimate="distance", panel=pl.lit(""), series=pl.lit(""))
    )


def rates(tables: Tables, respondent: str) -> pl.DataFrame:
    """Rate of each country and topic with its interval."""
    return (
        tables["alignment"]
        .filter(
            pl.col("respondent") == respondent,
            pl.col("compared") == "stated_acted",
            pl.col("values") == "all",
            pl.col("factor").is_in(["country", "topic"]),
            pl.col("measure") == "rate",
        )
        .select("factor", "level", "estimate", "low", "high", series=pl.lit(""))
        .sort("factor", "level")
    )


def _map(rows: pl.DataFrame, inventory: Inventory) -> Figure:
    topics = {topic: topic for topic in rows["topic"].unique().sort()}
    countries = rows["country"].unique().sort().to_list()
    return matrix.draw(rows.rename({"country": "respondent"}), countries, topics, column="topic")


def _value_map(rows: pl.DataFrame, inventory: Inventory) -> Figure:
    names = {value.slug: value.name for value in inventory.values}
    cells = rows.with_columns(respondent=pl.col("value").replace_strict(names))
    countries = {country: country for country in rows["country"].unique().sort()}
    return matrix.draw(cells, list(names.values()), countries, column="country")


def _ranking(rows: pl.DataFrame, inventory: Inventory) -> Figure:
    labels = {slug: inventory.by_slug[slug].name for slug in rows["value"]}
    return forest.draw(
        rows, panel="panel", line="value", series="series", labels=labels, axis="mean of |V − A|", reference=0
    )


def _rates(rows: pl.DataFrame, inventory: Inventory) -> Figure:
    labels = {level: level for level in rows["level"].unique(maintain_order=True)}
    return forest.draw(
        rows.with_columns(panel=pl.lit("")),
        panel="panel",
        line="level",
        series="series",
        labels=labels,
        axis="rate: F1 of 'disagree'",
    )


VIEWS = (
    View(
        "scenarios",
        "Distance by country and topic",
        "Mean of |V − A| over the values of each scenario.",
        scenario_distances,
        _map,
    ),
    View(
        "values", "Distance by value and country", "Mean of |V − A| over topics.", value_distances, _value_map
    ),
    View(
        "ranking",
        "Values by distance",
        f"The {MOST_VALUES} values at most with the largest mean of |V − A|, with intervals over scenarios.",
        ranking,
        _ranking,
    ),
    View("rates", "Rate by country and topic", "With intervals over scenarios.", rates, _rates),
)


def draw(tables: Tables, inventory: Inventory, folder: Path) -> Iterator[tuple[str, Picture]]:
    """Draws what the tables allow into ``folder``: the respondent and the picture; NAME.csv holds the rows shown."""
    folder.mkdir(parents=True, exist_ok=True)
    with style():
        for respondent in tables["respondents"]["respondent"]:
            for view in VIEWS:
                rows = view.rows(tables, respondent)
                if rows.is_empty():
                    continue
                name = f"{view.name}-{respondent}"
                save(view.draw(rows, inventory), folder / name)
                rows.write_csv(folder / f"{name}.csv", float_precision=6)
                title = f"{view.title}: {respondent}"
                yield respondent, Picture(name, title, view.caption, f"figures/{name}.csv")

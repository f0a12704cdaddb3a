"""Rows that several figures show."""

from __future__ import annotations

import polars as pl

from pipeline.report.figure import Tables
from pipeline.tables.evaluation import MODES
from pipeline.values import Inventory

# More people than this are one panel: their mean and the range of the middle 80 %.
FEW_PEOPLE = 3


def labels(inventory: Inventory) -> dict[str, str]:
    """How values are called on an axis."""
    return {value.slug: value.name for value in inventory.values} | {"all": "all values"}


def people_as_one(rows: pl.DataFrame, tables: Tables, *by: str) -> pl.DataFrame:
    """Rows (respondent, estimate, low, high, and ``by``) with many people folded into one respondent.

    Its estimate is the mean of theirs, its interval the 10th to the 90th percentile: a spread, not an error.
    """
    people = _people(tables)
    present = rows.filter(pl.col("respondent").is_in(people.implode()))
    if present["respondent"].n_unique() <= FEW_PEOPLE:
        return rows
    name = f"people (n = {present['respondent'].n_unique()})"
    folded = present.group_by(by, maintain_order=True).agg(
        low=pl.col("estimate").quantile(0.1, "linear"),
        high=pl.col("estimate").quantile(0.9, "linear"),
        estimate=pl.col("estimate").mean(),
    )
    rest = rows.filter(~pl.col("respondent").is_in(people.implode()))
    return pl.concat(
        [rest, folded.with_columns(respondent=pl.lit(name)).select(rest.columns)], how="vertical_relaxed"
    )


def without_many_people(pairs: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Rows on pairs of respondents (a, b), those with people left out where there are many."""
    people = _people(tables)
    if people.len() <= FEW_PEOPLE:
        return pairs
    return pairs.filter(~pl.col("a").is_in(people.implode()) & ~pl.col("b").is_in(people.implode()))


def enacted(tables: Tables) -> pl.DataFrame:
    """Shares of choices (respondent, value, estimate, low, high) over all of default mode."""
    rows = _default_mode(tables).filter(pl.col("category") == "all")
    rows = rows.select("respondent", "value", "low", "high", estimate="share_of_choices")
    return people_as_one(_complete(rows), tables, "value")


def enacted_by_category(tables: Tables) -> pl.DataFrame:
    """The same (with category) for each category of scenarios."""
    rows = _default_mode(tables).filter(pl.col("category") != "all")
    rows = rows.select("respondent", "category", "value", "low", "high", estimate="share_of_choices")
    if rows["category"].n_unique() < 2:
        rows = rows.clear()
    return people_as_one(rows, tables, "category", "value")


def declared(tables: Tables) -> pl.DataFrame:
    """Means of an instrument (respondent, instrument, value, estimate, low, high)."""
    basic = tables["declared"].filter(pl.col("level") == "basic")
    rows = basic.select("respondent", "instrument", "value", "low", "high", estimate="mean")
    return people_as_one(_complete(rows), tables, "instrument", "value")


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Respondents as they come, modes in the order in which they are explained."""
    return rows.sort("respondent", pl.col("mode").cast(pl.Enum(MODES)), maintain_order=True)


def as_shown(tables: Tables) -> list[str]:
    """Respondents as charts name them: many people are one of them."""
    names = [
        *enacted(tables)["respondent"],
        *declared(tables)["respondent"],
        *tables["respondents"]["respondent"],
    ]
    people = set(_people(tables))
    few = len(people) <= FEW_PEOPLE
    return list(dict.fromkeys(name for name in sorted(names) if few or name not in people))


def many_people(tables: Tables) -> set[str]:
    """The people, where they are too many for names of their own."""
    people = set(_people(tables))
    return people if len(people) > FEW_PEOPLE else set()


def map_of(name: str, tables: Tables) -> pl.DataFrame:
    """Points of a map; none where no respondent is on it."""
    points = tables["maps"].filter(pl.col("map") == name)
    points = points.with_columns(cloud=pl.col("name").is_in(list(many_people(tables))))
    return points if (points["point"] == "respondent").any() else points.clear()


def _default_mode(tables: Tables) -> pl.DataFrame:
    return tables["profiles"].filter(
        (pl.col("mode") == "default") & (pl.col("language") == "all") & (pl.col("wording") == 0)
    )


def _people(tables: Tables) -> pl.Series:
    return tables["respondents"].filter(pl.col("kind") == "human")["respondent"]


def _complete(rows: pl.DataFrame) -> pl.DataFrame:
    """Only respondents of whom all values are known: a circle with a hole cannot be drawn."""
    every = rows["value"].n_unique()
    whole = rows.group_by("respondent").len().filter(pl.col("len") == every)["respondent"]
    return rows.filter(pl.col("respondent").is_in(whole.implode()))

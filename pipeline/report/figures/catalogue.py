"""Every figure of the report: which rows of which table it shows, and what its caption says.

A figure without rows is not drawn; the report's notes say what could not be computed and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.instruments import load
from pipeline.plots.style import save, style
from pipeline.report.figures import circle, forest, heatmap, maps, slope
from pipeline.tables import MODES, QUESTIONS
from pipeline.values import Inventory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tables = Mapping[str, pl.DataFrame]
# More people than this are one panel: their mean and the range of the middle 80 %.
FEW_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure: file name, title, what to see in it, the table that its rows are from, and how to get both.

    One that is ``declared`` is drawn for each instrument, in the values of that; the others in those of the questions.
    """

    name: str
    title: str
    caption: str
    source: str
    rows: Callable[[Tables], pl.DataFrame]
    draw: Callable[[pl.DataFrame, Inventory], Figure]
    declared: bool = False
    # Whether it sets declared beside enacted values, so that both must be of one inventory.
    together: bool = False


def write(tables: Tables, inventory: Inventory, folder: Path) -> list[Entry]:
    """Draws what the tables allow: NAME.svg, NAME.png and NAME.csv (the rows shown) each; the entries drawn.

    Of several instruments the first by name keeps the plain NAME, the others are NAME-INSTRUMENT.
    """
    drawn = []
    with style():
        for entry, view, values in _views(tables, inventory):
            rows = entry.rows(view)
            if rows.is_empty():
                continue
            save(entry.draw(rows, values), folder / entry.name)
            rows.write_csv(folder / f"{entry.name}.csv", float_precision=6)
            drawn.append(entry)
    return drawn


def _views(tables: Tables, inventory: Inventory) -> Iterator[tuple[Entry, Tables, Inventory]]:
    """Every entry with the tables and the inventory that it is drawn from."""
    instruments = tables["declared"]["instrument"].unique().sort().to_list()
    for entry in CATALOGUE:
        if not entry.declared or not instruments:
            yield entry, tables, inventory
            continue
        fitting = [
            name for name in instruments if not entry.together or load(name).inventory.name == inventory.name
        ]
        for place, name in enumerate(fitting):
            title = entry.title if len(instruments) == 1 else f"{entry.title}: {load(name).title}"
            named = replace(entry, name=f"{entry.name}-{name}" if place else entry.name, title=title)
            yield named, _of_instrument(tables, name), load(name).inventory


def _of_instrument(tables: Tables, name: str) -> Tables:
    """What is of an instrument or of the questions."""
    return {
        key: table.filter(pl.col("instrument").is_in([name, QUESTIONS]))
        if "instrument" in table.columns and key != "missing"
        else table
        for key, table in tables.items()
    }


def people_as_one(rows: pl.DataFrame, tables: Tables, *by: str) -> pl.DataFrame:
    """Rows (respondent, estimate, low, high, and ``by``) with many people folded into one respondent.

    Its estimate is the mean of theirs, its interval the 10th to the 90th percentile: a spread, not an error.
    """
    kinds = tables["respondents"].select("respondent", "kind")
    people = kinds.filter(pl.col("kind") == "human")["respondent"]
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


def _enacted(tables: Tables) -> pl.DataFrame:
    pooled = tables["profiles"].filter(
        (pl.col("mode") == "default")
        & (pl.col("category") == "all")
        & (pl.col("language") == "all")
        & (pl.col("wording") == 0)
    )
    rows = pooled.select("respondent", "value", "low", "high", estimate="share_of_choices")
    return people_as_one(_complete(rows), tables, "value")


def _declared(tables: Tables) -> pl.DataFrame:
    basic = tables["declared"].filter(pl.col("level") == "basic")
    rows = basic.select("respondent", "instrument", "value", "low", "high", estimate="mean")
    return people_as_one(_complete(rows), tables, "instrument", "value")


def _pairs(tables: Tables) -> pl.DataFrame:
    declared = _declared(tables).select("respondent", "value", declared="estimate")
    enacted = _enacted(tables).select("respondent", "value", enacted="estimate")
    return declared.join(enacted, on=["respondent", "value"], how="inner", validate="1:1")


def _gaps(tables: Tables) -> pl.DataFrame:
    gaps = tables["gaps"].filter(pl.col("r").is_not_null())
    found = gaps["instrument"].unique().to_list()
    several = found if len(found) > 1 else []
    resampled = gaps.select(
        "respondent",
        "instrument",
        "kind",
        "low",
        "high",
        estimate="r",
        interval=pl.lit("scenarios resampled"),
    )
    fisher = gaps.select(
        "respondent",
        "instrument",
        "kind",
        low="fisher_low",
        high="fisher_high",
        estimate="r",
        interval=pl.lit("values as a sample"),
    )
    return pl.concat([resampled, fisher]).with_columns(
        panel=pl.col("instrument").replace_strict(
            {name: load(name).title for name in several}, default="", return_dtype=pl.String
        ),
        line=pl.when(pl.col("kind") == "human").then(pl.lit("person ")).otherwise(pl.lit(""))
        + pl.col("respondent"),
    )


def _correlations(tables: Tables) -> pl.DataFrame:
    people = tables["respondents"].filter(pl.col("kind") == "human")["respondent"]
    between = tables["cross_correlations"]
    if people.len() > FEW_PEOPLE:
        between = between.filter(~pl.col("a").is_in(people.implode()) & ~pl.col("b").is_in(people.implode()))
    return between.select("kind", "a", "b", "r", "low", "high")


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Respondents as they come, modes in the order in which they are explained."""
    return rows.sort("respondent", pl.col("mode").cast(pl.Enum(MODES)), maintain_order=True)


def _accuracy(tables: Tables) -> pl.DataFrame:
    rows = tables["accuracy"].filter(
        (pl.col("language") == "all") & (pl.col("wording") == 0) & pl.col("accuracy").is_not_null()
    )
    rows = rows.select("respondent", "mode", "value", "low", "high", estimate="accuracy")
    return _in_order(people_as_one(rows, tables, "mode", "value"))


def _drops(tables: Tables) -> pl.DataFrame:
    rows = tables["drops"].select("respondent", "value", "low", "high", estimate="drop")
    return people_as_one(rows, tables, "value").with_columns(series=pl.lit("selection less adoption"))


def _positions(tables: Tables) -> pl.DataFrame:
    rows = tables["positions"].select("respondent", "mode", "letter", "low", "high", estimate="share")
    return _in_order(people_as_one(rows, tables, "mode", "letter"))


def _categories(tables: Tables) -> pl.DataFrame:
    rows = tables["profiles"].filter(
        (pl.col("mode") == "default")
        & (pl.col("category") != "all")
        & (pl.col("language") == "all")
        & (pl.col("wording") == 0)
    )
    rows = rows.select("respondent", "category", "value", "low", "high", estimate="share_of_choices")
    return people_as_one(rows, tables, "category", "value")


def _map(name: str) -> Callable[[Tables], pl.DataFrame]:
    return lambda tables: tables["maps"].filter(pl.col("map") == name)


def _complete(rows: pl.DataFrame) -> pl.DataFrame:
    """Only respondents of whom all values are known: a circle with a hole cannot be drawn."""
    every = rows["value"].n_unique()
    whole = rows.group_by("respondent").len().filter(pl.col("len") == every)["respondent"]
    return rows.filter(pl.col("respondent").is_in(whole.implode()))


def _by_value(
    series: str, axis: str, reference: Callable[[Inventory], float]
) -> Callable[[pl.DataFrame, Inventory], Figure]:
    return lambda rows, inventory: forest.draw(
        rows,
        panel="respondent",
        line="value",
        series=series,
        labels={value.slug: value.name for value in inventory.values} | {"all": "all values"},
        axis=axis,
        reference=reference(inventory),
    )


def _declared_circle(rows: pl.DataFrame, inventory: Inventory) -> Figure:
    (name,) = rows["instrument"].unique()
    low, high = load(name).low, load(name).high
    return circle.draw(rows, inventory, centre=low, ring=(low + high) / 2)


CATALOGUE: tuple[Entry, ...] = (
    Entry(
        "circle_enacted",
        "Enacted values",
        "Share of choices in default mode, in the order of the circle, with intervals. Dashed: one over the number of values, what "
        "choosing at random gives in a balanced design. Grey, dotted: the mean of all panels.",
        "profiles",
        _enacted,
        lambda rows, inventory: circle.draw(rows, inventory, ring=1 / len(inventory)),
    ),
    Entry(
        "circle_declared",
        "Declared values",
        "Mean answer to the items of each value, with intervals; not like me in the centre. Dashed: the middle of the "
        "scale. Grey, dotted: the mean of all panels.",
        "declared",
        _declared,
        _declared_circle,
        declared=True,
    ),
    Entry(
        "declared_enacted",
        "Declared against enacted",
        "Rank of each value in the questionnaire (left) and in the choices (right), 1 first. Heavy lines differ by "
        "four places or more; dashed ones fall.",
        "profiles, declared",
        _pairs,
        slope.draw,
        declared=True,
        together=True,
    ),
    Entry(
        "gaps",
        "The knowledge-action gap",
        "Correlation of declared with enacted values over the values. Narrow intervals: these values, "
        "scenarios and administrations resampled. Wide ones: the values as a sample of values (Fisher's z).",
        "gaps",
        _gaps,
        lambda rows, inventory: forest.draw(
            rows,
            panel="panel",
            line="line",
            series="interval",
            labels={name: name for name in rows["line"].unique(maintain_order=True)},
            axis="r (declared, enacted)",
            reference=0.0,
            columns=1,
        ),
    ),
    Entry(
        "correlations",
        "Correlations between respondents",
        "Pearson's r of two profiles over the values: enacted below the diagonal, declared above it. People are "
        "left out where there are many.",
        "cross_correlations",
        _correlations,
        lambda rows, inventory: heatmap.draw(rows, sorted({*rows["a"], *rows["b"]})),
        declared=True,
    ),
    Entry(
        "accuracy",
        "Selection and adoption",
        "How often the action of the named value was chosen, when asked which expresses it (selection) and when "
        "asked to act as one who holds it (adoption). Dashed: 1/4.",
        "accuracy",
        _accuracy,
        _by_value("mode", "accuracy", lambda _: 0.25),
    ),
    Entry(
        "drops",
        "From selection to adoption",
        "Selection less adoption accuracy on the same questions, with paired intervals.",
        "drops",
        _drops,
        _by_value("series", "drop in accuracy", lambda _: 0.0),
    ),
    Entry(
        "positions",
        "Position bias",
        "Share of each letter as shown. Dashed: 1/4, what a respondent without a preference for a place gives.",
        "positions",
        _positions,
        lambda rows, inventory: forest.draw(
            rows,
            panel="respondent",
            line="letter",
            series="mode",
            labels={letter: letter for letter in "ABCD"},
            axis="share of choices",
            reference=0.25,
        ),
    ),
    Entry(
        "categories",
        "Enacted values by category",
        "Share of choices in default mode, by category of the scenarios. Dashed: one over the number of values.",
        "profiles",
        _categories,
        _by_value("category", "share of choices", lambda inventory: 1 / len(inventory)),
    ),
    Entry(
        "map_enacted",
        "Map of enacted profiles",
        "First two principal components of the enacted profiles of every respondent in every category; arrows are the "
        "values.",
        "maps",
        _map("pca_categories"),
        lambda rows, inventory: maps.draw(
            rows, inventory, series="category", axes=("first component", "second component")
        ),
    ),
    Entry(
        "map_declared",
        "Map of declared profiles",
        "First two principal components of the declared profiles; arrows are the values.",
        "maps",
        _map("pca_declared"),
        lambda rows, inventory: maps.draw(
            rows, inventory, series="name", axes=("first component", "second component")
        ),
        declared=True,
    ),
    Entry(
        "scaling",
        "The values as respondents relate them",
        "Multidimensional scaling of the correlations between declared values over respondents, turned to fit "
        "Schwartz's circle.",
        "maps",
        _map("mds_declared"),
        lambda rows, inventory: maps.draw(
            rows, inventory, series="name", axes=("first dimension", "second dimension")
        ),
        declared=True,
    ),
)

"""Every figure of the report: which rows of which table it shows, and what its caption says.

A figure without rows is not drawn; the report's notes say what could not be computed and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.plots.style import save, style
from pipeline.report.figures import circle, forest, heatmap, maps, slope
from pipeline.tables.evaluation import MODES
from pipeline.values.schwartz import BY_SLUG, SLUGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tables = Mapping[str, pl.DataFrame]
NAMES = {slug: BY_SLUG[slug].name for slug in SLUGS}
# More people than this are one panel: their mean and the range of the middle 80 %.
FEW_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure: file name, title, what to see in it, the table that its rows are from, and how to get both."""

    name: str
    title: str
    caption: str
    source: str
    rows: Callable[[Tables], pl.DataFrame]
    draw: Callable[[pl.DataFrame], Figure]


def write(tables: Tables, folder: Path) -> list[Entry]:
    """Draws what the tables allow: NAME.svg, NAME.png and NAME.csv (the rows shown) each; the entries drawn."""
    drawn = []
    with style():
        for entry in CATALOGUE:
            rows = entry.rows(tables)
            if rows.is_empty():
                continue
            save(entry.draw(rows), folder / entry.name)
            rows.write_csv(folder / f"{entry.name}.csv", float_precision=6)
            drawn.append(entry)
    return drawn


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
    rows = basic.select("respondent", "value", "low", "high", estimate="mean")
    return people_as_one(_complete(rows), tables, "value")


def _pairs(tables: Tables) -> pl.DataFrame:
    declared = _declared(tables).select("respondent", "value", declared="estimate")
    enacted = _enacted(tables).select("respondent", "value", enacted="estimate")
    return declared.join(enacted, on=["respondent", "value"], how="inner", validate="1:1")


def _gaps(tables: Tables) -> pl.DataFrame:
    gaps = tables["gaps"].filter(pl.col("r").is_not_null())
    resampled = gaps.select(
        "respondent", "kind", "low", "high", estimate="r", interval=pl.lit("scenarios resampled")
    )
    fisher = gaps.select(
        "respondent",
        "kind",
        low="fisher_low",
        high="fisher_high",
        estimate="r",
        interval=pl.lit("ten values as a sample"),
    )
    return pl.concat([resampled, fisher]).with_columns(
        panel=pl.lit(""),
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
    """Only respondents of whom all ten values are known: a circle with a hole cannot be drawn."""
    whole = rows.group_by("respondent").len().filter(pl.col("len") == len(SLUGS))["respondent"]
    return rows.filter(pl.col("respondent").is_in(whole.implode()))


def _by_value(series: str, axis: str, reference: float | None) -> Callable[[pl.DataFrame], Figure]:
    labels = NAMES | {"all": "all values"}
    return lambda rows: forest.draw(
        rows, panel="respondent", line="value", series=series, labels=labels, axis=axis, reference=reference
    )


CATALOGUE: tuple[Entry, ...] = (
    Entry(
        "circle_enacted",
        "Enacted values",
        "Share of choices in default mode, in the order of Schwartz's circle, with intervals. Dashed: 1/10, what "
        "choosing at random gives in a balanced design. Grey, dotted: the mean of all panels.",
        "profiles",
        _enacted,
        lambda rows: circle.draw(rows, ring=0.1),
    ),
    Entry(
        "circle_declared",
        "Declared values",
        "Mean answer to the items of each value, from 1 (centre) to 6, with intervals. Dashed: the middle of the "
        "scale. Grey, dotted: the mean of all panels.",
        "declared",
        _declared,
        lambda rows: circle.draw(rows, centre=1.0, ring=3.5),
    ),
    Entry(
        "declared_enacted",
        "Declared against enacted",
        "Rank of each value in the questionnaire (left) and in the choices (right), 1 first. Heavy lines differ by "
        "four places or more; dashed ones fall.",
        "profiles, declared",
        _pairs,
        slope.draw,
    ),
    Entry(
        "gaps",
        "The knowledge-action gap",
        "Correlation of declared with enacted values over the ten values. Narrow intervals: these ten values, "
        "scenarios and administrations resampled. Wide ones: ten values as a sample of values (Fisher's z).",
        "gaps",
        _gaps,
        lambda rows: forest.draw(
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
        "Pearson's r of two profiles over the ten values: enacted below the diagonal, declared above it. People are "
        "left out where there are many.",
        "cross_correlations",
        _correlations,
        lambda rows: heatmap.draw(rows, sorted({*rows["a"], *rows["b"]})),
    ),
    Entry(
        "accuracy",
        "Selection and adoption",
        "How often the action of the named value was chosen, when asked which expresses it (selection) and when "
        "asked to act as one who holds it (adoption). Dashed: 1/4.",
        "accuracy",
        _accuracy,
        _by_value("mode", "accuracy", 0.25),
    ),
    Entry(
        "drops",
        "From selection to adoption",
        "Selection less adoption accuracy on the same questions, with paired intervals.",
        "drops",
        _drops,
        _by_value("series", "drop in accuracy", 0.0),
    ),
    Entry(
        "positions",
        "Position bias",
        "Share of each letter as shown. Dashed: equal shares, what a respondent without a preference for a place gives.",
        "positions",
        _positions,
        lambda rows: forest.draw(
            rows,
            panel="respondent",
            line="letter",
            series="mode",
            labels={letter: letter for letter in sorted(rows["letter"].unique())},
            axis="share of choices",
            reference=1 / max(rows["letter"].n_unique(), 1),
        ),
    ),
    Entry(
        "categories",
        "Enacted values by category",
        "Share of choices in default mode, by category of the scenarios. Dashed: 1/10.",
        "profiles",
        _categories,
        _by_value("category", "share of choices", 0.1),
    ),
    Entry(
        "map_enacted",
        "Map of enacted profiles",
        "First two principal components of the enacted profiles of every respondent in every category; arrows are the "
        "values.",
        "maps",
        _map("pca_categories"),
        lambda rows: maps.draw(rows, series="category", axes=("first component", "second component")),
    ),
    Entry(
        "map_declared",
        "Map of declared profiles",
        "First two principal components of the declared profiles; arrows are the values.",
        "maps",
        _map("pca_declared"),
        lambda rows: maps.draw(rows, series="name", axes=("first component", "second component")),
    ),
    Entry(
        "scaling",
        "The values as respondents relate them",
        "Multidimensional scaling of the correlations between declared values over respondents, turned to fit "
        "Schwartz's circle.",
        "maps",
        _map("mds_declared"),
        lambda rows: maps.draw(rows, series="name", axes=("first dimension", "second dimension")),
    ),
)

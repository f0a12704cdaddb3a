"""Both gaps of respondents who did both datasets: each measure of one paper on the questions, and on the pairs."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.core.errors import InputError
from pipeline.measures.gaps import MEASURES
from pipeline.plots.style import save, style
from pipeline.report.charts import forest
from pipeline.report.document import Cell, Picture, Section, Table, interval, listed, number
from pipeline.tables.measures import OVERALL

# The gap of either paper first, then what the rate depends on.
SHOWN = ("r_values", "rate", "rate_best", "rate_independent", "agreement", "kappa", "auc", "distance")
TEXT = (
    "r_values is the gap of ValAct's paper, a correlation of what is declared with what is enacted; rate and distance "
    "are those of the lens's. Both are computed on both datasets, of the same two tables: what a respondent enacts, "
    "and what it declares.",
    "The datasets differ in more than the gap: four options for four values against two for one value, a questionnaire "
    "once and for all against ratings in each scenario, chance a quarter against a half. Compare respondents within a "
    "dataset first. Intervals take the scenarios as a sample of more of their kind.",
)


def both(valact: pl.DataFrame, lens: pl.DataFrame) -> pl.DataFrame:
    """Rows of Alignment over all scenarios and values, with ``dataset``, of the respondents that are in both.

    InputError where there is none."""
    parts = [
        table.filter(
            pl.col("factor") == OVERALL, pl.col("compared") == "stated_acted", pl.col("values") == "all"
        ).with_columns(dataset=pl.lit(name))
        for name, table in (("ValAct", valact), ("lens", lens))
    ]
    shared = set(parts[0]["respondent"]) & set(parts[1]["respondent"])
    if not shared:
        one, other = (listed(sorted(set(part["respondent"]))) or "nobody" for part in parts)
        raise InputError(
            f"no respondent did both datasets: {one} did ValAct's, {other} the lens's",
            where="data/analyse, lens/data/analyse",
            remedy="name a respondent alike in params.yaml and lens/params.yaml, and run both recipes",
        )
    return pl.concat(parts).filter(pl.col("respondent").is_in(sorted(shared)))


# The gap of either paper, as its panel of the figure is called.
DRAWN = {"r_values": "gap of ValAct's paper: r_values", "rate": "gap of the lens's paper: rate"}


def draw(rows: pl.DataFrame, folder: Path) -> Picture:
    """Both papers' gaps of rows of ``both`` side by side, a line a respondent and a mark a dataset; into ``folder``."""
    # A dataset stands for itself where its respondents declare by one instrument.
    several = (
        rows.group_by("dataset").agg(pl.col("instrument").n_unique() > 1).filter("instrument")["dataset"]
    )
    by = pl.format("{}, {}", "dataset", "instrument")
    shown = (
        rows.filter(pl.col("measure").is_in(list(DRAWN)))
        .select(
            "respondent",
            "measure",
            "estimate",
            "low",
            "high",
            series=pl.when(pl.col("dataset").is_in(several.implode())).then(by).otherwise("dataset"),
            panel=pl.col("measure").replace_strict(DRAWN),
        )
        .sort(pl.col("measure").replace_strict({name: at for at, name in enumerate(DRAWN)}), "series")
    )
    names = sorted(shown["respondent"].unique())
    folder.mkdir(parents=True, exist_ok=True)
    with style():
        figure = forest.draw(
            shown,
            panel="panel",
            line="respondent",
            series="series",
            labels={name: name for name in names},
            axis="estimate",
            reference=0,
        )
        save(figure, folder / "gaps")
    shown.drop("panel").write_csv(folder / "gaps.csv", float_precision=6)
    caption = "Each paper's gap on both datasets; 1 is no gap. With intervals over scenarios."
    return Picture("gaps", "Both gaps, on both datasets", caption, "figures/gaps.csv")


def section(rows: pl.DataFrame, pictures: list[Picture]) -> Section:
    """Rows of ``both`` as a section of a report."""
    columns = (
        rows.select("respondent", "dataset", "instrument").unique(maintain_order=True).sort("respondent")
    )
    lines: list[list[str | Cell]] = []
    for respondent, dataset, instrument in columns.iter_rows():
        mine = rows.filter(
            pl.col("respondent") == respondent,
            pl.col("dataset") == dataset,
            pl.col("instrument") == instrument,
        )
        found = {
            m: (e, low, high)
            for m, e, low, high in mine.select("measure", "estimate", "low", "high").iter_rows()
        }
        cells = [found.get(measure, (None, None, None)) for measure in SHOWN]
        lines.append(
            [
                respondent,
                dataset,
                instrument,
                *(Cell(number(e), interval(low, high)) for e, low, high in cells),
            ]
        )
    meanings = [f"**{measure}**: {MEASURES[measure].meaning}." for measure in SHOWN]
    table = Table("Both gaps", ["respondent", "dataset", "declared by", *SHOWN], lines, "gaps.csv", wide=True)
    return Section("Both gaps", [*TEXT, *meanings], [table], pictures)

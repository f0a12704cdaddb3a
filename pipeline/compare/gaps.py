"""Both gaps of respondents who did both datasets: each measure of one paper on the questions, and on the pairs."""

from __future__ import annotations

import polars as pl

from pipeline.core.errors import InputError
from pipeline.measures.gaps import MEASURES
from pipeline.report.document import Cell, Section, Table, interval, listed, number
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


def section(rows: pl.DataFrame) -> Section:
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
    return Section("Both gaps", [*TEXT, *meanings], [table])

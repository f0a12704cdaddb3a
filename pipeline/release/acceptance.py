"""How many of each subreddit's candidates the judges accepted: table and figure beside the funnel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.core.atomic import writing
from pipeline.plots.style import BLUE, WIDTH, save, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COUNTS = ("candidates", "judged", "accepted")


def by_subreddit(cells: pl.DataFrame, order: list[str]) -> pl.DataFrame:
    """Columns category, subreddit, candidates, judged, accepted and acceptance (of those judged; null where none was),
    from Cells; categories in ``order``."""
    return (
        cells.group_by("category", "subreddit")
        .agg(pl.col(COUNTS).sum().cast(pl.Int64))
        .with_columns(
            acceptance=pl.when(pl.col("judged") > 0).then(pl.col("accepted") / pl.col("judged")).round(4),
            place=pl.col("category").replace_strict({name: place for place, name in enumerate(order)}),
        )
        .sort("place", "subreddit")
        .drop("place")
    )


def metrics(table: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row.pop("subreddit"): row for row in table.drop("category").iter_rows(named=True)}


def write(table: pl.DataFrame, table_file: Path, plot_file: Path) -> None:
    """Writes the table (CSV) and the plot (SVG, and PNG beside it)."""
    with writing(table_file) as part:
        table.write_csv(part)
    with style():
        save(draw(table), plot_file.with_suffix(""))


def draw(table: pl.DataFrame) -> Figure:
    """A bar a subreddit: the share of the judged candidates that was accepted, with the counts behind it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 0.5 + 0.22 * table.height), layout="constrained")
    ax = figure.subplots()
    places = range(table.height)
    bars = ax.barh(places, table["acceptance"].fill_null(0).to_list(), height=0.7, color=BLUE)
    counts = table.select("accepted", "judged").iter_rows()
    ax.bar_label(bars, labels=[f"{accepted:,} of {judged:,}" for accepted, judged in counts], padding=3)
    ax.set_yticks(places, [f"r/{name}" for name in table["subreddit"]])
    ax.set_ylim(table.height - 0.4, -0.6)
    ax.set_xlim(0, 1.25)
    ax.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    ax.set_title("Accepted of the judged candidates")
    return figure

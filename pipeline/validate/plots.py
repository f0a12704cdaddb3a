"""Two pictures of a round: what was intended against what was seen, and the accuracy of each value.

Readable in black and white.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.core.atomic import writing
from pipeline.plots.style import WIDTH, save, style
from pipeline.tables import NONE
from pipeline.values import Inventory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONFUSION, ACCURACY = "validation_confusion", "validation_accuracy"
INTERVALS = "Lines: 95 % intervals, by judgement bootstrapped over items, by item Wilson's."
NOTE_SIZE = 7
# The heights of the figures are right for so many values, and grow with more.
USUAL = 10
NOTHING = "Nobody has judged an item yet"


def write(
    confusion: pl.DataFrame, accuracy: pl.DataFrame, folder: Path, note: str, inventory: Inventory
) -> None:
    """validation_{confusion,accuracy}.{csv,svg,png}; ``note`` names the round under each picture."""
    names, order = _names(inventory), _places(inventory)
    named = pl.col("intended", "answer").replace(names)
    cells = (
        confusion.with_columns(order=pl.col("intended").replace_strict(order))
        .with_columns(column=pl.col("answer").replace_strict(order))
        .sort("order", "column")
        .select(named, "judgements", "share")
    )
    values = _by_value(accuracy, inventory).select(
        pl.col("group").replace(names).alias("value"), "unit", "n", "matching", "estimate", "low", "high"
    )
    for rows, name in ((cells, CONFUSION), (values, ACCURACY)):
        with writing(folder / f"{name}.csv") as part:
            rows.write_csv(part, float_precision=6)
    with style():
        save(_confusion(confusion, note, inventory), folder / CONFUSION)
        save(_forest(accuracy, note, inventory), folder / ACCURACY)


def _figure(height: float, note: str) -> Figure:
    """A figure with room for a note under it."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    room = 0.16 * (1 + note.count("\n")) / height
    layout = ConstrainedLayoutEngine(rect=(0, room, 1, 1 - room))
    figure = Figure(figsize=(WIDTH, height), layout=layout)
    figure.text(0.01, 0.01, note, fontsize=NOTE_SIZE)
    return figure


def _confusion(table: pl.DataFrame, note: str, inventory: Inventory) -> Figure:
    """Shares by row, as grey and as numbers (of judgements); what was intended is framed."""
    import numpy as np

    if not table["judgements"].sum():
        return _empty(note)
    ordered = "Both in the order of the circle; grey" if inventory.circle else "Grey"
    n = len(inventory)
    figure = _figure(5.9 * max(1, n / USUAL), f"{ordered}: share of the row. {note}")
    axes = figure.subplots()
    counts, shares = (np.zeros((n, n + 1)) for _ in range(2))
    names, places = _names(inventory), _places(inventory)
    for intended, answer, judgements, share in table.iter_rows():
        counts[places[intended], places[answer]] = judgements
        shares[places[intended], places[answer]] = share or 0
    axes.imshow(shares, cmap="Greys", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", color=colour)
    for place in range(n):
        axes.plot(
            [place - 0.5, place + 0.5, place + 0.5, place - 0.5, place - 0.5],
            [place - 0.5, place - 0.5, place + 0.5, place + 0.5, place - 0.5],
            color="black",
            linewidth=1.2,
        )
    axes.axvline(n - 0.5, color="black", linewidth=0.8, linestyle=":")
    axes.set_xticks(range(n + 1), [names[answer] for answer in places], rotation=45, ha="right")
    axes.set_yticks(range(n), [names[slug] for slug in inventory.slugs])
    axes.set_xlabel("Value that raters named")
    axes.set_ylabel("Value that the action was written for")
    axes.set_title("Judgements by intended and named value")
    axes.tick_params(length=0)
    axes.spines[["top", "right"]].set_visible(True)
    return figure


def _forest(accuracy: pl.DataFrame, note: str, inventory: Inventory) -> Figure:
    """Accuracy of each value by judgement (filled) and by item (hollow), with 95 % intervals."""
    values, n_values = _by_value(accuracy, inventory), len(inventory)
    if values.is_empty():
        return _empty(note)
    figure = _figure(4.4 * max(1, n_values / USUAL), f"{INTERVALS}\n{note}")
    axes = figure.subplots()
    units = {
        "judgement": (-0.13, "o", "black", "by judgement"),
        "item": (0.13, "s", "white", "by item (majority)"),
    }
    for slug, unit, n, estimate, low, high in values.select(
        "group", "unit", "n", "estimate", "low", "high"
    ).iter_rows():
        if estimate is None:
            continue
        shift, marker, face, label = units[unit]
        place = n_values if slug == "all" else inventory.index[slug]
        if low is not None:
            axes.plot([low, high], [place + shift] * 2, color="black", linewidth=1)
        axes.plot(
            estimate,
            place + shift,
            marker,
            color="black",
            markerfacecolor=face,
            label=label,
        )
        if unit == "judgement":
            axes.text(1.03, place, f"{n:,}", va="center")
    axes.axhline(n_values - 0.5, color="black", linewidth=0.8, linestyle=":")
    axes.text(1.03, -0.9, "judgements", va="center")
    axes.set_yticks(range(n_values + 1), [*(value.name for value in inventory.values), "All values"])
    axes.set_ylim(n_values + 0.6, -0.6)
    axes.set_xlim(0, 1.01)
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0", "20 %", "40 %", "60 %", "80 %", "100 %"])
    axes.grid(axis="x", color="0.85", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("How often raters name the intended value", pad=22)
    handles, names = axes.get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    axes.legend(
        unique.values(),
        unique.keys(),
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=2,
    )
    return figure


def _by_value(accuracy: pl.DataFrame, inventory: Inventory) -> pl.DataFrame:
    """Rows of the task value by value and over all, in the order of the inventory."""
    return (
        accuracy.filter(
            (pl.col("task") == "value") & pl.col("grouping").is_in(["value", "all"]) & (pl.col("n") > 0)
        )
        .with_columns(order=pl.col("group").replace_strict(inventory.index | {"all": len(inventory)}))
        .sort("order", "unit", descending=[False, True])
        .drop("order")
    )


def _empty(note: str) -> Figure:
    figure = _figure(2, note)
    figure.text(0.5, 0.5, NOTHING, ha="center", va="center", fontsize=12)
    return figure


def _names(inventory: Inventory) -> dict[str, str]:
    return {value.slug: value.name for value in inventory.values} | {NONE: "(none)", "all": "All values"}


def _places(inventory: Inventory) -> dict[str, int]:
    return inventory.index | {NONE: len(inventory)}

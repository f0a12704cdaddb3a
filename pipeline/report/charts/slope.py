"""Declared against enacted: for each respondent, the rank of each value in the questionnaire and in the choices.

Ranks, because a mean on a six-point scale and a share of choices have no common unit. A line that climbs or falls by
at least ``FAR`` places is drawn heavily: that is where saying and doing part.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from pipeline.plots.style import BLUE, GREY, RED, WIDTH
from pipeline.values import Inventory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 2
FAR = 4


def draw(pairs: pl.DataFrame, inventory: Inventory) -> Figure:
    """Pairs (respondent, value, declared, enacted) as slope charts, rank 1 on top."""
    from matplotlib.figure import Figure

    names = pairs["respondent"].unique(maintain_order=True).to_list()
    columns = min(COLUMNS, max(1, len(names)))
    rows = max(1, math.ceil(len(names) / columns))
    figure = Figure(figsize=(WIDTH, 2.3 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax, name in zip(axes.flat, names, strict=False):
        _panel(ax, name, pairs.filter(pl.col("respondent") == name), inventory)
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    return figure


def ranks(values: dict[str, float], inventory: Inventory) -> dict[str, int]:
    """Places from 1, the largest first; ties in the order of the circle, so that no two labels share a line."""
    ordered = sorted(values, key=lambda slug: (-values[slug], inventory.index[slug]))
    return {slug: place for place, slug in enumerate(ordered, start=1)}


def _panel(ax: Axes, name: str, pairs: pl.DataFrame, inventory: Inventory) -> None:
    declared = ranks(dict(pairs.select("value", "declared").iter_rows()), inventory)
    enacted = ranks(dict(pairs.select("value", "enacted").iter_rows()), inventory)
    for slug, before in declared.items():
        after = enacted[slug]
        far = abs(after - before) >= FAR
        colour = (RED if after > before else BLUE) if far else GREY
        style = "--" if far and after > before else "-"
        ax.plot([0, 1], [before, after], color=colour, linestyle=style, linewidth=1.8 if far else 0.8)
        ax.plot([0, 1], [before, after], color=colour, linestyle="", marker="o", markersize=3)
        label = inventory.by_slug[slug].name
        weight = "bold" if far else "normal"
        ax.text(-0.05, before, f"{label}  {before}", ha="right", va="center", fontsize=6.5, fontweight=weight)
        ax.text(1.05, after, f"{after}  {label}", ha="left", va="center", fontsize=6.5, fontweight=weight)
    ax.set_xlim(-0.9, 1.9)
    ax.set_ylim(len(declared) + 0.6, 0.4)
    ax.set_xticks([0, 1], ["declared", "enacted"])
    ax.set_yticks([])
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_title(name)

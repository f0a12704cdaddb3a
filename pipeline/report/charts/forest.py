"""Estimates with their intervals, a line each: gaps of respondents, accuracies of values, shares of positions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from pipeline.plots.style import WIDTH, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Characters of a legend that fit beside each other on the width of a page.
LINE = 95


def draw(
    estimates: pl.DataFrame,
    *,
    panel: str,
    line: str,
    series: str,
    labels: dict[str, str],
    axis: str,
    reference: float | None = None,
    columns: int | None = None,
) -> Figure:
    """Estimates (estimate, low, high) by the columns named: a panel, a line, a mark each.

    ``labels`` names lines for people and orders them; ``reference`` draws a dashed line (chance, zero). All panels
    share the horizontal scale. Series differ by colour and by marker, and are explained once above.
    """
    from matplotlib.figure import Figure

    panels = estimates[panel].unique(maintain_order=True).to_list()
    shown = estimates[series].unique(maintain_order=True).to_list()
    lines = [name for name in labels if name in set(estimates[line])]
    columns = columns or {1: 1, 2: 2, 4: 2}.get(len(panels), 3)
    rows = max(1, math.ceil(len(panels) / columns))
    height = 0.55 + 0.17 * max(1, len(lines)) + 0.06 * len(lines) * (len(shown) - 1)
    figure = Figure(figsize=(WIDTH, height * rows + (0.5 if len(shown) > 1 else 0.15)), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for ax, name in zip(axes.flat, panels, strict=False):
        _panel(ax, estimates.filter(pl.col(panel) == name), lines, line, shown, series, reference)
        ax.set_title(str(name) if len(panels) > 1 else "")
        ax.set_yticks(range(len(lines)), [labels[n] for n in lines])
        ax.set_ylim(len(lines) - 0.4, -0.6)
        ax.tick_params(axis="x", labelbottom=True)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    for ax in axes.flat[max(0, len(panels) - columns) : len(panels)]:
        ax.set_xlabel(axis)
    if len(shown) > 1:
        # A panel may lack a series: each is explained by the first panel that has it.
        explained = {
            name: handle
            for ax in reversed(axes.flat[: len(panels)])
            for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        names = [name for name in shown if name in explained]
        handles = [explained[name] for name in names]
        beside = max(1, LINE // (max(map(len, names)) + 6))
        figure.legend(handles, names, loc="outside upper left", ncols=min(beside, len(names)))
    return figure


def _panel(
    ax: Axes,
    rows: pl.DataFrame,
    lines: Sequence[str],
    line: str,
    shown: Sequence[str],
    series: str,
    reference: float | None,
) -> None:
    if reference is not None:
        ax.axvline(reference, color="black", linestyle="--", linewidth=0.7)
    for n, name in enumerate(shown):
        look = mark(n)
        if n % 2:  # neighbours also differ by their fill
            look["markerfacecolor"] = "white"
        offset = (n - (len(shown) - 1) / 2) * 0.7 / max(1, len(shown))
        first = True
        for row in rows.filter(pl.col(series) == name).iter_rows(named=True):
            if row[line] not in lines or row["estimate"] is None:
                continue
            y = lines.index(row[line]) + offset
            if row["low"] is not None and row["high"] is not None:
                ax.plot([row["low"], row["high"]], [y, y], color=look["color"], linewidth=1.1)
            ax.plot([row["estimate"]], [y], **look, label=name if first else None)
            first = False
    ax.grid(axis="x", color="#e3e3e3", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)

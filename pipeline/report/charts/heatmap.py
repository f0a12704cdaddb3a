"""Correlations between respondents: enacted below the diagonal, declared above it, every number printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.plots.style import WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(correlations: pl.DataFrame, names: list[str]) -> Figure:
    """Correlations (kind 'enacted' or 'declared', a, b, r) between ``names``; a pair without one stays empty.

    Greys run from -1 (white) to 1, and never so dark that black numbers could not be read on them.
    """
    from matplotlib.figure import Figure

    place = {name: n for n, name in enumerate(names)}
    side = min(WIDTH, 1.6 + 0.5 * len(names))
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    ax = figure.subplots()
    grid = [[float("nan")] * len(names) for _ in names]
    for row in correlations.iter_rows(named=True):
        if row["r"] is None or row["a"] not in place or row["b"] not in place:
            continue
        low, high = sorted((place[row["a"]], place[row["b"]]))
        i, j = (high, low) if row["kind"] == "enacted" else (low, high)
        grid[i][j] = row["r"]
    image = ax.imshow(grid, cmap="Greys", vmin=-1, vmax=3)
    size = 7.5 if len(names) <= 7 else 6
    for i, cells in enumerate(grid):
        for j, r in enumerate(cells):
            if i == j:
                ax.fill(
                    [j - 0.5, j + 0.5, j + 0.5, j - 0.5], [i - 0.5, i - 0.5, i + 0.5, i + 0.5], color="white"
                )
            elif r == r:
                text = f"{r:.2f}" if abs(r) < 0.995 else f"{r:.3f}"
                ax.text(j, i, text, ha="center", va="center", fontsize=size)
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    for edge in ax.spines.values():
        edge.set_visible(False)
    bar = figure.colorbar(
        image, ax=ax, shrink=0.7, boundaries=[n / 50 for n in range(-50, 51)], ticks=[-1, 0, 1]
    )
    bar.outline.set_visible(False)
    return figure

"""Correlations between respondents: a triangle of shades, finest where r is near 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.plots.style import WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Profiles of models correlate at .98 and .99: on an even scale they would all be black.
BANDS = (-1, 0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1)
# From here on the shade asks for white text.
DARK = 0.95
# A cell that is narrower (inches) cannot hold a number.
HOLDS = 0.3


def draw(correlations: pl.DataFrame, names: list[str]) -> Figure:
    """Correlations (a, b, r) between ``names``, in their order; a pair without one stays empty."""
    import matplotlib
    from matplotlib.colors import BoundaryNorm
    from matplotlib.figure import Figure

    place = {name: n for n, name in enumerate(names)}
    longest = 0.075 * max(map(len, names), default=0)
    cell = min(0.5, (WIDTH - 1.1 - longest) / max(1, len(names)))
    side = cell * len(names)
    figure = Figure(figsize=(min(WIDTH, side + longest + 1.1), side + longest + 0.2), layout="constrained")
    ax = figure.subplots()
    grid = [[float("nan")] * len(names) for _ in names]
    for a, b, r in correlations.select("a", "b", "r").iter_rows():
        if r is not None and a in place and b in place:
            j, i = sorted((place[a], place[b]))
            grid[i][j] = r
            if cell >= HOLDS:
                text = f"{r:.2f}" if abs(r) < 0.995 else f"{r:.3f}"
                colour = "white" if r >= DARK else "black"
                ax.text(j, i, text.replace("0.", ".", 1), ha="center", va="center", fontsize=6, color=colour)
    image = ax.imshow(
        grid,
        cmap=matplotlib.colormaps["Blues"],
        norm=BoundaryNorm(BANDS, matplotlib.colormaps["Blues"].N),
    )
    size = 7 if cell > 0.2 else 5.5
    ax.set_xticks(range(len(names)), names, rotation=90, fontsize=size)
    ax.set_yticks(range(len(names)), names, fontsize=size)
    ax.tick_params(length=0)
    for edge in ax.spines.values():
        edge.set_visible(False)
    bar = figure.colorbar(image, ax=ax, shrink=min(1.0, 0.5 + 1 / max(side, 1)), ticks=BANDS)
    bar.ax.set_yticklabels([f"{band:g}" for band in BANDS])
    bar.ax.tick_params(labelsize=6, length=0)
    bar.ax.set_title("r", loc="left", fontsize=7, fontweight="normal")
    bar.outline.set_visible(False)
    return figure

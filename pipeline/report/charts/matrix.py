"""A row a respondent, a column a value, a shade and where it fits a number in each cell: for many respondents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pipeline.plots.style import WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

# From so many respondents on, panels of their own are too many to compare.
MANY = 7
# A cell that is narrower (inches) cannot hold a number.
HOLDS = 0.27
# More numbers than these nobody reads in a picture; they are in the file beside it.
MOST = 600


def draw(
    cells: pl.DataFrame,
    lines: Sequence[str],
    columns: dict[str, str],
    *,
    column: str,
    panel: str | None = None,
    middle: float | None = None,
    digits: int = 2,
) -> Figure:
    """Cells (respondent, ``column``, estimate; ``panel``) with ``lines`` from top to bottom and ``columns`` by name.

    With a ``middle`` shades go both ways from it, blue below and red above; all panels share one scale. Panels stand
    below each other.
    """
    from matplotlib.colors import Normalize, TwoSlopeNorm
    from matplotlib.figure import Figure

    panels = cells[panel].unique(maintain_order=True).to_list() if panel else [""]
    low, high = _ends(cells)
    shown = [name for name in columns if name in set(cells[column])]
    lines = [name for name in lines if name in set(cells["respondent"])]
    height = 0.17 * len(lines) + 0.3
    figure = Figure(figsize=(WIDTH, height * len(panels) + 1.15), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    norm = Normalize(low, high)
    if middle is not None:
        reach = max(high - middle, middle - low, 1e-9)
        norm = TwoSlopeNorm(middle, middle - reach, middle + reach)
    wide = (WIDTH - 0.9 - 0.075 * max(map(len, lines), default=0)) / max(1, len(shown))
    numbers = wide >= HOLDS and cells.height <= MOST
    image: AxesImage | None = None
    for ax, name in zip(axes, panels, strict=True):
        part = cells.filter(pl.col(panel) == name) if panel else cells
        image = _panel(
            ax,
            part,
            lines,
            shown,
            column,
            norm,
            middle is not None,
            digits if numbers else None,
        )
        ax.set_title(name)
        labels = [columns[n] for n in shown] if ax is axes[-1] else []
        ax.set_xticks(
            range(len(shown)) if labels else [], labels, rotation=40, ha="right", rotation_mode="anchor"
        )
    if image is not None:
        bar = figure.colorbar(image, ax=list(axes), shrink=min(1.0, 1.4 / (height * len(panels))), pad=0.01)
        bar.ax.tick_params(labelsize=6, length=2)
        bar.outline.set_visible(False)
    return figure


def _panel(
    ax: Axes,
    cells: pl.DataFrame,
    lines: Sequence[str],
    columns: Sequence[str],
    column: str,
    norm: Normalize,
    both_ways: bool,
    digits: int | None,
) -> AxesImage:
    at = {(row["respondent"], row[column]): row["estimate"] for row in cells.iter_rows(named=True)}
    grid = [[_real(at.get((line, name))) for name in columns] for line in lines]
    image = ax.imshow(grid, cmap="RdBu_r" if both_ways else "Blues", norm=norm, aspect="auto")
    for i, row in enumerate(grid):
        for j, found in enumerate(row):
            if digits is not None and found == found:
                text = f"{found:.{digits}f}".replace("-", "−").replace("0.", ".", 1)
                red, green, blue, _ = image.to_rgba(np.array([found]))[0]
                dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
                ax.text(
                    j, i, text, ha="center", va="center", fontsize=5.5, color="white" if dark else "black"
                )
    ax.set_yticks(range(len(lines)), lines, fontsize=6.5)
    ax.tick_params(length=0)
    for edge in ax.spines.values():
        edge.set_visible(False)
    return image


def _ends(cells: pl.DataFrame) -> tuple[float, float]:
    found = cells["estimate"].drop_nulls().to_list()
    return (min(found), max(found)) if found else (0.0, 1.0)


def _real(number: float | None) -> float:
    return float("nan") if number is None else number

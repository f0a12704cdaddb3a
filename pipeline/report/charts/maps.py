"""Maps of respondents or of values in two dimensions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from pipeline.plots.style import GREY, WIDTH, mark
from pipeline.values import Inventory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Degrees between two labels on the ring around the arrows: a line of text at that distance.
APART = 15


def draw(points: pl.DataFrame, inventory: Inventory, *, series: str, axes: tuple[str, str]) -> Figure:
    """Points (point, name, category, x, y): respondents as marks explained aside, values as arrows with names.

    ``series`` ('name' or 'category') gives the marks. Names of arrows stand on a ring around them, far enough from
    each other to be read, whatever the arrows do.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.4), layout="constrained")
    ax = figure.subplots()
    respondents = points.filter(pl.col("point") == "respondent")
    values = points.filter(pl.col("point") == "value")
    reach = _reach(respondents if respondents.height else values)
    if values.height:
        _arrows(ax, values, inventory, reach)
    for n, name in enumerate(respondents[series].unique(maintain_order=True)):
        rows = respondents.filter(pl.col(series) == name)
        ax.plot(rows["x"].to_list(), rows["y"].to_list(), **mark(n), label=name)
    ax.axhline(0, color="#e3e3e3", linewidth=0.6, zorder=0)
    ax.axvline(0, color="#e3e3e3", linewidth=0.6, zorder=0)
    ax.set_aspect("equal")
    ax.set_xlabel(axes[0])
    ax.set_ylabel(axes[1])
    if respondents.height:
        figure.legend(loc="outside right upper", fontsize=7)
    return figure


def spread(angles: list[float], apart: float = APART) -> list[float]:
    """Angles (degrees) moved as little as a few passes can so that neighbours are ``apart`` or more.

    The order around the circle stays. There is room for 360 / apart of them.
    """
    order = sorted(range(len(angles)), key=lambda n: angles[n])
    placed = [angles[n] for n in order]
    for _ in range(200):
        moved = False
        for i in range(len(placed)):
            j = (i + 1) % len(placed)
            gap = placed[j] - placed[i] + (360 if j == 0 else 0)
            if j != i and gap < apart - 1e-9:
                placed[i] -= (apart - gap) / 2
                placed[j] += (apart - gap) / 2
                moved = True
        if not moved:
            break
    result = [0.0] * len(angles)
    for n, angle in zip(order, placed, strict=True):
        result[n] = angle
    return result


def _arrows(ax: Axes, values: pl.DataFrame, inventory: Inventory, reach: float) -> None:
    longest = _reach(values)
    angles = [math.degrees(math.atan2(y, x)) for x, y in values.select("x", "y").iter_rows()]
    for (name, x, y), angle in zip(
        values.select("name", "x", "y").iter_rows(),
        spread(angles, min(APART, 350 / len(angles))),
        strict=True,
    ):
        tip = (x * reach / longest, y * reach / longest)
        label = (1.25 * reach * math.cos(math.radians(angle)), 1.25 * reach * math.sin(math.radians(angle)))
        ax.annotate(
            "", xy=tip, xytext=(0, 0), arrowprops={"arrowstyle": "->", "color": GREY, "linewidth": 0.8}
        )
        ax.plot([tip[0], label[0]], [tip[1], label[1]], color="#bbbbbb", linewidth=0.5, linestyle=":")
        side = "left" if label[0] > 0 else "right"
        ax.text(*label, inventory.by_slug[name].name, ha=side, va="center", fontsize=7, color="#333333")
    ax.set_xlim(-2.0 * reach, 2.0 * reach)
    ax.set_ylim(-1.45 * reach, 1.45 * reach)


def _reach(points: pl.DataFrame) -> float:
    return max((math.hypot(x, y) for x, y in points.select("x", "y").iter_rows()), default=1.0) or 1.0

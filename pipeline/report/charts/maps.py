"""Maps of respondents or of values in two dimensions, every point with its name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from pipeline.plots.style import BLUE, SKY, WIDTH
from pipeline.values import Inventory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Points beyond this number stay without names: a cloud is what can be seen.
NAMED = 40
HEIGHT = 4.6


def draw(points: pl.DataFrame, inventory: Inventory, *, axes: tuple[str, str]) -> Figure:
    """Points (point, name, x, y): respondents as marks with their names, values as arrows with theirs; who is in the
    ``cloud``, where the points have such a column, as a small mark without a name."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    ax = figure.subplots()
    respondents = points.filter(pl.col("point") == "respondent")
    values = points.filter(pl.col("point") == "value")
    farthest = reach(respondents if respondents.height else values)
    longest = reach(values)
    names: list[tuple[str, float, float, str]] = []
    for slug, x, y in values.select("name", "x", "y").iter_rows():
        tip = (x * farthest / longest, y * farthest / longest)
        ax.annotate(
            "", xy=tip, xytext=(0, 0), arrowprops={"arrowstyle": "->", "color": "#999999", "linewidth": 0.8}
        )
        names.append((inventory.by_slug[slug].name, *tip, "#555555"))
    cloud = respondents.filter("cloud") if "cloud" in respondents.columns else respondents.clear()
    named = respondents.join(cloud, on="name", how="anti")
    for shown, look in ((cloud, (SKY, 2.5)), (named, (BLUE, 4.5))):
        x, y = shown["x"].to_list(), shown["y"].to_list()
        ax.plot(x, y, linestyle="", marker="o", color=look[0], markersize=look[1])
    if named.height <= NAMED:
        names += [(name, x, y, "black") for name, x, y in named.select("name", "x", "y").iter_rows()]
    ax.axhline(0, color="#e3e3e3", linewidth=0.6, zorder=0)
    ax.axvline(0, color="#e3e3e3", linewidth=0.6, zorder=0)
    ax.set_xlim(-1.6 * farthest, 1.6 * farthest)
    ax.set_ylim(-1.15 * farthest, 1.15 * farthest)
    ax.set_aspect("equal")
    ax.set_xlabel(axes[0])
    ax.set_ylabel(axes[1])
    _label(ax, names, farthest)
    return figure


def placed(
    points: list[tuple[float, float]], sizes: list[tuple[float, float]], step: float
) -> list[tuple[float, float]]:
    """Centres of labels of these ``sizes``, near their points and apart from each other and from all points.

    Greedy: each label in turn takes the nearest place, on rings of ``step`` around its point, that is free; where no
    place near is, the one that is crossed least.
    """
    boxes: list[tuple[float, float, float, float]] = []
    centres = []
    for (x, y), (width, height) in zip(points, sizes, strict=True):
        best: tuple[float, float, float] | None = None
        for ring in range(1, 14):
            for turn in range(16):
                angle = math.pi * turn / 8
                cx = x + math.cos(angle) * (ring * step + width / 2)
                cy = y + math.sin(angle) * (ring * step + height / 2)
                box = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
                crossed = sum(_overlap(box, other) for other in boxes)
                crossed += sum(0.2 * width * height for px, py in points if _inside(px, py, box))
                if best is None or crossed < best[0] - 1e-12:
                    best = (crossed, cx, cy)
            if best is not None and best[0] == 0:
                break
        _, cx, cy = best if best is not None else (0.0, x, y)
        boxes.append((cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2))
        centres.append((cx, cy))
    return centres


def _label(ax: Axes, names: list[tuple[str, float, float, str]], reach: float) -> None:
    inch = 3.2 * reach / (WIDTH - 0.6)  # of the page in units of the map
    size = 7 if len(names) <= 24 else 5.5
    sizes = [(inch * size * (0.0087 * len(name) + 0.01), inch * size * 0.017) for name, *_ in names]
    points = [(x, y) for _, x, y, _ in names]
    for (name, x, y, colour), (cx, cy), (width, _) in zip(
        names, placed(points, sizes, 0.06 * inch), sizes, strict=True
    ):
        if math.hypot(cx - x, cy - y) > width / 2 + 0.16 * inch:
            ax.plot([x, cx], [y, cy], color="#cccccc", linewidth=0.5, zorder=0.5)
        ax.text(
            cx,
            cy,
            name,
            ha="center",
            va="center",
            fontsize=size,
            color=colour,
            style="italic" if colour != "black" else "normal",
            clip_on=False,
        )


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, wide) * max(0.0, high)


def _inside(x: float, y: float, box: tuple[float, float, float, float]) -> bool:
    return box[0] < x < box[2] and box[1] < y < box[3]


def reach(points: pl.DataFrame) -> float:
    """Distance of the farthest of some points from the middle; 1 where there is none."""
    return max((math.hypot(x, y) for x, y in points.select("x", "y").iter_rows()), default=1.0) or 1.0

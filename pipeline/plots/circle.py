"""The value circle: a radar in the order of Schwartz's circle, one panel a respondent.

Panels, not overlaid lines: ten models on one radar cannot be told apart, least of all in print. The mean over all
respondents is in every panel in grey, so that what is special about one can be seen in its own panel.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.plots.style import BLUE, GREY, WIDTH
from pipeline.values import Inventory

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.projections.polar import PolarAxes

COLUMNS = 3


def draw(
    profiles: pl.DataFrame,
    inventory: Inventory,
    *,
    centre: float = 0.0,
    ring: float | None = None,
    columns: int = COLUMNS,
    width: float = WIDTH,
) -> Figure:
    """Profiles (respondent, value, estimate, low, high) as radars; a dashed ring marks a reference, as chance.

    All panels share one scale, whose lowest possible value, ``centre``, is in the middle. ``width`` is in inches, with
    ``columns`` panels side by side.
    """
    from matplotlib.figure import Figure

    names = profiles["respondent"].unique(maintain_order=True).to_list()
    mean = dict(profiles.group_by("value").agg(pl.col("estimate").mean()).iter_rows())
    ends = [number for column in ("estimate", "high") for number in profiles[column].drop_nulls()]
    top = centre + 1.08 * (max(ends, default=centre + 1) - centre)
    columns = min(columns, max(1, len(names)))
    rows = max(1, math.ceil(len(names) / columns))
    figure = Figure(figsize=(width, 1.85 * rows + 0.1), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, subplot_kw={"projection": "polar"})
    for ax, name in zip(axes.flat, names, strict=False):
        rows_of = profiles.filter(pl.col("respondent") == name)
        _panel(
            ax,
            name,
            inventory,
            {row["value"]: row for row in rows_of.iter_rows(named=True)},
            mean,
            (centre, top),
            ring,
        )
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    return figure


def _panel(
    ax: PolarAxes,
    name: str,
    inventory: Inventory,
    of: dict[str, dict[str, Any]],
    mean: dict[str, float],
    scale: tuple[float, float],
    ring: float | None,
) -> None:
    slugs = inventory.slugs
    angles = [2 * math.pi * n / len(slugs) for n in range(len(slugs))]
    around = [*angles, angles[0]]

    def closed(values: list[float]) -> list[float]:
        return [*values, values[0]]

    ax.set_theta_zero_location("N")
    ax.set_theta_direction(-1)
    ax.set_ylim(*scale)
    ax.plot(around, closed([mean[slug] for slug in slugs]), color=GREY, linewidth=0.9, linestyle=":")
    known = [of[slug]["estimate"] for slug in slugs]
    ax.plot(around, closed(known), color=BLUE, marker="o", markersize=2.5, linewidth=1.1)
    ax.fill(around, closed(known), color=BLUE, alpha=0.12)
    for angle, slug in zip(angles, slugs, strict=True):
        if of[slug]["low"] is not None and of[slug]["high"] is not None:
            ax.plot(
                [angle, angle], [of[slug]["low"], of[slug]["high"]], color=BLUE, linewidth=2.2, alpha=0.45
            )
    if ring is not None:
        around = [n * math.pi / 90 for n in range(181)]
        ax.plot(around, [ring] * len(around), color="black", linestyle="--", linewidth=0.6)
    ax.set_xticks(angles, [])
    edge = scale[0] + 1.06 * (scale[1] - scale[0])
    for angle, slug in zip(angles, slugs, strict=True):
        right = math.sin(angle)
        side = "center" if abs(right) < 0.1 else "left" if right > 0 else "right"
        height = "bottom" if math.cos(angle) > 0.9 else "top" if math.cos(angle) < -0.9 else "center"
        ax.text(angle, edge, inventory.by_slug[slug].name, ha=side, va=height, fontsize=5.8)
    ax.set_yticks([])
    ax.grid(color="#cccccc", linewidth=0.5)
    ax.spines["polar"].set_color("#cccccc")
    ax.set_title(name, loc="center", fontsize=8, pad=14)

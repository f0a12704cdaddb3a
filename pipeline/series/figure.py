"""The series of a track: equal answers by date, the limits of a date alone, alarms, and changes of the served model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from pipeline.plots.style import BLUE, GREY, RED, WIDTH
from pipeline.series.monitor import SAME, limits, same_answer

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(answers: pl.DataFrame, found: pl.DataFrame, served: Mapping[str, str], title: str) -> Figure:
    """``found``: see ``monitor``; ``served`` is the served model by date."""
    from matplotlib.dates import date2num
    from matplotlib.figure import Figure

    def at(day: dt.date) -> float:
        return float(date2num(day))

    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    ax = figure.subplots()
    counts = same_answer(answers.filter(pl.col("status") == "answered"))
    days = sorted(counts)
    shares = [counts[day][0] / counts[day][1] for day in days]
    ax.plot([at(day) for day in days[1:]], shares[1:], color=BLUE, marker="o", markersize=3, linewidth=1)
    alone = found.filter(statistic=SAME, window=1)
    if alone.height:
        row = alone.row(0, named=True)
        bounds = limits((row["baseline_count"], row["baseline_of"]), row["of"], row["level"])
        for bound in bounds:
            ax.axhline(bound, color=GREY, linewidth=0.8, linestyle="--")
        ax.axhline(row["baseline_count"] / row["baseline_of"], color=GREY, linewidth=0.8)
    alarms = set(found.filter("alarm")["date"])
    loud = [day for day in days if day in alarms]
    above = [counts[day][0] / counts[day][1] for day in loud]
    ax.plot([at(day) for day in loud], above, color=RED, marker="s", linestyle="", markersize=5)
    for day, model in changes(served):
        ax.axvline(at(day), color=RED, linewidth=0.8, linestyle=":")
        ax.annotate(model, (at(day), ax.get_ylim()[1]), fontsize=6, rotation=90, va="top", ha="right")
    ax.set_title(title)
    ax.set_ylabel("same answer as on the first date")
    ax.xaxis_date()
    figure.autofmt_xdate()
    return figure


def changes(served: Mapping[str, str]) -> list[tuple[dt.date, str]]:
    """The dates on which another model answered than on the date before, and which."""
    pairs = pairwise(sorted(served.items()))
    return [(dt.date.fromisoformat(day), model) for (_, before), (day, model) in pairs if model != before]

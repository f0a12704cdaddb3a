"""Tracks: a respondent's answers to the same questions over time, with control limits and what was served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.plots.style import save, style
from pipeline.report.catalogue import PNG
from pipeline.report.document import Picture, Section, Table, between, count, counted, number
from pipeline.series import figure, folder
from pipeline.series.monitor import SAME, limits, monitor, same_answer
from pipeline.values import Inventory

TITLE = "The same questions over time"
TEXT = (
    "A track asks one respondent the same questions on many dates. Equal answers are those that are the same as on its "
    "first date; the next dates of the baseline say how often they come again while nothing changes. Limits are those "
    "of a date alone. An alarm may also come from several dates together, or from how often a value is chosen; the "
    "tests allow for all looks, so that a false one comes after the stated number of dates or more, on average. A "
    "served model is the one that the provider named in its answers."
)
HEADER = ["track", "date", "equal answers", "limits", "served model", "alarm"]


@dataclass(frozen=True, slots=True)
class Series:
    """A track that was asked at least once: all its answers with their ``date``, and the model served by date."""

    name: str
    track: folder.Track
    answers: pl.DataFrame
    served: dict[str, str]


def read(home: Path) -> list[Series]:
    """The tracks below ``home``, by name; InputError for one that cannot be read."""
    places = [mark.parent for mark in sorted(home.glob(f"*/{folder.MARK}"))]
    return [
        Series(place.name, folder.read(place), folder.answers(place), folder.served_models(place))
        for place in places
        if folder.dates(place)
    ]


def section(series: Sequence[Series], inventory: Inventory, figures: Path) -> Section:
    """The section on these tracks, whose figures it draws into the folder of ``figures``; empty without tracks."""
    tested = {one.name: _tested(one, inventory) for one in series}
    rows = [row for one in series for row in _rows(one, tested[one.name])]
    if not rows:
        return Section(TITLE)
    return Section(
        TITLE,
        [TEXT, *(_sentence(one, tested[one.name]) for one in series)],
        [Table("Each date", HEADER, rows, f"{folder.HOME}/NAME", wide=True)],
        [_drawn(one, tested[one.name], figures) for one in series],
    )


def _tested(one: Series, inventory: Inventory) -> pl.DataFrame:
    return monitor(one.answers, inventory, one.track.baseline, one.track.arl)


def _drawn(one: Series, tested: pl.DataFrame, figures: Path) -> Picture:
    name = f"track-{one.name}"
    (figures / PNG).mkdir(parents=True, exist_ok=True)
    with style():
        save(
            figure.draw(one.answers, tested, one.served, f"{one.track.respondent}: {one.name}"),
            figures / name,
        )
    (figures / f"{name}.png").replace(figures / PNG / f"{name}.png")
    tested.write_csv(figures / f"{name}.csv", float_precision=6)
    return Picture(
        name,
        f"{one.track.respondent}: {one.name}",
        "Share of answers that are the same as on the first date; the baseline's share with the limits of a date "
        "alone, dashed; dates of an alarm as squares; dotted lines where another model began to answer.",
        f"{folder.HOME}/{one.name}",
    )


def _rows(one: Series, tested: pl.DataFrame) -> list[list[str]]:
    counts = same_answer(one.answers.filter(pl.col("status") == "answered"))
    bounds = {
        row["date"]: between(
            *limits((row["baseline_count"], row["baseline_of"]), row["of"], row["level"]), digits=2
        )
        for row in tested.filter(statistic=SAME, window=1).iter_rows(named=True)
    }
    alarms = dict(
        tested.filter("alarm")
        .group_by("date", maintain_order=True)
        .agg("statistic", "window")
        .select("date", pl.struct("statistic", "window"))
        .iter_rows()
    )
    changed = dict(figure.changes(one.served))
    return [
        [
            one.name,
            f"{day:%Y-%m-%d}",
            f"{number(same / of)} ({count(of)})",
            bounds.get(day, "first date" if n == 0 else "baseline"),
            f"{one.served.get(str(day), '')}{' (another)' if day in changed else ''}".strip(),
            _alarm(alarms.get(day)),
        ]
        for n, (day, (same, of)) in enumerate(sorted(counts.items()))
    ]


def _alarm(found: dict[str, list[str]] | None) -> str:
    if found is None:
        return ""
    pairs = zip(found["statistic"], found["window"], strict=True)
    return ", ".join(f"{name.replace('_', ' ')}, {counted(int(n), 'date', 'dates')}" for name, n in pairs)


def _sentence(one: Series, tested: pl.DataFrame) -> str:
    days = one.answers["date"].n_unique()
    loud = tested.filter("alarm")["date"].unique().sort()
    said = (
        f"**{one.name}**: {one.track.respondent} was asked "
        f"{counted(len(one.track.questions), 'question', 'questions')} on {counted(days, 'date', 'dates')}"
    )
    if days <= one.track.baseline:
        return f"{said}; the first {one.track.baseline} are the baseline, so that nothing is tested yet."
    found = (
        f"alarms on {', '.join(f'{day:%Y-%m-%d}' for day in loud)}" if len(loud) else "no change was found"
    )
    return f"{said}: {found}. A false alarm comes after {count(one.track.arl)} dates or more, on average."

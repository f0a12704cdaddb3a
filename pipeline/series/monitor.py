"""Has a respondent changed? Every date is looked at, and looking often costs nothing.

A question of the first date fixes an answer; on a later one it is the same or not. While nothing changes, later dates
are independent draws from one law, so that the count of equal answers of the last dates (one, two, four, eight) and
that of the baseline's other dates differ by chance. Fisher's exact test compares the two; that each question has a
chance of its own makes it err on the side of no alarm. So do counts of the questions in which each value was chosen.

Each date has tests whose levels sum to 1 / (2 ARL). The chance of an alarm by the T-th date is then at most T / (2
ARL), whatever the dates have to do with each other, since they share a baseline; the mean number of dates to a false
alarm, the sum of the chances of none so far, is no less than ARL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy import stats

from pipeline.values import Inventory

WINDOWS = (1, 2, 4, 8)
SAME = "same_answer"
SCHEMA = {
    "date": pl.Date,
    "statistic": pl.String,
    "window": pl.Int64,
    "count": pl.Int64,
    "of": pl.Int64,
    "baseline_count": pl.Int64,
    "baseline_of": pl.Int64,
    "p": pl.Float64,
    "level": pl.Float64,
    "alarm": pl.Boolean,
}
# By date: how many of how many.
Counts = dict[dt.date, tuple[int, int]]


def monitor(answers: pl.DataFrame, inventory: Inventory, baseline: int, arl: int) -> pl.DataFrame:
    """One row a date after the baseline, statistic and window (SCHEMA). ``answers``: date, question_id, wording,
    status, position and value of every asking; ``baseline``: the first dates, two at least."""
    given = answers.filter(pl.col("status") == "answered")
    days = sorted(given["date"].unique())
    level = 1 / (2 * arl)
    rows = list(_tested(SAME, same_answer(given), days[1:baseline], days[baseline:], level / 2))
    for value in inventory.slugs:
        each = level / 2 / len(inventory)
        rows += _tested(value, _chosen(given, value), days[:baseline], days[baseline:], each)
    return pl.DataFrame(rows, schema=SCHEMA).sort("date", "statistic", "window")


def same_answer(given: pl.DataFrame) -> Counts:
    """Answers equal to that of the first date, of those to questions that were answered then."""
    key = ["question_id", "wording"]
    first = given.filter(pl.col("date") == pl.col("date").min()).select(*key, first="position")
    joined = given.join(first, on=key, how="inner", validate="m:1")
    found = joined.group_by("date").agg((pl.col("position") == pl.col("first")).sum().alias("n"), pl.len())
    return {day: (n, of) for day, n, of in found.iter_rows()}


def _chosen(given: pl.DataFrame, value: str) -> Counts:
    found = given.group_by("date").agg((pl.col("value") == value).sum().alias("n"), pl.len())
    return {day: (n, of) for day, n, of in found.iter_rows()}


def _tested(
    statistic: str, counts: Counts, baseline: list[dt.date], later: list[dt.date], level: float
) -> Iterator[dict[str, object]]:
    base = _sum(counts, baseline)
    for n in range(1, len(later) + 1):
        for window in WINDOWS:
            if window > n or not base[1]:
                continue
            now = _sum(counts, later[n - window : n])
            p = fisher(now, base)
            yield {
                "date": later[n - 1],
                "statistic": statistic,
                "window": window,
                "count": now[0],
                "of": now[1],
                "baseline_count": base[0],
                "baseline_of": base[1],
                "p": p,
                "level": level / len(WINDOWS),
                "alarm": p <= level / len(WINDOWS),
            }


def _sum(counts: Counts, days: list[dt.date]) -> tuple[int, int]:
    parts = [counts.get(day, (0, 0)) for day in days]
    return sum(n for n, _ in parts), sum(of for _, of in parts)


def fisher(now: tuple[int, int], base: tuple[int, int]) -> float:
    """Twice the smaller tail of the hypergeometric law of what is counted now, given both sums."""
    law = stats.hypergeom(now[1] + base[1], now[0] + base[0], now[1])
    return float(min(1.0, 2 * min(law.cdf(now[0]), law.sf(now[0] - 1))))


def limits(base: tuple[int, int], of: int, level: float) -> tuple[float, float]:
    """Shares beyond which one date alone is an alarm."""
    beyond = np.array([fisher((n, of), base) <= level for n in range(of + 1)])
    inside = np.flatnonzero(~beyond)
    return (inside[0] / of, inside[-1] / of) if len(inside) else (float("nan"), float("nan"))

"""People in tables: one sample with a mean and a range, where models have a line each.

A mean over people has the interval of a sample of people. An interval for these very people would be about them
without the noise of their short forms, which pulls each correlation towards zero: it need not hold the mean that stands
before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pipeline.report.document import NOTHING, Cell, count, interval, number
from pipeline.report.figure import Tables

KIND = "human"
CONFIDENCE = 0.95
# Of people's numbers, the share in the middle that their range holds.
MIDDLE = (0.1, 0.9)


def explained(tables: Tables) -> list[str]:
    """What ``lines`` shows, where there are people."""
    if KIND not in set(tables["respondents"]["kind"]):
        return []
    return [
        "People are two lines together: their mean with a 95 % interval for people like them (Student's t), and from "
        "where to where the middle 80 % of them go."
    ]


def sample_interval(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Bounds of a row of Summaries for others of its kind: on other scenarios too, where that can be told."""
    if row["both_low"] is not None:
        return row["both_low"], row["both_high"]
    return row["respondent_low"], row["respondent_high"]


def own_interval(row: Mapping[str, Any], digits: int = 3) -> str:
    """The interval for a row's very respondents; none for people, who are a sample."""
    return "" if row["kind"] == KIND else interval(row["low"], row["high"], digits)


def lines(rows: pl.DataFrame, tables: Tables, slugs: Sequence[str], digits: int) -> list[list[str | Cell]]:
    """Two lines for each group of people: means by value, and the range of the middle 80 %.

    ``rows`` has respondent, value and estimate.
    """
    people = tables["respondents"].filter(kind=KIND).select("respondent", "group")
    found: list[list[str | Cell]] = []
    for (group,), part in (
        rows.join(people, on="respondent").sort("group").group_by("group", maintain_order=True)
    ):
        numbers = {slug: part.filter(value=slug)["estimate"].drop_nulls().to_numpy() for slug in slugs}
        name = f"{count(part['respondent'].n_unique())} people ({group})"
        found.append([f"{name}, mean", *(_mean(numbers[slug], digits) for slug in slugs)])
        found.append([f"{name}, middle 80 %", *(_middle(numbers[slug], digits) for slug in slugs)])
    return found


def middle(values: pl.Series, digits: int = 3) -> str:
    """Where the middle 80 % of the numbers begin and end."""
    low, high = np.quantile(values.drop_nulls().to_numpy(), MIDDLE)
    return f"{number(low, digits)} to {number(high, digits)}"


def _mean(values: np.ndarray[Any, Any], digits: int) -> str | Cell:
    if not len(values):
        return NOTHING
    mean = float(values.mean())
    if len(values) < 2:
        return Cell(number(mean, digits))
    half = stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return Cell(number(mean, digits), interval(mean - half, mean + half, digits))


def _middle(values: np.ndarray[Any, Any], digits: int) -> str:
    return middle(pl.Series(values), digits) if len(values) else NOTHING

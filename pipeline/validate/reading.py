"""What models saw in the actions that they read blindly: how often the value intended, and which one instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.statistics.agreement import krippendorff_alpha
from pipeline.statistics.intervals import Figure, missing, proportion
from pipeline.tables import NO_VALUE, ReadConfusion, Recognised, conform
from pipeline.values import Inventory
from pipeline.verdict.readings import read_as

UNREAD = "no model read the actions"


@dataclass(frozen=True, slots=True)
class BlindReading:
    """The tables Recognised and ReadConfusion, and ``overall``: what they come to, ready for JSON."""

    accuracy: pl.DataFrame
    confusion: pl.DataFrame
    overall: dict[str, Any]


def measure(actions: pl.DataFrame, readings: pl.DataFrame, values: Inventory, seed: int) -> BlindReading:
    """Figures of Actions by their Readings; intervals are bootstrapped over scenarios."""
    found = actions.join(read_as(actions, readings), on="action_id", validate="1:1").filter(
        pl.col("readers") > 0
    )
    first = readings.filter(pl.col("attempt") == pl.col("attempt").min().over("action_id"))
    started = actions.drop("attempt").join(
        first.select("action_id", "attempt").unique(), on="action_id", validate="1:1"
    )
    before = actions.join(read_as(started, first), on="action_id", validate="1:1").filter(
        pl.col("readers") > 0
    )
    rows = list(_groups(found, seed))
    return BlindReading(
        conform(Recognised, rows, where="recognised actions"),
        conform(ReadConfusion, _confusion(found), where="what actions are read as"),
        {
            "recognised": _figure(found, "all", seed).json(),
            "before_repair": _figure(before, "first texts", seed).json(),
            "alpha": _alpha(readings, values),
            "values": {slug: _figure(found.filter(value=slug), slug, seed).json() for slug in values.slugs},
            "read_as": {slug: _instead(found.filter(value=slug)) for slug in values.slugs},
        },
    )


def _groups(found: pl.DataFrame, seed: int) -> Iterator[dict[str, Any]]:
    groups = [("all", "all", found)] if found.height else []
    for grouping in ("value", "generator"):
        parts = sorted(found.partition_by(grouping, as_dict=True).items())
        groups += [(grouping, str(group), mine) for (group,), mine in parts]
    for grouping, group, mine in groups:
        figure = _figure(mine, f"{grouping} {group}", seed)
        right = int((mine["read_as"] == mine["value"]).fill_null(value=False).sum())
        yield {"grouping": grouping, "group": group, "matching": right, "why": None, **figure.json()}


def _figure(found: pl.DataFrame, purpose: str, seed: int) -> Figure:
    """The share of actions that are read as intended."""
    if not found.height:
        return missing(UNREAD)
    right = (pl.col("read_as") == pl.col("value")).fill_null(value=False)
    each = found.group_by("scenario_id").agg(right=right.sum(), of=pl.len()).sort("scenario_id")
    return proportion(each["right"].to_numpy(), each["of"].to_numpy(), f"blind reading {purpose}", seed)


def _confusion(found: pl.DataFrame) -> pl.DataFrame:
    counts = found.group_by(intended="value", read_as=pl.col("read_as").fill_null("")).len("count")
    return counts.with_columns(pl.col("count").cast(pl.Int32))


def _alpha(readings: pl.DataFrame, values: Inventory) -> float | None:
    """Krippendorff's alpha of the two readers of the panel, over all texts that both labelled."""
    place = {label: number for number, label in enumerate([*values.slugs, NO_VALUE])}
    panel = readings.filter(role="panel").drop_nulls("label")
    texts = {key: number for number, key in enumerate(panel.select("action_id", "attempt").unique().rows())}
    counts = np.zeros((len(texts), len(place)))
    for action, attempt, label in panel.select("action_id", "attempt", "label").iter_rows():
        counts[texts[action, attempt], place[label]] += 1
    alpha = krippendorff_alpha(counts) if len(texts) else None
    return None if alpha is None else round(alpha, 6)


def _instead(found: pl.DataFrame) -> dict[str, int]:
    """What actions of one value are read as where it is not that value, most frequent first."""
    other = found.filter(pl.col("read_as") != pl.col("value"))
    counts = other.group_by("read_as").len().sort("len", "read_as", descending=[True, False])
    return dict(counts.iter_rows())

"""What one respondent declares and enacts, cell by cell: scenario x value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.statistics.resampling import Array
from pipeline.tables.waist import CELL, EVERYWHERE, TOLERANCE

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cells:
    """Arrays scenarios x values. ``stated`` and ``acted`` are the paper's V and A: 0 agrees with the value, 1
    disagrees; nan where either is missing, so that both have the same cells.

    ``stated_no`` and ``acted_no`` hold which disagree: V of .5 and more; an action that is chosen no more often than by
    chance. Both are false where the cell is missing.
    """

    respondent: str
    scenarios: tuple[str, ...]
    values: tuple[str, ...]
    stated: Array
    acted: Array
    stated_no: Mask
    acted_no: Mask

    @property
    def there(self) -> Mask:
        """Which cells there are."""
        return ~np.isnan(self.stated)

    def of_values(self, slugs: Sequence[str]) -> Cells:
        """The same cells, of some values only."""
        keep = np.array([value in slugs for value in self.values])
        return replace(
            self,
            values=tuple(value for value in self.values if value in slugs),
            stated=self.stated[:, keep],
            acted=self.acted[:, keep],
            stated_no=self.stated_no[:, keep],
            acted_no=self.acted_no[:, keep],
        )

    def of_scenarios(self, keep: Mask) -> Cells:
        """The same cells, of some scenarios only."""
        return replace(
            self,
            scenarios=tuple(name for name, kept in zip(self.scenarios, keep, strict=True) if kept),
            stated=self.stated[keep],
            acted=self.acted[keep],
            stated_no=self.stated_no[keep],
            acted_no=self.acted_no[keep],
        )


def cells(enacted: pl.DataFrame, declared: pl.DataFrame, values: Sequence[str]) -> dict[str, Cells]:
    """Tables Enacted and Declared as cells, by respondent.

    What is declared for a scenario counts there; what is declared everywhere counts where nothing else is. Respondents
    without a single common cell are left out.
    """
    here = declared.filter(pl.col("scenario_id") != EVERYWHERE).select(*CELL, "score")
    everywhere = declared.filter(scenario_id=EVERYWHERE).select("respondent", "value", general="score")
    return _by_respondent(
        enacted.join(here, on=CELL, how="left", validate="1:1")
        .join(everywhere, on=["respondent", "value"], how="left", validate="m:1")
        .with_columns(score=pl.coalesce("score", "general"))
        .filter(pl.col("score").is_not_null())
        .with_columns(
            stated=1 - pl.col("score"),
            acted=1 - pl.col("expressed") / pl.col("shown"),
            stated_no=disagrees("score"),
            acted_no=pl.col("expressed") <= pl.col("by_chance") + TOLERANCE,
        ),
        values,
    )


def of_two_declarations(first: pl.DataFrame, second: pl.DataFrame, values: Sequence[str]) -> dict[str, Cells]:
    """Two tables Declared of the same respondents as cells, by respondent: the second stands for what is enacted."""
    return _by_respondent(
        first.select(*CELL, "score")
        .join(second.select(*CELL, other="score"), on=CELL, validate="1:1")
        .with_columns(
            stated=1 - pl.col("score"),
            acted=1 - pl.col("other"),
            stated_no=disagrees("score"),
            acted_no=disagrees("other"),
        ),
        values,
    )


def disagrees(score: str) -> pl.Expr:
    """Whether a declared score counts as disagreement: the middle of the scale does, as published."""
    return pl.col(score) <= 0.5 + TOLERANCE


def _by_respondent(rows: pl.DataFrame, values: Sequence[str]) -> dict[str, Cells]:
    parts = rows.filter(pl.col("value").is_in(list(values))).partition_by("respondent", as_dict=True)
    return {str(name): _arrays(str(name), part, tuple(values)) for (name,), part in sorted(parts.items())}


def _arrays(respondent: str, rows: pl.DataFrame, values: tuple[str, ...]) -> Cells:
    scenarios = tuple(sorted(rows["scenario_id"].unique()))
    row = np.searchsorted(scenarios, rows["scenario_id"].to_numpy())
    column = (
        rows["value"]
        .replace_strict({slug: place for place, slug in enumerate(values)}, return_dtype=pl.Int64)
        .to_numpy()
    )
    shape = len(scenarios), len(values)

    def numbers(name: str) -> Array:
        found = np.full(shape, np.nan)
        found[row, column] = rows[name].to_numpy()
        return found

    def marks(name: str) -> Mask:
        found = np.zeros(shape, dtype=bool)
        found[row, column] = rows[name].to_numpy()
        return found

    return Cells(
        respondent,
        scenarios,
        values,
        numbers("stated"),
        numbers("acted"),
        marks("stated_no"),
        marks("acted_no"),
    )

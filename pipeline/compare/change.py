"""Did the gap between what is declared and what is enacted narrow, and are fewer questions answered?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.answers import Array, Cell, part
from pipeline.analyse.bootstrap import Draws, freedom, ratio
from pipeline.analyse.correlation import pearson, rowwise
from pipeline.analyse.declared import Declared
from pipeline.analyse.notes import Notebook, finite
from pipeline.tables.evaluation import MODES

MEASURED = MODES[:3]
# Statuses that are no answer, though the question was asked and the call came back.
NO_ANSWER = ("refused", "blocked", "invalid")


def unanswered(rows: pl.DataFrame, mode: str, sides: tuple[str, str]) -> pl.DataFrame:
    """Shares of a question's askings that got no answer, where both sides were asked: scenario, a and b.

    ``rows`` are those of Answers; calls that failed were not asked."""
    asked = rows.filter(pl.col("mode").cast(pl.String) == mode, pl.col("status").cast(pl.String) != "failed")
    each = asked.group_by("respondent", "question", "scenario").agg(
        pl.col("status").cast(pl.String).is_in(NO_ANSWER).mean().alias("without")
    )
    named, key = pl.col("respondent").cast(pl.String), ["question", "scenario"]
    first, second = (each.filter(named == side).drop("respondent") for side in sides)
    return first.join(second, on=key, suffix="_b", validate="1:1").sort(key)


def gap(
    cells: tuple[Cell, Cell], declared: tuple[Declared, Declared], draws: Draws, notes: Notebook
) -> Iterator[dict[str, object]]:
    """The change of r between declared and enacted values, on the questions that both answered.

    Scenarios are drawn for both together, administrations of each by themselves. The interval is moved by what noise
    does to the mean of the draws, as that of a correlation (``Draws.correlation_interval``); p is of the same t.
    """
    common = np.intersect1d(cells[0].questions, cells[1].questions)
    sides = [part(cell, questions=np.isin(cell.questions, common)) for cell in cells]
    chosen = [_once_a_question(cell) for cell in sides]
    shares = [each.sum(axis=0) / each.sum() for each in chosen]
    r = [pearson(share, one.mean) for share, one in zip(shares, declared, strict=True)]
    name = declared[0].instrument.name
    if r[0] is None or r[1] is None:
        notes.add(
            "comparisons",
            "gap",
            f"constant_profile_{name}",
            "A profile has the same number for all values: no gap.",
        )
        return
    row: dict[str, object] = {
        "measure": "gap",
        "instrument": name,
        "value": "all",
        "n": len(common),
        "estimate_a": r[0],
        "estimate_b": r[1],
        "difference": r[1] - r[0],
    }
    yield row | _tested(r[1] - r[0], sides, chosen, shares, declared, draws)


def _tested(
    estimate: float,
    sides: list[Cell],
    chosen: list[Array],
    shares: list[Array],
    declared: tuple[Declared, Declared],
    draws: Draws,
) -> dict[str, object]:
    clusters = len(sides[0].scenarios)
    if clusters < 2:
        return {}
    totals = draws.totals(*((each, cell.scenarios) for each, cell in zip(chosen, sides, strict=True)))
    drawn = [ratio(each, each.sum(axis=1, keepdims=True)) for each in totals]
    means = [one.drawn(one.means) for one in declared]
    if any(mean is None for mean in means):
        return {}
    said = [np.asarray(mean) for mean in means]
    moved = [rowwise(drawn[n], said[n]) for n in (0, 1)]
    difference = moved[1] - moved[0]
    if np.isnan(difference).any():
        return {}
    acted = rowwise(drawn[1], declared[1].mean) - rowwise(drawn[0], declared[0].mean)
    df = freedom(
        (float(acted.var()), clusters),
        *((float(rowwise(shares[n], said[n]).var()), len(declared[n].means)) for n in (0, 1)),
    )
    spread = float(difference.std(ddof=1))
    centre, t = 2 * estimate - float(difference.mean()), stats.t.ppf((1 + draws.confidence) / 2, df)
    p = 2 * stats.t.sf(abs(centre) / spread, df) if spread > 0 else None
    return {
        "low": finite(max(-2.0, centre - t * spread)),
        "high": finite(min(2.0, centre + t * spread)),
        "p": finite(p),
    }


def _once_a_question(cell: Cell) -> Array:
    """Choices by scenario (scenarios x values), each question once, however often it was asked."""
    counts = cell.pooled
    return cell.chosen(counts / counts.sum(axis=1, keepdims=True))

"""Missing answers: what became of everything that was asked, by status."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.analyse.accuracy import conditions, in_parts
from pipeline.analyse.answers import Answers, Array, Index, tabulate
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.notes import Notebook, finite
from pipeline.tables import ANSWER_STATUSES, Missing, conform

KEY = ["respondent", "instrument", "language", "wording"]


def missing(
    answers: Answers, instrument_answers: pl.DataFrame, ratings: pl.DataFrame, draws: Draws, notes: Notebook
) -> pl.DataFrame:
    """Table Missing. Intervals resample scenarios; instruments and ratings are counted without."""
    rows = []
    for (respondent, mode), part in in_parts(answers.rows, "respondent", "mode"):
        parts = list(conditions(part))
        counts = [_counts(some) for *_, some in parts]
        bounds = draws.share_intervals(*((n, n.sum(axis=1, keepdims=True), where) for n, where in counts))
        for (language, wording, _), (n, _), both in zip(parts, counts, bounds, strict=True):
            key = {"respondent": respondent, "instrument": mode, "language": language, "wording": wording}
            rows += [key | row for row in _rows(n, *both)]
        if not (part["status"].cast(pl.String) == "answered").any():
            notes.add(
                "missing",
                respondent,
                f"nothing_answered_{mode}",
                f"None of the {part.height} questions that {respondent} was given in {mode} mode has a valid answer.",
            )
    parts_of = instrument_answers.partition_by("instrument", as_dict=True)
    given = [_counted(of, str(name)) for (name,), of in sorted(parts_of.items())]
    counted = pl.concat([*given, _counted(ratings, "ratings")])
    every = conform(Missing, rows, where="missing answers")
    return pl.concat([every, conform(Missing, counted, where="missing answers")]).sort(Missing.primary_key())


def _counts(rows: pl.DataFrame) -> tuple[Array, Index]:
    """Statuses by scenario (scenarios x statuses); the numbers of the scenarios."""
    scenarios, place = np.unique(rows["scenario"].to_numpy(), return_inverse=True)
    status = rows["status"].cast(pl.Enum(ANSWER_STATUSES)).to_physical()
    return tabulate(place, status.to_numpy(), (len(scenarios), len(ANSWER_STATUSES))), scenarios


def _rows(counts: Array, low: Array, high: Array) -> Iterator[dict[str, object]]:
    asked = int(counts.sum())
    for n, name in enumerate(ANSWER_STATUSES):
        count = int(counts[:, n].sum())
        yield {
            "status": name,
            "count": count,
            "asked": asked,
            "share": count / asked,
            "low": finite(low[n]),
            "high": finite(high[n]),
        }


def _counted(rows: pl.DataFrame, instrument: str) -> pl.DataFrame:
    """Pooled and by condition, all statuses of each."""
    named = rows.select("respondent", "language", "wording", "status").with_columns(
        instrument=pl.lit(instrument)
    )
    pooled = named.with_columns(language=pl.lit("all"), wording=pl.lit(0, pl.Int16))
    whole = pl.concat([pooled, named.select(pooled.columns)])
    asked = whole.group_by(KEY).agg(asked=pl.len())
    counts = whole.group_by(*KEY, "status").agg(count=pl.len())
    return (
        asked.join(pl.DataFrame({"status": ANSWER_STATUSES}, schema={"status": pl.String}), how="cross")
        .join(counts, on=[*KEY, "status"], how="left", validate="1:1")
        .with_columns(pl.col("count").fill_null(0))
        .select(
            *KEY,
            "status",
            pl.col("count", "asked").cast(pl.Int64),
            share=pl.col("count") / pl.col("asked"),
            low=pl.lit(None, pl.Float64),
            high=pl.lit(None, pl.Float64),
        )
    )

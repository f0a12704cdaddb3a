"""Category quotas: a fixed number of scenarios a category, spread evenly over its subreddits and the years."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.core.drawing import CELL, in_drawing_order
from pipeline.params import Params
from pipeline.tables import Cells, Ledger, Scenarios, conform
from pipeline.tables.ids import scenario_id


@dataclass(frozen=True, slots=True)
class Draw:
    """What the quotas took, what they left, and how well each cell was filled."""

    scenarios: pl.DataFrame
    ledger: pl.DataFrame
    cells: pl.DataFrame


def draw(accepted: pl.DataFrame, params: Params) -> Draw:
    """Takes ``quota.per_category`` accepted candidates a category, and ``quota.reserve`` more as reserves."""
    quota = params.quota
    places = quota.per_category + quota.reserve
    ranked = in_drawing_order(accepted, params.seed, "quota", places).with_columns(
        role=pl.when(pl.col("rank") <= quota.per_category)
        .then(pl.lit("chosen"))
        .when(pl.col("rank") <= places)
        .then(pl.lit("reserve"))
    )
    taken = ranked.filter(pl.col("role").is_not_null()).with_columns(
        scenario_id=pl.col("post_id").map_elements(scenario_id, return_dtype=pl.String)
    )
    left = ranked.filter(pl.col("role").is_null()).select(
        "post_id",
        stage=pl.lit("judge"),
        reason=pl.lit("quota_full"),
        detail=pl.format("rank {} in {}", "rank", "category"),
    )
    return Draw(
        conform(Scenarios, taken.select(list(Scenarios.columns())), where="scenarios"),
        conform(Ledger, left, where="ledger"),
        _cells(ranked, params),
    )


def shortages(cells: pl.DataFrame, per_category: int) -> list[str]:
    """A line for each category that fell short of its quota, with its emptiest cells."""
    lines = []
    for (category,), group in sorted(cells.partition_by("category", as_dict=True).items()):
        missing = per_category - group["chosen"].sum()
        if missing > 0:
            short = group.filter(pl.col("accepted") < pl.col("wanted")).sort("accepted", "subreddit", "year")
            worst = ", ".join(
                f"r/{subreddit} {year}: {accepted} of {wanted:.1f}"
                for subreddit, year, accepted, wanted in short.head(5)
                .select("subreddit", "year", "accepted", "wanted")
                .iter_rows()
            )
            lines.append(f"{category}: {missing} of {per_category} scenarios missing ({worst})")
    return lines


def _cells(ranked: pl.DataFrame, params: Params) -> pl.DataFrame:
    years = range(params.dates.first.year, params.dates.last.year + 1)
    design = [
        {
            "category": c,
            "subreddit": s,
            "year": y,
            "wanted": params.quota.per_category / len(subreddits) / len(years),
        }
        for c, subreddits in params.categories.items()
        for s in subreddits
        for y in years
    ]
    filled = ranked.group_by(CELL).agg(
        accepted=pl.len().cast(pl.Int32), chosen=(pl.col("role") == "chosen").sum().cast(pl.Int32)
    )
    cells = pl.DataFrame(design, schema_overrides={"year": pl.Int32}).join(
        filled, on=CELL, how="left", validate="1:1"
    )
    return conform(Cells, cells.with_columns(pl.col("accepted", "chosen").fill_null(0)), where="cells")

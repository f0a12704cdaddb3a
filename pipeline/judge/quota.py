"""Category quotas: a fixed number of scenarios a category, spread over its subreddits and the years as evenly as what
the judges accepted allows."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.core.drawing import CELL, in_drawing_order
from pipeline.judge.outcome import ACCEPTED
from pipeline.judge.turns import places
from pipeline.params import Params
from pipeline.tables import Cells, Scenarios, conform
from pipeline.tables.ids import scenario_id

# Cells that a category's line names when it is short.
NAMED = 5
# Outcomes of candidates whose turn never came.
NOT_JUDGED = ("quota_full", "beyond_limit")
REMEDIES = (
    "more posts: wider dates, a lower score.min or more subreddits (only new candidates are asked about)",
    "other criteria: another judge.prompt (all candidates are asked about anew)",
    "a smaller quota.per_category",
)


def draw(accepted: pl.DataFrame, params: Params) -> pl.DataFrame:
    """Scenarios: of each category ``quota.per_category`` accepted candidates, and up to ``quota.reserve`` reserves.

    ``accepted`` has the columns of Scenarios but for id, rank and role.
    """
    ranked = in_drawing_order(accepted, params.seed, "quota", places(params)).with_columns(
        role=pl.when(pl.col("rank") <= params.quota.per_category)
        .then(pl.lit("chosen"))
        .otherwise(pl.lit("reserve")),
        scenario_id=pl.col("post_id").map_elements(scenario_id, return_dtype=pl.String),
    )
    return conform(
        Scenarios,
        ranked.filter(pl.col("rank") <= places(params)).select(list(Scenarios.columns())),
        where="scenarios",
    )


def cells(settled: pl.DataFrame, scenarios: pl.DataFrame, params: Params) -> pl.DataFrame:
    """How far each cell of the design was filled: Cells."""
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
    year = pl.col("created_at").dt.year()
    came = (
        settled.with_columns(year=year)
        .group_by(CELL)
        .agg(
            candidates=pl.len(),
            judged=(~pl.col("outcome").is_in(NOT_JUDGED)).sum(),
            accepted=(pl.col("outcome") == ACCEPTED).sum(),
        )
    )
    chosen = scenarios.with_columns(year=year).group_by(CELL).agg(chosen=(pl.col("role") == "chosen").sum())
    filled = (
        pl.DataFrame(design, schema_overrides={"year": pl.Int32})
        .join(came, on=CELL, how="left", validate="1:1")
        .join(chosen, on=CELL, how="left", validate="1:1")
        .with_columns(pl.col("candidates", "judged", "accepted", "chosen").fill_null(0))
    )
    return conform(Cells, filled, where="cells")


def shortages(cells: pl.DataFrame, params: Params) -> list[str]:
    """A line for each category that fell short of its quota: what is missing, why, and its emptiest cells."""
    return [
        _shortage(category, group, params)
        for (category,), group in sorted(cells.partition_by("category", as_dict=True).items())
        if group["chosen"].sum() < params.quota.per_category
    ]


def remedies(params: Params, cells: pl.DataFrame) -> str:
    """What helps against shortages; the bound first, where it was what ended the asking."""
    limit = params.judge.max_candidates
    bounded = (
        limit is not None
        and cells.group_by("category")
        .agg(
            stopped=(pl.col("candidates").sum() > limit)
            & (pl.col("chosen").sum() < params.quota.per_category)
        )["stopped"]
        .any()
    )
    first = [f"a higher judge.max_candidates (now {limit:,})"] if bounded else []
    return "; or ".join([*first, *REMEDIES])


def _shortage(category: str, group: pl.DataFrame, params: Params) -> str:
    judged, accepted = group["judged"].sum(), group["accepted"].sum()
    missing = params.quota.per_category - group["chosen"].sum()
    named = ", ".join(_emptiest(group))
    return (
        f"{category}: {missing} of {params.quota.per_category} scenarios missing; {accepted:,} of {judged:,} judged "
        f"candidates were accepted, of {group['candidates'].sum():,} that there are ({named})"
    )


def _emptiest(group: pl.DataFrame) -> Iterator[str]:
    short = group.filter(pl.col("chosen") < pl.col("wanted")).sort("chosen", "subreddit", "year")
    for subreddit, year, chosen, wanted, candidates in (
        short.head(NAMED).select("subreddit", "year", "chosen", "wanted", "candidates").iter_rows()
    ):
        yield f"r/{subreddit} {year}: {chosen} of {wanted:.1f} from {candidates:,}"
    if short.height > NAMED:
        yield f"and {short.height - NAMED} more cells"

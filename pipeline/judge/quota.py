"""Category quotas: a fixed number of scenarios a category, spread evenly over its subreddits and the years."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.core.seeding import seeded_hash
from pipeline.params import Params
from pipeline.tables import Cells, Ledger, Scenarios, conform

CELL = ["category", "subreddit", "year"]


@dataclass(frozen=True, slots=True)
class Draw:
    """What the quotas took, what they left, and how well each cell was filled."""

    scenarios: pl.DataFrame
    ledger: pl.DataFrame
    cells: pl.DataFrame


def scenario_id(post_id: str) -> str:
    """An opaque id, so that a scenario can be talked about without naming its post."""
    return "s" + hashlib.sha256(f"valact scenario {post_id}".encode()).hexdigest()[:10]


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


def in_drawing_order(posts: pl.DataFrame, seed: int, purpose: str, places: int = 0) -> pl.DataFrame:
    """Posts with their ``year`` and their ``rank`` (from 1) in the drawing order of their category.

    A category takes the first post of each of its cells (subreddit and year), then the second of each, and so on, in
    a seeded order of the cells. Cells that run out thus give their share to the others.

    Which posts of a cell are drawn, and in which order, is by seeded hashes. Each of the first ``places`` ranks draws
    its own lots: who has the least of those that are left. So a post that comes or goes moves few others: it takes one
    place, whose post goes into the draws of the cell's later places; on average ln(n / (n - k + 1)) posts move where k
    of n are drawn, one at most leaves, and a larger quota moves none. Posts of other cells move only where the quota
    rule makes them: a cell that had run out gives one more, and all that come later shift by one. Ranks beyond
    ``places`` are by one lot for all, which costs less and shifts the cell's later ones.
    """
    order = {post: seeded_hash(seed, purpose, post) for post in posts["post_id"]}
    hashes = pl.DataFrame(
        {"post_id": order.keys(), "hash": order.values()}, schema={"post_id": pl.String, "hash": pl.UInt64}
    )
    ranked = (
        posts.join(hashes, on="post_id", validate="1:1")
        .with_columns(year=pl.col("created_at").dt.year())
        .sort("hash")
    )
    layers = [
        _layers(cell, depth)
        for category in ranked.partition_by("category")
        for depth in [_depth(category.group_by(CELL).len()["len"].to_list(), places)]
        for cell in category.partition_by(CELL)
    ]
    drawn = pl.concat(layers) if layers else pl.DataFrame(schema={"post_id": pl.String, "layer": pl.Int64})
    turns = {
        key: seeded_hash(seed, f"{purpose} turn", "\x1f".join(map(str, key)))
        for key in ranked.join(drawn, on="post_id").select("subreddit", "year", "layer").unique().iter_rows()
    }
    turn = pl.DataFrame(
        [(*key, number) for key, number in turns.items()],
        schema={"subreddit": pl.String, "year": ranked["year"].dtype, "layer": pl.Int64, "turn": pl.UInt64},
        orient="row",
    )
    return (
        ranked.join(drawn, on="post_id", validate="1:1")
        .join(turn, on=["subreddit", "year", "layer"], validate="m:1")
        .sort("category", "layer", "turn")
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("category"))
        .drop("hash", "layer", "turn")
    )


def _depth(sizes: Sequence[int], places: int) -> int:
    """The most posts that a cell gives to a category's first ``places`` ranks."""
    depth = 0
    while depth < max(sizes, default=0) and sum(min(size, depth) for size in sizes) < places:
        depth += 1
    return depth


def _layers(cell: pl.DataFrame, depth: int) -> pl.DataFrame:
    """``post_id`` and ``layer`` (from 0) of a cell's posts, which are sorted by ``hash``: see ``in_drawing_order``."""
    lots = cell["hash"].to_numpy()
    left = np.arange(len(lots))
    drawn = []
    for place in range(min(depth, len(lots))):
        first = int(np.argmin(_mixed(lots[left], place)))
        drawn.append(int(left[first]))
        left = np.delete(left, first)
    return pl.DataFrame(
        {"post_id": cell["post_id"].gather([*drawn, *left.tolist()]), "layer": np.arange(len(lots))}
    )


def _mixed(lots: NDArray[np.uint64], place: int) -> NDArray[np.uint64]:
    """Another lot of each post for each place: splitmix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    z = lots + np.uint64((place + 1) * 0x9E3779B97F4A7C15 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


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

"""The order in which posts of a category are drawn: evenly over its subreddits and years wherever it is cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.core.seeding import seeded_hash

CELL = ["category", "subreddit", "year"]


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

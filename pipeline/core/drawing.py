"""The order in which posts of a category are drawn: evenly over its subreddits and years wherever it is cut."""

from __future__ import annotations

import polars as pl

from pipeline.core.seeding import seeded_hash

CELL = ["category", "subreddit", "year"]


def in_drawing_order(posts: pl.DataFrame, seed: int, purpose: str) -> pl.DataFrame:
    """Posts with their ``year`` and their ``rank`` (from 1) in the drawing order of their category.

    Posts of a cell (subreddit and year) stand in the order of a seeded hash; a category takes the first
    post of each of its cells, then the second of each, and so on. Cells that run out thus give their
    share to the others, and a new post moves no post of another cell past its own.
    """
    order = {post: seeded_hash(seed, purpose, post) for post in posts["post_id"]}
    hashes = pl.DataFrame(
        {"post_id": order.keys(), "hash": order.values()}, schema={"post_id": pl.String, "hash": pl.UInt64}
    )
    return (
        posts.join(hashes, on="post_id", validate="1:1")
        .with_columns(year=pl.col("created_at").dt.year())
        .sort("hash")
        .with_columns(layer=pl.int_range(pl.len()).over(CELL))
        .sort("category", "layer", "hash")
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("category"))
        .drop("hash", "layer")
    )

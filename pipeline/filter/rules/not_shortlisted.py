"""What exceeds ``params.filter.shortlist`` in its category, in the quotas' order over subreddits and years."""

from __future__ import annotations

import math
from collections.abc import Iterable

import polars as pl

from pipeline.core.drawing import in_drawing_order
from pipeline.filter.rule import TableRule
from pipeline.params import Params


def _find(left: pl.DataFrame, params: Params) -> Iterable[tuple[str, str]]:
    if params.filter.shortlist is None:
        return ()
    bound = math.ceil(params.filter.shortlist * params.quota.per_category)
    beyond = in_drawing_order(left, params.seed, "shortlist").filter(pl.col("rank") > bound)
    return (
        (post, f"rank {rank} of {bound} in {category}")
        for post, rank, category in beyond.select("post_id", "rank", "category").iter_rows()
    )


ENTRY = TableRule(place=60, meaning="beyond the number of candidates that go to the judges", find=_find)

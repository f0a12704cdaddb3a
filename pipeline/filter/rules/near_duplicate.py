"""Texts that nearly repeat another: the oldest of a family stays."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.core import progress
from pipeline.filter.duplicates import find_duplicates
from pipeline.filter.rule import TableRule
from pipeline.params import Params


def _find(left: pl.DataFrame, params: Params) -> Iterable[tuple[str, str]]:
    """Posts of the same moment stand in the order of their ids."""
    ordered = left.sort("created_at", "post_id").select("post_id", "text")
    with progress.track("look for near-duplicates", total=ordered.height, unit="posts") as bar:

        def counted() -> Iterable[tuple[str, str]]:
            for row in ordered.iter_rows():
                bar.advance()
                yield row

        found = find_duplicates(counted(), params.filter.near_duplicates)
    return ((post, f"of post {other}, similarity {alike:.2f}") for post, (other, alike) in found.items())


ENTRY = TableRule(place=40, meaning="nearly the same text as an older post", find=_find)

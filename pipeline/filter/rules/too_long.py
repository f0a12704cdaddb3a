"""Texts of more words than ``params.filter.max_words``."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.core.processes import Processes
from pipeline.filter.rule import TableRule
from pipeline.params import Params


def _find(left: pl.DataFrame, params: Params, _: Processes) -> Iterable[tuple[str, str]]:
    long = left.filter(pl.col("words") > params.filter.max_words)
    return ((post, f"{words} words") for post, words in long.select("post_id", "words").iter_rows())


ENTRY = TableRule(place=20, meaning="more words than the limit", find=_find)

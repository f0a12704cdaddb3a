"""Texts of fewer words than ``params.filter.min_words``."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.core.processes import Processes
from pipeline.filter.rule import TableRule
from pipeline.params import Params


def _find(left: pl.DataFrame, params: Params, _: Processes) -> Iterable[tuple[str, str]]:
    short = left.filter(pl.col("words") < params.filter.min_words)
    return ((post, f"{words} words") for post, words in short.select("post_id", "words").iter_rows())


ENTRY = TableRule(place=10, meaning="fewer words than the limit", find=_find)

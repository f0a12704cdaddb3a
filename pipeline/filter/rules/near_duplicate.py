"""Texts that nearly repeat another: the oldest of a family stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import polars as pl

from pipeline.core import progress
from pipeline.filter.duplicates import find_duplicates
from pipeline.filter.rule import TableRule
from pipeline.params import Params


class _Texts(Collection[tuple[str, str]]):
    """The ids and texts of a table, row by row: they are never all Python strings at once."""

    def __init__(self, table: pl.DataFrame, bar: progress.Bar) -> None:
        self._table, self._bar = table, bar

    def __len__(self) -> int:
        return self._table.height

    def __contains__(self, row: object) -> bool:
        return any(row == other for other in self._table.iter_rows())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for post_id, text in self._table.iter_rows():
            self._bar.advance()
            yield post_id, text


def _find(left: pl.DataFrame, params: Params) -> Iterable[tuple[str, str]]:
    """Posts of the same moment stand in the order of their ids."""
    ordered = left.sort("created_at", "post_id").select("post_id", "text")
    # Every post is looked at twice.
    with progress.track("look for near-duplicates", total=2 * ordered.height, unit="posts") as bar:
        found = find_duplicates(_Texts(ordered, bar), params.filter.near_duplicates)
    return ((post, f"of post {other}, similarity {alike:.2f}") for post, (other, alike) in found.items())


ENTRY = TableRule(place=40, meaning="nearly the same text as an older post", find=_find)

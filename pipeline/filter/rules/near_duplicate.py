"""Texts that nearly repeat another: the oldest of a family stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from pipeline.core import progress
from pipeline.core.processes import Processes
from pipeline.filter.duplicates import digest, find_duplicates
from pipeline.filter.rule import TableRule
from pipeline.params import Params


class _Texts(Collection[tuple[str, str]]):
    """The ids and texts of a table, row by row: they are never all Python strings at once."""

    def __init__(self, table: pl.DataFrame) -> None:
        self._table = table

    def __len__(self) -> int:
        return self._table.height

    def __contains__(self, row: object) -> bool:
        return any(row == other for other in self._table.iter_rows())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from self._table.iter_rows()


class _Column(Sequence[str]):
    """A column whose pieces stay pieces of it, and are copied only when they go to another process."""

    def __init__(self, column: pl.Series) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, at: Any) -> Any:
        found = self._column[at]
        return _Column(found) if isinstance(at, slice) else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._column)


def _find(left: pl.DataFrame, params: Params, processes: Processes) -> Iterable[tuple[str, str]]:
    """Posts of the same moment stand in the order of their ids."""
    ordered = left.sort("created_at", "post_id").select("post_id", "text")
    settings = params.filter.near_duplicates

    def digests() -> Iterator[np.ndarray]:
        for part in processes.parts(partial(digest, settings=settings), _Column(ordered["text"])):
            yield np.frombuffer(b"".join(part), dtype=np.uint32).reshape(len(part), -1)
            bar.advance(len(part))

    with progress.track("look for near-duplicates", total=ordered.height, unit="posts") as bar:
        found = find_duplicates(_Texts(ordered), settings, digests())
    return ((post, f"of post {other}, similarity {alike:.2f}") for post, (other, alike) in found.items())


ENTRY = TableRule(place=40, meaning="nearly the same text as an older post", find=_find)

"""An order of respondents in which neighbours are alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl


def alike(pairs: pl.DataFrame) -> list[str]:
    """The respondents of ``pairs`` (a, b, r): the leaves of a tree of average links of 1 - r, turned so that
    neighbours are as alike as the tree allows (Z. Bar-Joseph and others, "Fast optimal leaf ordering for hierarchical
    clustering", 2001). A pair without an r counts as r = 0."""
    names = sorted({*pairs["a"], *pairs["b"]})
    apart = np.ones((len(names), len(names)))
    place = {name: n for n, name in enumerate(names)}
    for a, b, r in pairs.select("a", "b", "r").iter_rows():
        if r is not None:
            apart[place[a], place[b]] = apart[place[b], place[a]] = 1 - r
    return [names[n] for n in _leaves(apart)]


def alike_in(rows: pl.DataFrame, line: str, column: str, number: str) -> list[str]:
    """The lines of a table (line, column, number) by the distance of their numbers; an empty one counts as 0."""
    wide = rows.pivot(on=column, index=line, values=number, aggregate_function="mean").fill_null(0.0)
    names, numbers = wide[line].to_list(), wide.drop(line).to_numpy()
    return [names[n] for n in _leaves(np.linalg.norm(numbers[:, None] - numbers[None], axis=2))]


def _leaves(apart: np.ndarray) -> Sequence[int]:
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(apart) < 3:
        return range(len(apart))
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(np.maximum(apart, 0), checks=False), "average", optimal_ordering=True)
    return [int(leaf) for leaf in leaves_list(tree)]

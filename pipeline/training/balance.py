"""As many of each kind: values, pairs of values and generators, to within one where the questions allow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.core.seeding import seeded_hash

PAIR = ["value", "value_rejected"]


def one_pair_each(pairs: pl.DataFrame, seed: int) -> pl.DataFrame:
    """One pair of a question: the one whose two values were taken least so far, questions in a seeded order."""
    taken: Counter[tuple[str, str]] = Counter()
    kept: list[dict[str, Any]] = []
    by_question = pairs.partition_by("question_id", as_dict=True, maintain_order=True)
    for (question,) in sorted(by_question, key=lambda key: seeded_hash(seed, "training pair", str(key[0]))):
        rows = by_question[question,].to_dicts()
        row = min(
            rows, key=lambda row: (taken[row["value"], row["value_rejected"]], row["action_id_rejected"])
        )
        taken[row["value"], row["value_rejected"]] += 1
        kept.append(row)
    return pl.DataFrame(kept, schema=pairs.schema).sort("question_id")


def level(rows: pl.DataFrame, by: Sequence[str], seed: int) -> pl.DataFrame:
    """Rows of which no kind (a combination of ``by`` that occurs) is there more than once more often than the rarest.

    Of each kind those stay that keep the generators of what is chosen even, in a seeded order.
    """
    if rows.is_empty():
        return rows
    most = rows.group_by(by).len().select(pl.col("len").min()).item() + 1
    taken: Counter[str] = Counter()
    kept: list[dict[str, Any]] = []
    kinds = rows.partition_by(by, as_dict=True, maintain_order=True)
    for kind in sorted(kinds):
        left = sorted(kinds[kind].to_dicts(), key=lambda row: _lot(row, seed))
        for _ in range(min(most, len(left))):
            row = min(left, key=lambda row: taken[row["generator"]])
            left.remove(row)
            taken[row["generator"]] += 1
            kept.append(row)
    return pl.DataFrame(kept, schema=rows.schema).sort("question_id")


def _lot(row: dict[str, Any], seed: int) -> int:
    return seeded_hash(seed, "training row", row["question_id"])

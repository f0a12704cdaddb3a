"""What ids name, as hashes of its content: two rows of one id are of the same thing if their hashes are equal.

- An action's id names its text, and a scenario's the text that is shown: SHA-256 of the UTF-8 text (``text_sha256``).
- A question's names a scenario, and options in the order in which they were dealt: SHA-256 of the JSON array
  ``[scenario's text_sha256,[value,action's text_sha256],...]`` without blanks (``content_sha256``). Which option is
  the target is no part of it: each answer says itself what was asked for.

Nothing else enters a hash: not the id, nor who wrote an action, nor what anybody found out about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import dataframely as dy
import polars as pl

from pipeline.tables.columns import SHA256

# As in messages: how many rows are named before the rest is counted.
NAMED = 3


def content_column(of: str) -> dy.String:
    """The hash of a question's content in tables of answers; empty where nobody knows what it was."""
    return dy.String(
        nullable=True,
        regex=SHA256,
        metadata={"came_later": True},
        description=f"Hash of the content of the question {of}; empty where that is not known",
    )


def text_sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def text_hashes(texts: pl.Expr) -> pl.Expr:
    """The hash of each text, null for none."""
    return texts.map_elements(text_sha256, return_dtype=pl.String)


def question_hashes(options: pl.DataFrame) -> pl.DataFrame:
    """Columns question_id and content_sha256, a row a question; null where a part of it is.

    ``options`` needs question_id, position, value, text_sha256 (of the action) and scenario_sha256 (of its text).
    """
    parts = pl.format('["{}","{}"]', "value", "text_sha256")
    return (
        options.sort("question_id", "position")
        .group_by("question_id", maintain_order=True)
        .agg(pl.col("scenario_sha256").first(), parts=parts, known=parts.is_not_null().all())
        .select(
            "question_id",
            content_sha256=text_hashes(
                pl.when("known").then(
                    pl.format('["{}",{}]', "scenario_sha256", pl.col("parts").list.join(","))
                )
            ),
        )
    )


def differs(theirs: str = "content_sha256", ours: str = "content_sha256_now") -> pl.Expr:
    """Whether two hashes are known and not the same."""
    return (pl.col(theirs) != pl.col(ours)).fill_null(value=False)


def some(ids: Iterable[str]) -> str:
    """The first ids in order, and how many more there are."""
    found = sorted(set(ids))
    more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return f"{', '.join(found[:NAMED])}{more}"

"""What a rule of the filter is: its place, what its reason code means, and how it tells the posts that go.

A rule is one file in ``pipeline/filter/rules``; the file's name is the reason code in the ledger. There are three
kinds, from cheap to dear: ``ColumnRule`` looks at columns of Posts, all rules on millions of posts in one pass of
polars; ``TextRule`` looks at one scenario text; ``TableRule`` at all posts that are left. A post keeps the first
reason in the order of kind and ``place``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from pipeline.core.processes import Processes
from pipeline.params import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``meaning`` is the reason in a few words, for ledgers' readers; ``place`` the order within a kind.

    A bare Rule rejects nothing by itself: it names a reason that the filter gives elsewhere.
    """

    meaning: str
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRule(Rule):
    """``rejects`` gives the expression over Posts that is true for a rejected post; ``detail`` says what was
    found, for the ledger."""

    rejects: Callable[[Params], pl.Expr]
    detail: Callable[[Params], pl.Expr] = lambda params: pl.lit(None, dtype=pl.String)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule(Rule):
    """``find`` gives what is wrong with a scenario text (unmasked), or None; ``doing`` is shown meanwhile."""

    doing: str
    find: Callable[[str, Params], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRule(Rule):
    """``find`` gives the ids of rejected posts, each with its detail, of a table with the columns ``COLUMNS``; what is
    to be done to many texts it may have done by the processes that it is handed."""

    COLUMNS: ClassVar = ("post_id", "subreddit", "created_at", "text", "category", "words")

    find: Callable[[pl.DataFrame, Params, Processes], Iterable[tuple[str, str | None]]]


def in_order(rules: Iterable[tuple[str, Rule]]) -> Iterator[tuple[str, Rule]]:
    """Named rules by place."""
    yield from sorted(rules, key=lambda named: (named[1].place, named[0]))

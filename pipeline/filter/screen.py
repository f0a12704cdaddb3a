"""From posts to candidates, the cheap before the dear, with the first reason for every post that goes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import polars as pl

from pipeline.core import progress
from pipeline.core.drawing import in_drawing_order
from pipeline.core.limit import TookTooLong, within
from pipeline.core.processes import Processes
from pipeline.core.words import count_words
from pipeline.filter.rule import ColumnRule, Rule, TableRule, TextRule, in_order
from pipeline.filter.rules import RULES
from pipeline.filter.rules.took_too_long import REASON as TOOK_TOO_LONG
from pipeline.filter.text import scenario_text
from pipeline.params import Params
from pipeline.pools import Work, opener
from pipeline.tables import Candidates, Ledger, conform

# Posts whose text is resolved at a time.
SLICE = 20_000
# A process needs a second or two to load what the rules need: fewer posts than these are done sooner by one.
LEAST_FOR_A_PROCESS = 4_000
TEXTS_A_TASK = 500
MEMORY = 400 << 20
# The first so many places of a category draw lots of their own, so that a post more or less moves hardly any other:
# about as many candidates as judges are asked about in a large run.
OWN_LOTS = 3000

T = TypeVar("T")
Rejections = list[tuple[str, str, str | None]]


def screen(
    posts: pl.LazyFrame, params: Params, rules: dict[str, Rule] = RULES
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Candidates and Ledger for Posts; together they have each post once.

    The order is that of cost: the rules about columns over all posts, then texts, then the rules about texts and
    tables in their order over what is left.
    """
    reason, detail = first_reason(params, rules)
    judged = posts.with_columns(reason=reason, detail=detail)
    went = [judged.filter(pl.col("reason").is_not_null()).select("post_id", "reason", "detail").collect()]
    with Processes(
        "filter",
        least=LEAST_FOR_A_PROCESS,
        memory=MEMORY,
        at_a_time=TEXTS_A_TASK,
        pool=opener(params.run, Work("filter", MEMORY)),
    ) as processes:
        unseen = judged.filter(pl.col("reason").is_null()).drop("reason", "detail")
        left, slow = _with_texts(unseen, params, processes)
        went.append(_rejections(slow))
        for name, rule in in_order(rules.items()):
            found = _rejections(_try(name, rule, left, params, processes))
            went.append(found)
            left = left.join(found.select("post_id"), on="post_id", how="anti")
    ledger = pl.concat(went).with_columns(stage=pl.lit("filter"))
    return _ranked(left, params), conform(Ledger, ledger.select(list(Ledger.columns())), where="filter")


def first_reason(params: Params, rules: dict[str, Rule] = RULES) -> tuple[pl.Expr, pl.Expr]:
    """Name and detail of the first rule about columns that rejects a post; null where none does."""
    reason, detail = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.String)
    for name, rule in reversed([*in_order(rules.items())]):
        if isinstance(rule, ColumnRule):
            rejected = rule.rejects(params).fill_null(False)
            reason = pl.when(rejected).then(pl.lit(name)).otherwise(reason)
            detail = pl.when(rejected).then(rule.detail(params)).otherwise(detail)
    return reason, detail


def _with_texts(posts: pl.LazyFrame, params: Params, processes: Processes) -> tuple[pl.DataFrame, Rejections]:
    """Posts with category, scenario text (unmasked) and its words, without title and body; and those without
    a text in time."""
    slices: list[pl.DataFrame] = []
    slow: Rejections = []
    wanted = posts.select("post_id", "subreddit", "created_at", "title", "body").collect()
    one = partial(_in_time, params.filter.seconds_a_post, _text)
    with progress.track("resolve texts", total=wanted.height, unit="posts") as bar:
        for part in wanted.iter_slices(SLICE):
            texts: list[str | None] = []
            for found in processes.parts(one, part.select("title", "body").rows()):
                ids = part["post_id"][len(texts) : len(texts) + len(found)]
                slow += [
                    (post_id, TOOK_TOO_LONG, limit)
                    for post_id, (_, limit) in zip(ids, found, strict=True)
                    if limit is not None
                ]
                texts += [text for text, _ in found]
                bar.advance(len(found))
            slices.append(part.drop("title", "body").with_columns(text=pl.Series(texts, dtype=pl.String)))
    table = pl.concat(slices) if slices else wanted.drop("title", "body").with_columns(text=pl.lit(""))
    return table.filter(pl.col("text").is_not_null()).with_columns(
        category=pl.col("subreddit")
        .str.to_lowercase()
        .replace_strict(params.category_of, return_dtype=pl.String),
        words=pl.col("text").map_elements(count_words, return_dtype=pl.Int32),
    ), slow


def _text(post: tuple[str, str]) -> str:
    return scenario_text(*post)


def _try(name: str, rule: Rule, left: pl.DataFrame, params: Params, processes: Processes) -> Rejections:
    """The posts that a rule about texts or tables rejects."""
    if isinstance(rule, TableRule):
        return [(post_id, name, detail) for post_id, detail in rule.find(left, params, processes)]
    rows: Rejections = []
    if isinstance(rule, TextRule):
        # Another process finds a rule by its name; one that has no file stays in this one.
        find = partial(_by_name, name, params) if RULES.get(name) is rule else None
        one = partial(_in_time, params.filter.seconds_a_post, find or partial(_by, rule, params))
        ids, texts = left["post_id"].to_list(), left["text"].to_list()
        at = 0
        with progress.track(rule.doing, total=left.height, unit="posts") as bar:
            for part in processes.parts(one, texts) if find else ([one(text)] for text in texts):
                for post_id, (found, limit) in zip(ids[at : at + len(part)], part, strict=True):
                    if limit is not None:
                        rows.append((post_id, TOOK_TOO_LONG, limit))
                    elif found:
                        rows.append((post_id, name, found))
                at += len(part)
                bar.advance(len(part))
    return rows


def _by_name(name: str, params: Params, text: str) -> str | None:
    return _by(RULES[name], params, text)


def _by(rule: Rule, params: Params, text: str) -> str | None:
    return rule.find(text, params) if isinstance(rule, TextRule) else None


def _in_time(seconds: float, do: Callable[[T], str | None], given: T) -> tuple[str | None, str | None]:
    """What ``do`` makes of a post and None, or None and the limit where it takes too long."""
    try:
        with within(seconds):
            return do(given), None
    except TookTooLong as limit:
        return None, str(limit)


def _ranked(left: pl.DataFrame, params: Params) -> pl.DataFrame:
    """Candidates in the order in which the judges are asked about them."""
    if left.is_empty():
        return Candidates.create_empty()
    table = in_drawing_order(left, params.seed, "quota", OWN_LOTS).with_columns(
        source_sha256=pl.col("text").map_elements(_sha256, return_dtype=pl.String),
    )
    return conform(Candidates, table.select(list(Candidates.columns())), where="candidates")


def _rejections(rows: Iterable[tuple[str, str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows), schema=dict.fromkeys(("post_id", "reason", "detail"), pl.String), orient="row"
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

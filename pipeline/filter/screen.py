"""From posts to candidates, the cheap before the dear, with the first reason for every post that goes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable

import polars as pl

from pipeline.core import progress
from pipeline.core.drawing import in_drawing_order
from pipeline.core.words import count_words
from pipeline.filter.advice import advice_sign
from pipeline.filter.duplicates import find_duplicates
from pipeline.filter.language import foreign_language
from pipeline.filter.rules import first_reason
from pipeline.filter.text import scenario_text
from pipeline.params import Params
from pipeline.tables import Candidates, Ledger, conform

# Posts whose text is resolved at a time.
SLICE = 20_000


def screen(posts: pl.LazyFrame, params: Params) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Candidates and Ledger for Posts; together they have each post once.

    The order is that of cost: polars rules over all posts, then per survivor the text and its length, its
    language, near-duplicates, signs of asking for advice, the shortlist, and last masking.
    """
    reason, detail = first_reason(params)
    judged = posts.with_columns(reason=reason, detail=detail)
    rejected = [judged.filter(pl.col("reason").is_not_null()).select("post_id", "reason", "detail").collect()]
    left = _with_texts(judged.filter(pl.col("reason").is_null()).drop("reason", "detail"), params)

    for find in (_wrong_length, _foreign, _near_duplicates, _no_request, _not_shortlisted):
        found = find(left, params)
        rejected.append(found)
        left = left.join(found.select("post_id"), on="post_id", how="anti")
    ledger = pl.concat(rejected).with_columns(stage=pl.lit("filter"))
    return _masked(left, params), conform(Ledger, ledger.select(list(Ledger.columns())), where="filter")


def _with_texts(posts: pl.LazyFrame, params: Params) -> pl.DataFrame:
    """Posts with category, scenario text (unmasked) and its words; title and body are no longer needed."""
    slices = []
    wanted = posts.select("post_id", "subreddit", "created_at", "title", "body").collect()
    with progress.track("resolve texts", total=wanted.height, unit="posts") as bar:
        for part in wanted.iter_slices(SLICE):
            texts = [scenario_text(title, body) for title, body in part.select("title", "body").iter_rows()]
            slices.append(part.drop("title", "body").with_columns(text=pl.Series(texts, dtype=pl.String)))
            bar.advance(part.height)
    table = pl.concat(slices) if slices else wanted.drop("title", "body").with_columns(text=pl.lit(""))
    return table.with_columns(
        category=pl.col("subreddit")
        .str.to_lowercase()
        .replace_strict(params.category_of, return_dtype=pl.String),
        words=pl.col("text").map_elements(count_words, return_dtype=pl.Int32),
    )


def _wrong_length(left: pl.DataFrame, params: Params) -> pl.DataFrame:
    short = pl.col("words") < params.filter.min_words
    return left.filter(short | (pl.col("words") > params.filter.max_words)).select(
        "post_id",
        reason=pl.when(short).then(pl.lit("too_short")).otherwise(pl.lit("too_long")),
        detail=pl.format("{} words", "words"),
    )


def _foreign(left: pl.DataFrame, params: Params) -> pl.DataFrame:
    return _by_text(left, "not_english", foreign_language, "identify languages")


def _no_request(left: pl.DataFrame, params: Params) -> pl.DataFrame:
    def lacking(text: str) -> str | None:
        return None if advice_sign(text) else "no sign of a question to readers"

    return _by_text(left, "no_advice_request", lacking, "look for requests")


def _by_text(left: pl.DataFrame, reason: str, find: Callable[[str], str | None], what: str) -> pl.DataFrame:
    """Rejects the posts in whose text ``find`` finds something, which is the detail."""
    rows = []
    with progress.track(what, total=left.height, unit="posts") as bar:
        for post_id, text in left.select("post_id", "text").iter_rows():
            if found := find(text):
                rows.append((post_id, reason, found))
            bar.advance()
    return _rejections(rows)


def _near_duplicates(left: pl.DataFrame, params: Params) -> pl.DataFrame:
    """The oldest post of a family stays; posts of the same moment stand in the order of their ids."""
    ordered = left.sort("created_at", "post_id").select("post_id", "text")
    with progress.track("look for near-duplicates", total=ordered.height, unit="posts") as bar:

        def counted() -> Iterable[tuple[str, str]]:
            for row in ordered.iter_rows():
                bar.advance()
                yield row

        found = find_duplicates(counted(), params.filter.near_duplicates)
    return _rejections(
        (post, "near_duplicate", f"of post {other}, similarity {similarity:.2f}")
        for post, (other, similarity) in found.items()
    )


def _not_shortlisted(left: pl.DataFrame, params: Params) -> pl.DataFrame:
    """What exceeds the bound of a category, in the same order over subreddits and years as the quotas'."""
    if params.filter.shortlist is None:
        return _rejections([])
    bound = math.ceil(params.filter.shortlist * params.quota.per_category)
    return (
        in_drawing_order(left, params.seed, "shortlist")
        .filter(pl.col("rank") > bound)
        .select(
            "post_id",
            reason=pl.lit("not_shortlisted"),
            detail=pl.format("rank {} of {} in {}", "rank", pl.lit(bound), "category"),
        )
    )


def _masked(left: pl.DataFrame, params: Params) -> pl.DataFrame:
    if left.is_empty():
        return Candidates.create_empty()
    from pipeline.filter.privacy import Masker

    texts = left["text"].to_list()
    masked = Masker(params.filter.masking).mask_all(texts)
    return conform(
        Candidates,
        left.with_columns(
            text=pl.Series([text for text, _ in masked], dtype=pl.String),
            masked=pl.Series([count for _, count in masked], dtype=pl.Int32),
            source_sha256=pl.Series([_sha256(text) for text in texts], dtype=pl.String),
            text_sha256=pl.Series([_sha256(text) for text, _ in masked], dtype=pl.String),
        ).select(list(Candidates.columns())),
        where="candidates",
    )


def _rejections(rows: Iterable[tuple[str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows), schema=dict.fromkeys(("post_id", "reason", "detail"), pl.String), orient="row"
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

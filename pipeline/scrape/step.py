"""Scrape: reads the source of posts that params name into the posts table, and says what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.core import progress
from pipeline.params import Params
from pipeline.scrape.scrape import scrape
from pipeline.step import Job, Step
from pipeline.tables import places
from pipeline.withdrawn.door import keep_out
from pipeline.withdrawn.register import Register


def make(job: Job) -> None:
    make_tables(job)


def make_tables(job: Job, *, keep: bool = False) -> None:
    """The step; ``keep`` leaves what was read of dumps for another run."""
    takedowns = Register.open()
    folder = job.path(places.POSTS).parent
    outcome = scrape(job.params, folder, keep=keep)
    job.balance("records", outcome.records, posts=outcome.posts, **outcome.reasons)
    job.made(places.POSTS, places.SCRAPE_LEDGER)
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in outcome.reasons.items())
    progress.say(
        f"{outcome.records:,} records: {outcome.posts:,} posts"
        + (f"; left out: {left_out}" if left_out else "")
    )
    for line in missed(job.params, job.read(places.POSTS), outcome.reasons):
        job.note(line)
    if taken := keep_out(folder, takedowns):
        progress.say(f"{taken:,} of these records are of posts that were taken back, and went")


def missed(params: Params, posts: pl.DataFrame, left_out: Mapping[str, int]) -> Iterator[str]:
    """What of params does not fit the source, told before anything is paid for: categories without a post, and rows of
    a table of one's own whose subreddits its owner may well have forgotten to name."""
    there = {name.lower() for name in posts["subreddit"].unique()}
    empty = [
        category
        for category, subreddits in params.categories.items()
        if not there & {name.lower() for name in subreddits}
    ]
    if empty:
        yield (
            f"no post is in a subreddit of {', '.join(empty)}: no scenario can come of these categories; what counts "
            "as one is `categories` in params.yaml"
        )
    if params.scrape.source == "table" and (count := left_out.get("other_subreddit", 0)):
        yield (
            f"{count:,} posts of your table are left out, because no category in `categories` (params.yaml) names "
            "their subreddits"
        )


STEP = Step("scrape", make, outputs=(places.POSTS, places.SCRAPE_LEDGER))

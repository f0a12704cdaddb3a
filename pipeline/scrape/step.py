"""Scrape: reads the source of posts that params name into the posts table, and says what was left out."""

from __future__ import annotations

from pipeline.core import progress
from pipeline.scrape.scrape import scrape
from pipeline.step import Job, Step
from pipeline.tables import places
from pipeline.withdrawn.door import keep_out
from pipeline.withdrawn.register import Register


def make(job: Job) -> None:
    takedowns = Register.open()
    folder = job.path(places.POSTS).parent
    outcome = scrape(job.params, folder)
    job.balance("records", outcome.records, posts=outcome.posts, **outcome.reasons)
    job.made(places.POSTS, places.SCRAPE_LEDGER)
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in outcome.reasons.items())
    progress.say(
        f"{outcome.records:,} records: {outcome.posts:,} posts"
        + (f"; left out: {left_out}" if left_out else "")
    )
    if taken := keep_out(folder, takedowns):
        progress.say(f"{taken:,} of these records are of posts that were taken back, and went")


STEP = Step("scrape", make, outputs=(places.POSTS, places.SCRAPE_LEDGER))

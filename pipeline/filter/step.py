"""Filter: posts that ask for advice become candidates, in the order in which they are judged; the ledger has
the rest."""

from __future__ import annotations

import polars as pl

from pipeline.core.errors import InputError
from pipeline.filter.screen import screen
from pipeline.step import Job, Step
from pipeline.tables import places


def make(job: Job) -> None:
    posts = job.scan(places.POSTS)
    candidates, ledger = screen(posts, job.params)
    total = posts.select(pl.len()).collect().item()
    job.balance("posts", total, candidates=candidates.height, ledger=ledger.height)
    job.write(places.CANDIDATES, candidates)
    job.write(places.FILTER_LEDGER, ledger)
    if candidates.is_empty():
        reasons = ledger["reason"].value_counts(sort=True).iter_rows()
        went = ", ".join(f"{reason} ({count:,})" for reason, count in reasons)
        job.end_with(
            InputError(
                f"no candidate is left of {total:,} posts; they went as {went or 'nothing came in'}",
                where=str(job.path(places.POSTS)),
                remedy="check scrape, categories, dates, score and filter in params.yaml",
            )
        )


STEP = Step("filter", make, inputs=(places.POSTS,), outputs=(places.CANDIDATES, places.FILTER_LEDGER))

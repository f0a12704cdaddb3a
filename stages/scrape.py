"""Scrape: reads the source of posts that params name into the posts table, and says what was left out."""

from __future__ import annotations

from pathlib import Path

from pipeline.params import Params
from pipeline.scrape.scrape import scrape
from pipeline.step.run import stage
from pipeline.withdrawn.door import keep_out
from pipeline.withdrawn.register import Register

FOLDER = Path("data/scrape")


@stage("scrape")
def main(params: Params) -> None:
    takedowns = Register.open()
    outcome = scrape(params, FOLDER)
    assert outcome.records == outcome.posts + sum(outcome.reasons.values())
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in outcome.reasons.items())
    print(
        f"{outcome.records:,} records: {outcome.posts:,} posts"
        + (f"; left out: {left_out}" if left_out else "")
    )
    if taken := keep_out(FOLDER, takedowns):
        print(f"{taken:,} of these records are of posts that were taken back, and went")


if __name__ == "__main__":
    main()

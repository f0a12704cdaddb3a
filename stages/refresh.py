"""Refresh: looks at every post that is kept here on Reddit again; those that are gone are taken back.

Not in dvc.yaml on purpose: its result depends on the day, and nothing that cannot be brought back happens on a
mere `dvc repro`. `valact refresh` is the same with a question in between.
"""

import datetime as dt
from pathlib import Path

from pipeline import params as settings
from pipeline.reddit.client import Client
from pipeline.step.run import readable_errors
from pipeline.takedown.act import take_down
from pipeline.takedown.refresh import refresh


def main() -> None:
    params = settings.load()
    found = refresh(Path(), Client(params.scrape.praw.site), params)
    print(", ".join(f"{count:,} {state}" for state, count in sorted(found.states.items())))
    if found.losses:
        done = take_down(Path(), found.losses, dt.datetime.now(dt.UTC).date(), params)
        print(f"{done.entered:,} posts taken back; the next version is {done.version}: run `dvc repro`")


if __name__ == "__main__":
    with readable_errors("refresh"):
        main()

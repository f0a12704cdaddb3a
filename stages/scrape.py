"""Scrape: reads the source of posts that params name into the posts table, and says what was left out."""

import sys
from functools import partial

from pipeline.scrape.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

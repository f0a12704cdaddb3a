"""Publish: the release to the Hub in one commit and one tag; without an order, what would be published."""

import sys
from functools import partial

from pipeline.lens.params import load
from pipeline.lens.publish.step import STEP
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

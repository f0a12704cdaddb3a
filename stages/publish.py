"""Publish: the release to the Hub in one commit and one tag; without a token, what would be published."""

import sys
from functools import partial

from pipeline.publish.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

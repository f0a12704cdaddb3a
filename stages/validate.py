"""Validate: what the judgements so far say of the actions, and whether the release counts as validated."""

import sys
from functools import partial

from pipeline.step.run import run
from pipeline.validate.step import STEP

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

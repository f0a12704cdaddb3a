"""Score: the answers of all respondents as one set, and what they enact and declare."""

import sys
from functools import partial

from pipeline.lens.params import load
from pipeline.lens.score.step import STEP
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

"""Score: the answers of all respondents as one set, and the scores of the PVQ."""

import sys
from functools import partial

from pipeline.score.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

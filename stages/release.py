"""Release: the folder that load_dataset loads, and the funnel from posts to questions."""

import sys
from functools import partial

from pipeline.release.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

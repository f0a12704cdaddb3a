"""Grid: the scenarios that params span, each a country and a topic."""

import sys
from functools import partial

from pipeline.lens.grid.step import STEP
from pipeline.lens.params import load
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

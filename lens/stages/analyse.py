"""Analyse: the gap between what respondents state and how they choose."""

import sys
from functools import partial

from pipeline.lens.analyse.step import STEP
from pipeline.lens.params import load
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

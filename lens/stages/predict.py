"""Predict: what observers that have seen a respondent's examples say it agrees with."""

import sys
from functools import partial

from pipeline.lens.params import load
from pipeline.lens.predict.step import STEP
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

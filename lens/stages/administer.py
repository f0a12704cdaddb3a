"""Administer: one respondent states its values and chooses between actions."""

import sys
from functools import partial

from pipeline.lens.administer.step import STEP
from pipeline.lens.params import load
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

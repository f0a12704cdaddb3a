"""Administer: one respondent is given the instruments; every question and item comes back with a status."""

import sys
from functools import partial

from pipeline.administer.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

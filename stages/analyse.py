"""Analyse: enacted and declared values, the gap between them, and what each number is worth."""

import sys
from functools import partial

from pipeline.analyse.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

"""Collect: every judgement of actions so far."""

import sys
from functools import partial

from pipeline.lens.collect.step import STEP
from pipeline.lens.params import load
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

"""Collect: every judgement so far, from a Label Studio server if there is one, else from annotations/rounds/."""

import sys
from functools import partial

from pipeline.collect.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

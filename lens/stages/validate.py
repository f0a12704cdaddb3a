"""Validate: what people say of the actions, and the gate on the release."""

import sys
from functools import partial

from pipeline.lens.params import load
from pipeline.lens.validate.step import STEP
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

"""Assemble: complete scenarios fill the quotas, and their 20 actions are dealt into five questions."""

import sys
from functools import partial

from pipeline.assemble.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

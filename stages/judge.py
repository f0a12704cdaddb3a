"""Judge: the panel votes on every candidate; quotas take scenarios from those it accepts."""

import sys
from functools import partial

from pipeline.judge.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

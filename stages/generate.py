"""Generate: one generator writes ten value-mapped actions for every scenario, reserves included."""

import sys
from functools import partial

from pipeline.generate.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

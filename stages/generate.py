"""Generate: each generator writes an action for each value, for as many scenarios as the quotas want."""

import sys
from functools import partial

from pipeline.generate.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

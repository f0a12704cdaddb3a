"""Send: draw the actions that people judge, and put them on a Label Studio server if there is one."""

import sys
from functools import partial

from pipeline.lens.params import load
from pipeline.lens.send.step import STEP
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

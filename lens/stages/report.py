"""Report: the analysis in sentences, tables and figures."""

import sys
from functools import partial

from pipeline.lens.params import load
from pipeline.lens.report.step import STEP
from pipeline.step.run import run_with

main = partial(run_with, load, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

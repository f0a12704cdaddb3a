"""Report: the analysis in sentences, tables and figures, as one HTML page and as Markdown."""

import sys
from functools import partial

from pipeline.report.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

"""Send: draw the sample that raters judge, write it for import, and put it on a Label Studio server if there is one."""

import sys
from functools import partial

from pipeline.send.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

"""Filter: posts that ask for advice become candidates with a masked scenario text; the ledger has the rest."""

import sys
from functools import partial

from pipeline.filter.step import STEP
from pipeline.step.run import run

main = partial(run, STEP)

if __name__ == "__main__":
    main(*sys.argv[1:])

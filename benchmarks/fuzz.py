"""Every reader of what others made, fed with damaged examples of it for as long as is wanted.

    python -m benchmarks.fuzz [--seconds 600] [--seed 0] [TARGET...]

Seconds are a target's. Defects are printed with the input that brought them about; the suite tries some inputs of each
(tests/test_fuzz.py), the targets are in tests/services/fuzz_targets.py.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from services.fuzz import main

if __name__ == "__main__":
    sys.exit(main())

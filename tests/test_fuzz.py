"""Every reader of what others made, fed with damaged examples of it: a message or nothing, never a traceback."""

from __future__ import annotations

import math

import pytest
from services.fuzz import fuzz
from services.fuzz_targets import targets

# Inputs of a target, the same each time. A guard against what would be found at once; ten minutes a target by
# services.fuzz find the rest.
INPUTS = 1000
# Of those whose reader takes longer: it reads a whole release, say, or YAML.
FEWER = {"dump": 200, "params": 200, "register": 300, "release": 5, "transcript": 150, "table": 150}


@pytest.mark.parametrize("name", targets())
def test_damaged_files_end_in_a_message(name: str) -> None:
    most = FEWER.get(name, INPUTS)
    count, defects = fuzz(name, math.inf, most=most)
    assert not defects, f"{defects[0][0][:400]!r}\n{defects[0][1]}"
    assert count == most

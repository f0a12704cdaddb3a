"""Every reader of what others made, fed with damaged examples of it: a message or nothing, never a traceback."""

from __future__ import annotations

import os

import pytest
from services.fuzz import fuzz
from services.fuzz_targets import targets

# A guard against what would be found at once; ten minutes a target by services.fuzz find the rest.
SECONDS = float(os.environ.get("VALACT_FUZZ_SECONDS", "2"))


@pytest.mark.parametrize("name", targets())
def test_damaged_files_end_in_a_message(name: str) -> None:
    count, defects = fuzz(name, SECONDS)
    assert count
    assert not defects, f"{defects[0][0][:400]!r}\n{defects[0][1]}"

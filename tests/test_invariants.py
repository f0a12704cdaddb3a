"""A broken promise of ours says what was lost or invented, with the counts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.core.errors import ValActError
from pipeline.core.invariants import InvariantError, given, holds, nothing_vanishes


def test_rows_that_add_up_pass() -> None:
    nothing_vanishes("filter", "posts", 10, {"candidates": 7, "in the ledger": 3})


@pytest.mark.parametrize(
    ("came_in", "said"),
    [
        (1200, "filter lost 193 posts: 1,200 came in, 1,007 went out (1,000 candidates + 7 in the ledger)"),
        (1006, "filter invented 1 posts: 1,006 came in, 1,007 went out (1,000 candidates + 7 in the ledger)"),
    ],
)
def test_rows_that_do_not_are_counted(came_in: int, said: str) -> None:
    with pytest.raises(InvariantError) as caught:
        nothing_vanishes("filter", "posts", came_in, {"candidates": 1000, "in the ledger": 7})
    assert said in str(caught.value)
    assert not isinstance(caught.value, ValActError)


def test_promises_and_what_must_be_there() -> None:
    holds(True, "one is one")
    assert given("", "a text") == ""
    with pytest.raises(InvariantError, match="one is two"):
        holds(False, "one is two")
    with pytest.raises(InvariantError, match="the cap is missing"):
        given(None, "the cap")


def test_python_cannot_switch_them_off() -> None:
    """``python -O`` leaves bare asserts out."""
    code = "from pipeline.core.invariants import holds; holds(False, 'no')"
    run = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode
    assert "InvariantError: no." in run.stderr

"""`kill -9`, again and again, while answers come in; `python -m benchmarks.kills` does it on a larger scale."""

import pytest
from services.kills import run


@pytest.mark.slow
def test_nothing_recorded_is_lost_or_asked_twice_and_the_money_is_exact(tmp_path):
    counts = run(tmp_path, requests=3000, kills=5)
    assert counts["calls"] == 3000 + counts["repeated"]
    assert counts["repeated"] > 0

"""`kill -9`, again and again, while answers come in; `python -m benchmarks.kills` does it on a larger scale."""

from decimal import Decimal

import pytest
from services import bill
from services.kills import run


@pytest.mark.slow
def test_nothing_recorded_is_lost_or_asked_twice_and_no_money_is_missing(tmp_path):
    counts = run(tmp_path, requests=3000, kills=5)
    assert counts["calls"] == 3000 + counts["repeated"]
    assert counts["repeated"] > 0


@pytest.mark.slow
def test_a_bill_of_every_fault_and_four_processes(tmp_path):
    bill.run(tmp_path, requests=600, ends=4)


@pytest.mark.slow
def test_the_cap_holds_for_four_processes_together(tmp_path):
    assert bill.run(tmp_path, requests=600, ends=2, cap=Decimal("0.20"))["billed_calls"] < 600

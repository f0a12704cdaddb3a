"""The rate that 429s teach, on a simulated clock: every row against workers that do what the official SDK does."""

import random

import pytest
from services.rates import Bucket, Stray, Window, by_lanes, by_sdk

SEEDS = range(5)
LIMITS = {
    "50/s, told 1": (lambda seed: Bucket(50, 10, 1.0), 0.5, 50),
    "50/s, told nothing": (lambda seed: Bucket(50, 10), 0.5, 50),
    "50/s, no burst": (lambda seed: Bucket(50, 1), 0.5, 50),
    "500/s": (lambda seed: Bucket(500, 100, 1.0), 0.05, 500),
    "100/s of 128/s": (lambda seed: Bucket(100, 100), 0.5, 100),
    "5/s, told 10": (lambda seed: Bucket(5, 5, 10.0), 2, 5),
    "5/s, told nothing": (lambda seed: Bucket(5, 5), 2, 5),
    "600 in 10 s": (lambda seed: Window(600, 10), 0.5, 60),
    "100 in 10 s": (lambda seed: Window(100, 10), 0.5, 10),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_found_and_held(name):
    """At least .9 of what there is to be had, with fewer calls turned away."""
    server, latency, capacity = LIMITS[name]
    for seed in SEEDS:
        lane = by_lanes(server(seed), latency, seed=seed)
        sdk = by_sdk(server(seed), latency, seed=seed)
        assert lane["a_second"] >= 0.9 * min(capacity, sdk["a_second"])
        assert lane["turned_away"] < sdk["turned_away"]


@pytest.mark.parametrize(
    ("share", "told"), [(0.002, 1.0), (0.02, 1.0), (0.1, 1.0), (0.02, 10.0), (0.1, None), (0.3, 1.0)]
)
def test_what_is_turned_away_at_any_rate_slows_nothing_down(share, told):
    for seed in SEEDS:
        lane = by_lanes(Stray(share, random.Random(seed), told), 0.5, seed=seed)
        sdk = by_sdk(Stray(share, random.Random(seed), told), 0.5, seed=seed)
        assert lane["a_second"] >= 0.9 * sdk["a_second"]
        # Chance alone decides on the share.
        calls = lane["turned_away"] + len(lane["times"])
        assert lane["turned_away"] / calls == pytest.approx(share, abs=0.05)


def test_a_limit_that_changes_is_followed():
    def rate(now):
        return 50 if now < 20 else 5 if now < 40 else 200

    for seed in SEEDS:
        times = by_lanes(Bucket(rate, 10, 1.0), 0.2, seconds=60, seed=seed)["times"]
        before, meanwhile, after = (
            [t for t in times if first <= t < last] for first, last in ((5, 20), (30, 40), (52, 60))
        )
        assert len(before) >= 0.9 * 50 * 15
        assert len(meanwhile) >= 0.7 * 5 * 10
        assert len(after) >= 0.9 * 200 * 8


def test_two_processes_share_a_limit():
    for seed in SEEDS:
        two = by_lanes(Bucket(50, 10, 1.0), 0.5, lanes=2, seed=seed)
        assert two["a_second"] >= 0.85 * 50


def test_nobody_waits_for_ever():
    """Turned away once or twice, but not again and again while others pass."""
    assert by_lanes(Bucket(50, 10, 1.0), 0.5, seconds=60)["longest"] < 20


def test_a_closed_server_is_asked_by_one_call_at_a_time():
    closed = by_lanes(Bucket(0.0, 0, 5.0), 0.5, seconds=60)
    assert closed["a_second"] == 0
    # At once as many as may be in the air, and then one every five seconds.
    assert closed["turned_away"] <= 64 + 15

"""Rates: limits from params, from headers, and from being turned away."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import ProviderError
from pipeline.engine.lane import Lane, Pace, Usual, duration
from pipeline.engine.response import Usage
from pipeline.params.models import Limits

CALL = Usage(100, 0, 20)


def lane(width=8, **limits):
    return Lane(Limits(**limits), width, outage=3)


def starts(lane, seconds, used=CALL):
    """When calls start that are as fast as the lane lets them, within so many seconds."""
    times, now = [], 0.0
    while (now := max(now, lane.opens_at())) < seconds:
        lane.start(used, now)
        lane.end()
        times.append(now)
        if len(times) > 10_000:
            break
    return times


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6000))
def test_no_minute_holds_more_requests_than_params_allow(limit):
    times = starts(lane(requests_per_minute=limit), 180)
    assert times
    for first in [time for time in times if time < 120][:50]:
        in_a_minute = sum(first <= time < first + 60 for time in times)
        assert limit - 1 <= in_a_minute <= limit * 1.01 + 1


def test_tokens_are_counted_as_expected():
    assert len(starts(lane(tokens_per_minute=1200), 60)) == pytest.approx(10, abs=1)


def test_no_limit_no_wait():
    assert len(starts(lane(), 0.001)) > 10_000


@pytest.mark.parametrize(
    ("left", "reset", "a_second"),
    [("300", "30s", 10), ("0", "10s", 0.1), ("59", "1m0s", 59 / 60), ("5", "500ms", 10)],
)
def test_what_is_left_is_spread_over_the_time_until_it_is_whole_again(left, reset, a_second):
    it = lane()
    it.learn({"x-ratelimit-remaining-requests": left, "x-ratelimit-reset-requests": reset})
    assert len(starts(it, 100)) == pytest.approx(100 * a_second, abs=2)


def test_headers_never_loosen_what_params_say_and_a_full_allowance_holds_nothing_back():
    it = lane(requests_per_minute=60)
    it.learn({"x-ratelimit-remaining-requests": "5000", "x-ratelimit-reset-requests": "0s"})
    assert len(starts(it, 10)) <= 11
    it = lane()
    it.learn({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "60s"})
    it.learn({"x-ratelimit-remaining-tokens": "5000", "x-ratelimit-reset-tokens": "0ms"})
    assert len(starts(it, 0.001)) > 10_000


@pytest.mark.parametrize(
    "headers", [{}, {"x-ratelimit-remaining-requests": "-1"}, {"x-ratelimit-remaining-requests": "soon"}]
)
def test_headers_that_say_nothing_change_nothing(headers):
    it = lane()
    it.learn(headers)
    it.learn({**headers, "x-ratelimit-reset-requests": "never"})
    assert len(starts(it, 0.001)) > 10_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20ms", 0.02), ("1s", 1), ("6m0s", 360), ("2m59.56s", 179.56), ("1h30m", 5400), ("7.5", 7.5), ("0", 0)],
)
def test_durations(text, seconds):
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1s later", "-3", "inf", "nan", "s"])
def test_what_is_no_duration(text):
    assert duration(text) is None


def test_a_429_halves_the_width_once_for_all_calls_that_were_in_the_air():
    it = lane(width=64)
    for _ in range(20):
        it.throttled(1.0, started_at=5.0, now=6.0)
    assert it.width == 32
    assert it.opens_at() == 7.0
    it.throttled(1.0, started_at=7.0, now=8.0)
    assert it.width == 16
    for n in range(20):
        it.throttled(0.1, started_at=9.0 + n, now=9.5 + n)
    assert it.width == 1


def test_the_width_recovers_by_one_a_round():
    it = lane(width=64)
    it.throttled(1.0, started_at=0.0, now=1.0)
    for round_ in range(1, 5):
        for _ in range(it.width):
            it.succeeded(2.0)
        assert it.width in (32 + round_ - 1, 32 + round_)
    for _ in range(5000):
        it.succeeded(2.0)
    assert it.width == 64


def test_an_outage_is_a_number_of_failures_in_a_row():
    it = lane()
    assert [it.failed(), it.failed()] == [0, 0]
    it.succeeded(0.0)
    assert [it.failed(), it.failed(), it.failed()] == [0, 0, 3]


def test_the_first_reason_to_stop_stands():
    it, first = lane(), ProviderError("no credit")
    it.stop(first)
    it.stop(ProviderError("no model"))
    assert it.stopped is first


def test_what_calls_usually_use_is_learnt_from_those_that_say():
    usual = Usual()
    assert usual.expect(300, 2048) == Usage(100, 0, 2048)
    usual.learn(400, Usage(100, 50, 10))
    usual.learn(400, Usage())
    usual.learn(400, Usage(100, 0, 30))
    assert usual.expect(800, 2048) == Usage(200, 0, 20)


def test_a_pace_that_gets_faster_shortens_a_wait_that_has_begun():
    pace = Pace(None)
    pace.learn(0, 60)
    pace.take(1, 0.0)
    assert pace.opens_at() == pytest.approx(60, abs=0.1)
    pace.learn(60, 60)
    assert pace.opens_at() == pytest.approx(1, abs=0.1)

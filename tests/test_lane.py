"""Rates: limits from params, from headers, and from being turned away."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import ProviderError
from pipeline.engine.lane import Lane, Pace, duration
from pipeline.engine.response import Usage
from pipeline.engine.usual import Usual, most_usage
from pipeline.params.models import Limits

CALL = Usage(100, 0, 20)


def lane(width=8, **limits):
    return Lane("m", Limits(**limits), width, outage=3)


def starts(lane, seconds, used=CALL):
    """When calls start that are as fast as the lane lets them, within so many seconds."""
    times, now = [], 0.0
    while (now := max(now, lane.opens_at(now))) < seconds:
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


@pytest.mark.parametrize("left", ["²", "9" * 5000, "1e3"], ids=["²", "many digits", "1e3"])
@pytest.mark.parametrize("reset", ["1s", "9" * 400 + "s", "1732290000000"], ids=["1s", "many digits", "date"])
def test_headers_that_say_what_cannot_be_change_nothing_either(left, reset):
    """A date in the place of a duration, for one: it would hold the model back for fifty years."""
    it = lane()
    it.learn({"x-ratelimit-remaining-requests": left, "x-ratelimit-reset-requests": reset})
    it.learn({"x-ratelimit-remaining-requests": "50", "x-ratelimit-reset-requests": "1732290000000"})
    assert len(starts(it, 0.001)) > 10_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20ms", 0.02), ("1s", 1), ("6m0s", 360), ("2m59.56s", 179.56), ("1h30m", 5400), ("7.5", 7.5), ("0", 0)],
)
def test_durations(text, seconds):
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1s later", "-3", "inf", "nan", "s", "1732290000"])
def test_what_is_no_duration(text):
    assert duration(text) is None
    assert duration("9" * 5000) is None
    assert duration("9" * 400 + "s") is None


def test_an_outage_is_a_number_of_failures_in_a_row():
    it = lane()
    assert [it.failed(), it.failed()] == [0, 0]
    it.succeeded(it.leave(it.start(CALL, 0.0), 0.0), 0.0)
    assert [it.failed(), it.failed(), it.failed()] == [0, 0, 3]


def test_a_server_that_is_down_is_looked_at_by_one_call_at_a_time():
    it = lane()
    it.succeeded(it.leave(it.start(CALL, 0.0), 0.0), 0.0)
    it.end()
    for n in range(5):
        assert it.note() == ""
        it.broke(f"key {n}", 4.0, now=1.0)
    assert it.note() == "m does not answer"
    assert it.opens_at(2.0) == 5.0
    span = it.start(CALL, 5.0)
    assert it.opens_at(6.0) == math.inf
    it.end()
    it.succeeded(span, 6.0)
    assert it.opens_at(6.0) <= 6.0


def test_one_request_that_always_breaks_is_no_outage():
    it = lane()
    it.succeeded(it.leave(it.start(CALL, 0.0), 0.0), 0.0)
    for n in range(50):
        it.broke("key", 4.0, now=1.0 + n)
    assert not it.is_down


def test_a_model_that_never_answered_is_not_waited_for():
    it = lane()
    for n in range(50):
        it.broke(f"key {n}", 4.0, now=1.0)
    assert it.opens_at(2.0) <= 2.0


def test_one_429_holds_back_nobody_else():
    it = lane()
    left = [it.leave(it.start(CALL, 0.0), 0.0) for _ in range(8)]
    it.end()
    it.throttled(left[0], 60.0, 60.0, now=0.1)
    # Its place is free after a moment.
    assert it.opens_at(0.1) == pytest.approx(0.6)
    assert it.opens_at(0.7) <= 0.7


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


def test_what_nobody_says_is_on_the_side_of_too_much():
    usual = Usual()
    assert usual.most(400, 2048) == most_usage(400, 2048)
    usual.learn(400, Usage(100, 0, 10))
    usual.learn(400, Usage(300, 0, 40))
    most = usual.most(400, 2048)
    assert most.input_tokens > 300
    assert most.output_tokens == 80
    assert usual.most(400, 50).output_tokens == 50


def test_a_pace_that_gets_faster_shortens_a_wait_that_has_begun():
    pace = Pace(None)
    pace.learn(0, 60)
    pace.take(1, 0.0)
    assert pace.opens_at() == pytest.approx(60, abs=0.1)
    pace.learn(60, 60)
    assert pace.opens_at() == pytest.approx(1, abs=0.1)

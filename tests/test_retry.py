"""Retries: the rules are those of the OpenAI SDK that is installed."""

import email.utils
import time

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai._models import FinalRequestOptions

from pipeline.engine.wire import retry

SDK = openai.AsyncOpenAI(api_key="x", max_retries=100)

statuses = st.integers(400, 599) | st.sampled_from(
    [400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 529]
)
seconds = (
    st.floats(-10, 300).map(str)
    | st.sampled_from(["", "soon", "0", "120", "120.001", "1e999", "inf", "-inf", "Infinity", "nan", " 3 "])
    | st.integers(-5, 200).map(lambda n: email.utils.formatdate(time.time() + n, usegmt=True))
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "retry-after": seconds,
        "retry-after-ms": seconds,
        "x-should-retry": st.sampled_from(["true", "false", "perhaps"]),
    },
)


@given(statuses, headers)
def test_the_same_errors_are_retried(status, headers):
    response = httpx2.Response(status, headers=headers)
    assert retry.is_retried(status, headers) == SDK._should_retry(response)


@given(headers)
def test_a_server_is_understood_alike(headers):
    ours, theirs = retry.retry_after(headers), SDK._parse_retry_after_header(httpx2.Headers(headers))
    assert ours == theirs or ours == pytest.approx(theirs, abs=0.1, nan_ok=True)


@given(headers, st.integers(1, 50))
def test_the_wait_is_as_long(headers, failures):
    """Both draw a jitter of up to a quarter, so that only its bounds can be compared."""
    theirs = SDK._calculate_retry_timeout(
        101 - failures, FinalRequestOptions.construct(method="post", url="/"), httpx2.Headers(headers)
    )
    ours = retry.wait_before_retry(failures, retry.retry_after(headers))
    assert 0.74 <= ours / theirs <= 1.34 or ours == pytest.approx(theirs, abs=0.1)


def test_backoff_doubles_up_to_a_limit():
    for failures, longest in ((1, 0.5), (2, 1), (5, 8), (5000, 8)):
        assert 0.75 * longest <= retry.wait_before_retry(failures) <= longest
    for throttles, longest in ((1, 0.5), (6, 16), (9, 60), (5000, 60)):
        assert 0.75 * longest <= retry.wait_when_throttled(throttles) <= longest


def test_a_throttled_call_waits_as_long_as_it_is_told():
    assert retry.wait_when_throttled(1, 300.0) == 300.0

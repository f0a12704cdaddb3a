"""The DashScope route: returned errors, throttling, inspection, and errors that end a run."""

import time
from contextlib import closing

import dashscope
import pytest
from services.dashscope import DashScopeServer
from services.runs import VERDICT, ask, run_params

from pipeline.core.errors import CredentialsError, ProviderError
from pipeline.engine import Engine
from pipeline.engine.store import Store
from pipeline.engine.wire import retry

QWEN = {"provider": "dashscope", "model": "qwen2.5-72b-instruct", "strict_schema": False}


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_KEY", "ds-test")


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)


def answer(tmp_path, base_url, *, schema=None, model=None, **responses):
    chosen = {**QWEN, "base_url": base_url, **(model or {})}
    with Engine(run_params(tmp_path, {"m": chosen}, **responses), "judge") as engine:
        request = ask(engine, "Vote, in JSON.", schema=schema, temperature=0.25)
        return engine.answer([request])[request.key]


def scripted(tmp_path, *answers, **options):
    with DashScopeServer(lambda body, n: answers[min(n, len(answers) - 1)]) as server:
        return answer(tmp_path, server.base_url, **options), server


def test_what_is_sent(tmp_path):
    response, server = scripted(tmp_path, '```json\n{"vote": "no"}\n```', schema=VERDICT)
    assert server.bodies == [
        {
            "model": "qwen2.5-72b-instruct",
            "input": {"messages": [{"role": "user", "content": "Vote, in JSON."}]},
            "parameters": {
                "result_format": "message",
                "temperature": 0.25,
                "max_tokens": 2048,
                "response_format": {"type": "json_object"},
            },
        }
    ]
    assert server.headers[0]["Authorization"] == "Bearer ds-test"
    assert response.json() == {"vote": "no"}


def test_log_probabilities_are_kept(tmp_path):
    token = {
        "token": "yes",
        "logprob": -0.1,
        "bytes": [121],
        "top_logprobs": [{"token": "no", "logprob": -2.4}],
    }
    said = {"text": "yes", "choice": {"logprobs": {"content": [token]}}}
    model = {"parameters": {"logprobs": True, "top_logprobs": 1}}
    with DashScopeServer(lambda body, n: said) as server:
        key = answer(tmp_path, server.base_url, model=model).key
    assert server.bodies[0]["parameters"]["top_logprobs"] == 1
    with closing(Store(tmp_path / "store.sqlite")) as store:
        (likely,) = store.show(key)[1].extra.logprobs
    assert (likely.token, likely.logprob, likely.others) == ("yes", -0.1, {"no": -2.4})


def test_what_is_sent_is_what_the_sdk_sends(tmp_path):
    with DashScopeServer(lambda body, n: '{"vote": "no"}') as server:
        answer(tmp_path, server.base_url, schema=VERDICT)
        dashscope.Generation.call(
            model="qwen2.5-72b-instruct",
            messages=[{"role": "user", "content": "Vote, in JSON."}],
            api_key="ds-test",
            result_format="message",
            temperature=0.25,
            max_tokens=2048,
            response_format={"type": "json_object"},
            base_address=server.base_url,
        )
    ours, theirs = server.bodies
    assert ours == theirs
    # Of the connection, of this one call, and the size, which differs by white space.
    apart = {"host", "connection", "content-length", "accept-encoding", "x-dashscope-sdk-session-id"}
    mine, its = (
        {name.lower(): value for name, value in headers.items() if name.lower() not in apart}
        for headers in server.headers
    )
    assert mine["content-type"].startswith("application/json")
    # The SDK appends to its name how it would have streamed.
    assert its["user-agent"].startswith(mine["user-agent"])
    loose = dict.fromkeys(("content-type", "user-agent"))
    assert mine | loose == its | loose


def test_ok_with_what_it_cost(tmp_path):
    response, server = scripted(tmp_path, "hello")
    assert (response.status, response.text, response.finish_reason) == ("ok", "hello", "stop")
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (11, 3, 7)
    assert "response_format" not in server.bodies[0]["parameters"]


@pytest.mark.parametrize(
    ("said", "status", "error"),
    [
        ({"text": '{"vo', "finish_reason": "length"}, "truncated", "cut at"),
        ({"text": "I would vote yes."}, "invalid", "malformed"),
        ({"text": ""}, "invalid", "empty"),
        ((400, "DataInspectionFailed", "inappropriate content"), "blocked_by_provider", "inappropriate"),
        ((400, "InvalidParameter", "Range of input length"), "failed", "InvalidParameter"),
        (b"not json", "failed", "no generation"),
        (b'{"output": null}', "failed", "no generation"),
        (b'{"output": {"choices": []}}', "failed", "no generation"),
        (b'{"output": {"choices": [{"message": {"content": null}}]}}', "failed", "no generation"),
        ({"text": "\ud83d"}, "failed", "no generation"),
    ],
)
def test_statuses_take_one_call(tmp_path, said, status, error):
    response, server = scripted(tmp_path, said, schema=VERDICT, retries=3)
    assert response.status == status
    assert error in response.error
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "fault",
    [
        (429, "Throttling", "slow down"),
        (429, "Throttling.RateQuota", "slow down"),
        (429, "Throttling.AllocationQuota", "too many tokens"),
        (400, "Throttling.BurstRate", "slow down"),
        (500, "InternalError", "oops"),
        (503, "ServiceUnavailable", "busy"),
    ],
)
def test_what_passes_is_retried(tmp_path, fault):
    response, server = scripted(tmp_path, fault, fault, "hello", retries=3)
    assert (response.status, response.attempts, len(server.bodies)) == ("ok", 3, 3)


def test_a_broken_connection_is_retried(tmp_path):
    # Every call that was sent is counted: the SDK would send once more by itself.
    response, server = scripted(tmp_path, None, None, "hello", retries=2)
    assert (response.status, response.attempts, len(server.bodies)) == ("ok", 3, 3)


def test_retry_after_is_honoured(tmp_path):
    started = time.monotonic()
    response, _ = scripted(tmp_path, (429, "Throttling", "", {"Retry-After": "0.4"}), "hello", retries=1)
    assert response.status == "ok"
    assert time.monotonic() - started >= 0.4


def test_a_wait_beyond_patience_is_not_waited(tmp_path):
    throttled = (429, "Throttling", "", {"Retry-After": "3600"})
    with DashScopeServer(lambda body, n: throttled) as server:
        with pytest.raises(ProviderError, match="it asks to wait 3,600 more seconds"):
            answer(tmp_path, server.base_url, retries=3, patience=0.2)
        assert len(server.bodies) == 2


def test_retries_end(tmp_path):
    response, server = scripted(tmp_path, (500, "InternalError", "oops"), retries=2)
    assert (response.status, response.attempts, len(server.bodies)) == ("failed", 3, 3)
    assert "InternalError" in response.error


def test_a_server_that_is_too_slow(tmp_path):
    with DashScopeServer(latency=5) as server:
        response = answer(tmp_path, server.base_url, model={"timeout": 0.2})
    assert response.status == "failed"
    assert "no whole answer within" in response.error


@pytest.mark.parametrize(
    ("status", "code", "kind", "said"),
    [
        (401, "InvalidApiKey", CredentialsError, "refused the key in DASHSCOPE_API_KEY"),
        (400, "Arrearage", ProviderError, "no credit left"),
        (403, "AllocationQuota.FreeTierOnly", ProviderError, "no credit left"),
        (404, "ModelNotFound", ProviderError, "does not serve 'qwen2.5-72b-instruct'"),
        (403, "Model.AccessDenied", ProviderError, "does not serve"),
        (403, "AccessDenied", ProviderError, "denies access"),
    ],
)
def test_the_end_of_the_run_is_named_at_once(tmp_path, status, code, kind, said):
    with DashScopeServer(lambda body, n: (status, code, "message with ds-test in it")) as server:
        with pytest.raises(kind, match=said) as caught:
            answer(tmp_path, server.base_url, retries=3)
        assert len(server.bodies) == 1
    assert caught.value.where == "models.m"
    assert caught.value.remedy
    assert "ds-test" not in str(caught.value)


def test_two_addresses_side_by_side(tmp_path):
    """The SDK's own setting is one global; ours are as many as there are models."""
    with DashScopeServer(lambda body, n: "one") as one, DashScopeServer(lambda body, n: "two") as two:
        models = {"one": {**QWEN, "base_url": one.base_url}, "two": {**QWEN, "base_url": two.base_url}}
        with Engine(run_params(tmp_path, models), "judge") as engine:
            asked = {name: ask(engine, "q", model=name) for name in models}
            answers = engine.answer(asked.values())
        assert {name: answers[request.key].text for name, request in asked.items()} == {
            "one": "one",
            "two": "two",
        }

"""Rates and errors over the wire: being turned away costs time, never an attempt, and one model stops no other."""

import math
import os
import signal
import time

import pytest
from aiohttp import web
from services.chat import ChatServer, completion
from services.dashscope import DashScopeServer
from services.runs import VERDICT, ask, chat_model, run_params

from pipeline.core.errors import CredentialsError, ProviderError
from pipeline.engine import Engine, learnt
from pipeline.engine.store import Store
from pipeline.engine.wire import retry

BUSY = {"code": "rate_limit_exceeded", "message": "slow down"}


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "ds-test")
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)


class RateServer(ChatServer):
    """A chat server whose script also gives the headers of answers that are none of an error."""

    async def handle(self, request, body):
        match self.script(body, len(self.bodies) - 1):
            case (200, _, headers):
                return web.json_response(completion(body, {"text": "fine"}), headers=headers)
            case (status, error, *_):
                return web.json_response({"error": error}, status=status)


def run(tmp_path, server, texts, model=None, **responses):
    params = run_params(tmp_path, {"m": chat_model(server.base_url, **(model or {}))}, **responses)
    with Engine(params, "judge") as engine:
        requests = [ask(engine, text) for text in texts]
        answers = engine.answer(requests)
        return [answers[request.key] for request in requests]


class TestTurnedAway:
    def test_it_uses_up_no_attempt(self, tmp_path):
        with ChatServer(lambda body, n: (429, BUSY) if n < 6 else "fine") as server:
            (response,) = run(tmp_path, server, ["q"], retries=0)
        assert (response.status, response.attempts) == ("ok", 7)

    def test_dashscope_too(self, tmp_path):
        throttled = (429, "Throttling.RateQuota", "slow down")
        with DashScopeServer(lambda body, n: throttled if n < 6 else "fine") as server:
            model = {"provider": "dashscope", "model": "qwen-plus", "base_url": server.base_url}
            with Engine(run_params(tmp_path, {"m": model}), "judge") as engine:
                request = ask(engine, "q")
                response = engine.answer([request])[request.key]
        assert (response.status, response.attempts) == ("ok", 7)

    @pytest.mark.parametrize(
        "headers", [{"Retry-After": "0.5"}, {"retry-after-ms": "500", "Retry-After": "9"}]
    )
    def test_all_calls_to_the_model_wait_as_long_as_the_server_asks(self, tmp_path, headers):
        came = []

        def script(body, n):
            came.append(time.monotonic())
            return (429, BUSY, headers) if n == 5 else "fine"

        with ChatServer(script) as server:
            answers = run(tmp_path, server, [f"q{n}" for n in range(12)], concurrency=1)
        assert {answer.status for answer in answers} == {"ok"}
        assert came[6] - came[5] >= 0.5
        assert len(came) == 13

    def test_fewer_calls_are_in_the_air_afterwards(self, tmp_path):
        most = []

        def script(body, n):
            if n < 16:
                return (429, BUSY, {"Retry-After": "0.1"})
            most.append(server.in_flight)
            return "fine"

        with ChatServer(script, latency=0.05) as server:
            answers = run(tmp_path, server, [f"q{n}" for n in range(60)], concurrency=16)
        assert {answer.status for answer in answers} == {"ok"}
        assert max(most[:8]) <= 8
        assert max(most) <= 16

    def test_ctrl_c_does_not_wait_as_long(self, tmp_path):
        def script(body, n):
            if n == 3:
                os.kill(os.getpid(), signal.SIGINT)
            return (429, BUSY, {"Retry-After": "60"})

        started = time.monotonic()
        with ChatServer(script) as server, pytest.raises(KeyboardInterrupt):
            run(tmp_path, server, [f"q{n}" for n in range(50)], concurrency=4)
        assert time.monotonic() - started < 50, "it waited as long as the server asked"

    def test_patience_ends_and_says_so(self, tmp_path):
        with ChatServer(lambda body, n: (429, BUSY)) as server:
            with pytest.raises(ProviderError, match=r"longer than responses\.patience.*5 requests") as caught:
                run(tmp_path, server, [f"q{n}" for n in range(5)], patience=0.2)
            assert len(server.bodies) < 30
        assert caught.value.remedy

    def test_one_request_that_is_always_turned_away_fails_alone(self, tmp_path):
        """A request may be larger than what a minute allows; its 429s say nothing about the others."""

        def script(body, n):
            return (429, BUSY) if body["messages"][0]["content"] == "large" else "fine"

        with ChatServer(script) as server:
            answers = run(
                tmp_path, server, ["large", *(f"q{n}" for n in range(40))], concurrency=2, patience=0.3
            )
        assert [answer.status for answer in answers] == ["failed"] + ["ok"] * 40


class TestLimits:
    """At least as slow as is allowed. That nothing is slower than it has to be is in test_lane.py, without a clock."""

    def test_requests_a_minute(self, tmp_path):
        with ChatServer() as server:
            started = time.monotonic()
            run(tmp_path, server, [f"q{n}" for n in range(12)], {"limits": {"requests_per_minute": 1200}})
        assert time.monotonic() - started >= 0.45

    def test_tokens_a_minute(self, tmp_path):
        """Each call uses 18 tokens; the first one is expected to use the most it can."""
        model = {"max_tokens": 10, "limits": {"tokens_per_minute": 18 * 1200}}
        with ChatServer() as server:
            started = time.monotonic()
            run(tmp_path, server, [f"q{n}" for n in range(12)], model, concurrency=1)
        assert time.monotonic() - started >= 0.3

    def test_a_model_that_is_slow_holds_no_other_back(self, tmp_path):
        with ChatServer() as server:
            models = {
                "slow": chat_model(server.base_url, model="slow", limits={"requests_per_minute": 6}),
                "fast": chat_model(server.base_url, model="fast"),
            }
            with Engine(run_params(tmp_path, models, concurrency=4), "judge") as engine:
                requests = [ask(engine, f"q{n}", model=name) for n in range(200) for name in models]
                # One call to the slow one in ten seconds: all of the fast ones' come before its third.
                names = []
                for request, _ in engine.stream(requests):
                    names.append(request.name)
                    if names.count("fast") == 200:
                        break
        assert names.count("slow") <= 2

    def test_rate_headers_are_enough_never_to_be_turned_away(self, tmp_path):
        """A bucket of 20 requests that refills at 40 a second, and a client that could make hundreds."""
        left, filled_at, turned_away = 20.0, time.monotonic(), 0

        def script(body, n):
            nonlocal left, filled_at, turned_away
            now = time.monotonic()
            left, filled_at = min(20.0, left + 40 * (now - filled_at)), now
            if left < 1:
                turned_away += 1
                return (429, BUSY)
            left -= 1
            headers = {
                "x-ratelimit-remaining-requests": str(int(left)),
                "x-ratelimit-reset-requests": f"{round(1000 * (20 - left) / 40)}ms",
            }
            return (200, {}, headers)

        with RateServer(script) as server:
            started = time.monotonic()
            answers = run(tmp_path, server, [f"q{n}" for n in range(120)], concurrency=8)
        assert {answer.status for answer in answers} == {"ok"}
        assert turned_away == 0
        assert time.monotonic() - started >= 2.4

    def test_llmock_quotas(self, tmp_path, llmock):
        llmock.limits(rpm=3000, tpm=2_000_000)
        with Engine(run_params(tmp_path, {"m": chat_model(llmock.base_url())}), "judge") as engine:
            answers = engine.answer([ask(engine, f"q{n}") for n in range(100)])
        assert {answer.status for answer in answers.values()} == {"ok"}
        assert not llmock.verdict().findings


class TestWhatWasLearnt:
    def limited(self, a_second):
        """Lets in a bucket of five, filled ``a_second``."""
        level, at = 5.0, time.monotonic()

        def script(body, n):
            nonlocal level, at
            now = time.monotonic()
            level, at = min(5.0, level + (now - at) * a_second), now
            if level < 1:
                return (429, BUSY)
            level -= 1
            return "fine"

        return script

    def test_a_rate_is_kept_for_the_next_process(self, tmp_path):
        with ChatServer(self.limited(40)) as server:
            run(tmp_path, server, [f"q{n}" for n in range(150)])
            store = Store(tmp_path / "store.sqlite")
            assert learnt.recall(store, server.base_url, "gpt-test") < math.inf
            store.close()
            assert len(server.bodies) > 150

    def test_the_next_process_begins_with_the_rate(self, tmp_path):
        """Fifteen calls at once find a bucket of five; at the rate that was learnt they find it full each time."""
        with ChatServer(self.limited(5)) as server:
            store = Store(tmp_path / "store.sqlite")
            learnt.keep(store, {(server.base_url, "gpt-test"): 4.0})
            store.close()
            run(tmp_path, server, [f"q{n}" for n in range(8)])
            assert len(server.bodies) == 8
            (tmp_path / "unlearnt").mkdir()
            run(tmp_path / "unlearnt", server, [f"q{n}" for n in range(15)])
            assert len(server.bodies) > 8 + 15

    def test_it_is_forgotten_after_a_while_and_where_there_is_no_limit(self, tmp_path, monkeypatch):
        store = Store(tmp_path / "store.sqlite")
        learnt.keep(store, {("u", "m"): 5.0, ("u", "n"): math.inf})
        assert [learnt.recall(store, "u", model) for model in ("m", "n", "o")] == [5.0, math.inf, math.inf]
        monkeypatch.setattr(learnt, "KEPT", -1.0)
        assert learnt.recall(store, "u", "m") == math.inf
        store.close()


class TestOneModelStopsNoOther:
    @pytest.mark.parametrize(
        ("status", "code", "kind", "said"),
        [
            (401, "invalid_api_key", CredentialsError, "refused the key"),
            (429, "insufficient_quota", ProviderError, "no credit left"),
            (404, "model_not_found", ProviderError, "does not serve"),
        ],
    )
    def test_the_others_go_on_to_the_end(self, tmp_path, status, code, kind, said):
        def script(body, n):
            return (status, {"code": code, "message": "no"}) if body["model"] == "broken" else "fine"

        with ChatServer(script) as server:
            models = {name: chat_model(server.base_url, model=name) for name in ("broken", "sound")}
            params = run_params(tmp_path, models, concurrency=4)
            with Engine(params, "judge") as engine:
                requests = [ask(engine, f"q{n}", model=name) for n in range(1500) for name in models]
                answered = []
                with pytest.raises(kind, match=f"{said}.*1,500 requests stay without") as caught:
                    answered.extend(engine.stream(iter(requests)))
            assert {request.name for request, _ in answered} == {"sound"}
            assert len(answered) == 1500
            assert [body["model"] for body in server.bodies].count("broken") <= 4
        assert caught.value.remedy
        store = Store(tmp_path / "store.sqlite")
        assert len(store.find(request.key for request in requests)) == 1500
        store.close()

    def test_an_outage_of_one(self, tmp_path):
        def script(body, n):
            return (503, {"message": "down"}) if body["model"] == "broken" else "fine"

        with ChatServer(script) as server:
            models = {name: chat_model(server.base_url, model=name) for name in ("broken", "sound")}
            with Engine(run_params(tmp_path, models, concurrency=4), "judge") as engine:
                requests = [ask(engine, f"q{n}", model=name) for n in range(300) for name in models]
                answers = []
                with pytest.raises(ProviderError, match=r"calls to broken .*all failed"):
                    answers.extend(engine.stream(requests))
        statuses = [response.status for _, response in answers]
        assert statuses.count("ok") == 300
        assert 20 <= statuses.count("failed") <= 24

    def test_two_that_are_stopped_are_both_named(self, tmp_path, monkeypatch):
        with ChatServer(lambda body, n: (404, {"message": "no such model"})) as server:
            models = {name: chat_model(server.base_url, model=name) for name in ("one", "two")}
            with Engine(run_params(tmp_path, models), "judge") as engine:
                requests = [ask(engine, f"q{n}", model=name) for n in range(3) for name in models]
                with pytest.raises(ProviderError, match=r"(?s)'one'.*'two'"):
                    engine.answer(requests)


class TestFaultsOneAfterTheOther:
    """Every fault of a bad day in one run, on both routes; nothing is lost and the client has behaved."""

    def test_openai(self, tmp_path, llmock, monkeypatch):
        monkeypatch.setattr(retry, "FIRST_WAIT", 0.5)
        llmock.rate_limit(times=3, retry_after=0.3).fail(500, times=2).fail(503, times=2, retry_after=0.2)
        llmock.delay(0.3, times=2)
        params = run_params(tmp_path, {"m": chat_model(llmock.base_url())}, retries=5, concurrency=4)
        with Engine(params, "judge") as engine:
            answers = engine.answer(
                [ask(engine, f"Question {n}, in JSON", schema=VERDICT) for n in range(40)]
            )
        assert {answer.status for answer in answers.values()} == {"ok"}
        assert len(answers) == 40
        assert not llmock.verdict().findings

    FAULTS = (None, b'{"choices": [{"message": {"cont', b"<html>busy</html>", {"text": '{"vote": "ye'})

    def test_openai_broken_answers(self, tmp_path):
        """Broken connections are tried again; what arrived whole and is no answer is not, and is not believed."""

        def script(body, n):
            return self.FAULTS[n] if n < len(self.FAULTS) else '{"vote": "yes"}'

        with ChatServer(script) as server:
            params = run_params(tmp_path, {"m": chat_model(server.base_url)}, retries=2, concurrency=1)
            with Engine(params, "judge") as engine:
                answers = engine.answer([ask(engine, f"q{n}", schema=VERDICT) for n in range(6)])
        assert len(server.bodies) == 7
        statuses = sorted(answer.status for answer in answers.values())
        assert statuses == ["failed", "failed", "invalid", "ok", "ok", "ok"]

    def test_dashscope(self, tmp_path):
        bad_day = [
            (429, "Throttling.RateQuota", "slow down", {"Retry-After": "0.2"}),
            None,
            (500, "InternalError", "oops"),
            (400, "DataInspectionFailed", "inappropriate"),
            (503, "ServiceUnavailable", "busy"),
            (429, "Throttling.AllocationQuota", "tokens"),
            b"not json",
        ]

        def script(body, n):
            return bad_day[n] if n < len(bad_day) else '{"vote": "yes"}'

        with DashScopeServer(script) as server:
            model = {"provider": "dashscope", "model": "qwen-plus", "base_url": server.base_url}
            params = run_params(tmp_path, {"m": model}, retries=3, concurrency=2)
            with Engine(params, "judge") as engine:
                answers = engine.answer(
                    [ask(engine, f"question {n}, in JSON", schema=VERDICT) for n in range(20)]
                )
            assert len(server.bodies) == 20 + len(bad_day) - 2
        statuses = [answer.status for answer in answers.values()]
        assert {status: statuses.count(status) for status in set(statuses)} == {
            "ok": 18,
            "blocked_by_provider": 1,
            "failed": 1,
        }

"""The engine: one answer a question, paid for once, bounded, resumable, replayable."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from itertools import count, islice

import pytest
from msgspec import structs
from services.chat import ChatServer
from services.dashscope import DashScopeServer
from services.runs import VERDICT, ask, chat_model, run_params

from pipeline.core.errors import CredentialsError, InputError, ParamsError, ProviderError, ReplayMiss
from pipeline.engine import Engine, Message, transcripts
from pipeline.engine.response import Reply, decide
from pipeline.engine.store import Store
from pipeline.tables import Transcripts


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


@pytest.fixture
def server():
    with ChatServer() as server:
        yield server


def engine(tmp_path, server, *, model=None, **responses):
    return Engine(
        run_params(tmp_path, {"m": chat_model(server.base_url, **(model or {}))}, **responses), "judge"
    )


def test_recorded_answers_are_free_and_need_no_key(tmp_path, server, monkeypatch):
    with engine(tmp_path, server) as first:
        asked = [ask(first, f"q{n}") for n in range(50)]
        answers = first.answer(asked)
    assert [answers[request.key].text for request in asked] == [f"answer to q{n}" for n in range(50)]
    assert len(server.bodies) == 50
    monkeypatch.delenv("OPENAI_API_KEY")
    with engine(tmp_path, server) as second:
        again = second.answer([ask(second, f"q{n}") for n in range(50)])
    # What else came with an answer is kept, but not looked up for a stage.
    assert {key: structs.replace(each, extra=None) for key, each in again.items()} == {
        key: structs.replace(each, extra=None) for key, each in answers.items()
    }
    assert len(server.bodies) == 50


def test_one_changed_prompt_costs_one_call(tmp_path, server):
    with engine(tmp_path, server) as first:
        first.answer([ask(first, f"q{n}") for n in range(3000)])
    with engine(tmp_path, server) as second:
        answers = second.answer([ask(second, "changed" if n == 1234 else f"q{n}") for n in range(3000)])
    assert len(answers) == 3000
    assert len(server.bodies) == 3001
    assert server.bodies[-1]["messages"] == [{"role": "user", "content": "changed"}]


def test_a_duplicate_is_asked_once_and_answered_to_all(tmp_path, server):
    with engine(tmp_path, server) as it:
        twins = [ask(it, "same"), ask(it, "same"), ask(it, "other"), ask(it, "same")]
        assert (
            sorted(response.text for _, response in it.stream(twins))
            == ["answer to other"] + ["answer to same"] * 3
        )
    assert len(server.bodies) == 2


def test_a_repeat_is_asked_again(tmp_path, server):
    with engine(tmp_path, server) as it:
        assert len(it.answer([ask(it, "same", repeat=n) for n in range(3)])) == 3
    assert len(server.bodies) == 3


@pytest.mark.parametrize("width", [1, 7, 64])
def test_no_more_are_in_the_air_than_allowed(tmp_path, width):
    with ChatServer(latency=0.05) as server, engine(tmp_path, server, concurrency=width) as it:
        it.answer([ask(it, f"q{n}") for n in range(3 * width)])
        assert server.most == width


def test_a_stream_takes_its_requests_as_it_needs_them(tmp_path, server):
    taken = count()
    with engine(tmp_path, server, concurrency=4) as it:
        endless = (ask(it, f"q{next(taken)}") for _ in count())
        assert len(list(islice(it.stream(endless), 1500))) == 1500
    assert next(taken) <= 1500 + 1000 + 8


def test_answers_come_while_others_are_still_being_asked(tmp_path):
    slow = threading.Event()

    def script(body, n):
        if body["messages"][0]["content"] == "slow":
            time.sleep(0.2)
            slow.set()
        return "done"

    with ChatServer(script) as server, engine(tmp_path, server) as it:
        pairs = it.stream([ask(it, "quick"), ask(it, "slow")])
        assert next(pairs)[0].subject == "quick"
        assert len(list(pairs)) == 1


def test_the_collector_leaves_alone_what_lives_through_the_run_until_it_ends(tmp_path, server):
    with engine(tmp_path, server) as one:
        one.answer([ask(one, "q")])
        assert gc.get_freeze_count() > 10_000
    assert gc.get_freeze_count() == 0


def test_calls_may_nest(tmp_path, server):
    with engine(tmp_path, server, concurrency=2) as it:
        for request, _ in it.stream([ask(it, f"q{n}") for n in range(10)]):
            repair = ask(it, f"repair of {request.subject}")
            assert it.answer([repair])[repair.key].status == "ok"
    assert len(server.bodies) == 20
    assert server.most <= 2


def test_a_stream_that_is_left_early_keeps_what_it_answered(tmp_path, server):
    with engine(tmp_path, server, concurrency=4) as it:
        for _ in it.stream(ask(it, f"q{n}") for n in range(100)):
            break
    asked = len(server.bodies)
    assert asked < 100
    with engine(tmp_path, server, concurrency=4) as it:
        it.answer([ask(it, f"q{n}") for n in range(100)])
    assert len(server.bodies) == 100


def test_statuses_are_recorded_and_final(tmp_path):
    said = {
        "ok": '{"vote": "yes"}',
        "refused": {"refusal": "I will not."},
        "truncated": {"text": '{"vo', "finish_reason": "length"},
        "blocked_by_provider": (400, {"code": "content_filter", "message": "filtered"}),
        "invalid": '{"vote": "perhaps"}',
    }
    with ChatServer(lambda body, n: said[body["messages"][0]["content"][:-5]]) as server:
        for _ in range(2):
            with engine(tmp_path, server) as it:
                asked = {status: ask(it, f"{status} json", schema=VERDICT) for status in said}
                answers = it.answer(asked.values())
                assert {status: answers[asked[status].key].status for status in said} == {s: s for s in said}
            assert len(server.bodies) == len(said)


def test_a_failed_call_is_a_response_and_is_asked_again_next_time(tmp_path):
    with ChatServer(lambda body, n: (500, {"message": "oops"}) if n == 0 else "fine") as server:
        for status in ("failed", "ok", "ok"):
            with engine(tmp_path, server) as it:
                request = ask(it, "q")
                assert it.answer([request])[request.key].status == status
                assert len(it.transcript()) == (status == "ok")
        assert len(server.bodies) == 2


def test_a_missing_key_is_named_and_nothing_else_is_lost(tmp_path, server, monkeypatch):
    with engine(tmp_path, server) as it:
        it.answer([ask(it, "q0")])
    monkeypatch.delenv("OPENAI_API_KEY")
    with engine(tmp_path, server) as it, pytest.raises(CredentialsError, match="OPENAI_API_KEY is not set"):
        it.answer([ask(it, "q0"), ask(it, "q1")])


def test_what_was_answered_before_the_credit_ran_out_is_kept(tmp_path):
    broke = (429, {"code": "insufficient_quota", "type": "insufficient_quota", "message": "You exceeded it"})
    with ChatServer(lambda body, n: broke if n >= 30 else "fine") as server:
        with engine(tmp_path, server, concurrency=4) as it:
            asked = [ask(it, f"q{n}") for n in range(100)]
            with pytest.raises(ProviderError, match="no credit left"):
                it.answer(asked)
        calls = len(server.bodies)
        assert calls <= 30 + 4
        store = Store(tmp_path / "store.sqlite")
        assert len(store.find([request.key for request in asked])) == 30
        store.close()


def test_a_dead_provider_ends_the_run(tmp_path):
    with ChatServer(lambda body, n: (503, {"message": "down"})) as server:
        with (
            engine(tmp_path, server, concurrency=4) as it,
            pytest.raises(ProviderError, match="calls to gpt-test"),
        ):
            it.answer([ask(it, f"q{n}") for n in range(500)])
        assert len(server.bodies) < 60


def test_ctrl_c_keeps_what_was_answered(tmp_path):
    """The interrupt arrives as from a keyboard, while calls are in the air."""

    def script(body, n):
        if n == 40:
            os.kill(os.getpid(), signal.SIGINT)
        return "fine"

    before = signal.getsignal(signal.SIGINT)
    with ChatServer(script, latency=0.005) as server:
        with engine(tmp_path, server, concurrency=4) as it:
            asked = [ask(it, f"q{n}") for n in range(500)]
            with pytest.raises(KeyboardInterrupt):
                it.answer(asked)
        calls = len(server.bodies)
        assert 40 < calls < 60
        with engine(tmp_path, server, concurrency=4) as it:
            it.answer(asked)
        # Calls in the air had time to land, so none is asked twice.
        assert len(server.bodies) == 500
    assert signal.getsignal(signal.SIGINT) is before


CHILD = """
import signal, sys
from pathlib import Path
from services.runs import ask, chat_model, run_params
from pipeline.engine import Engine

def interrupt(signum, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, interrupt)
with Engine(run_params(Path(sys.argv[1]), {"m": chat_model(sys.argv[2])}, concurrency=4), "judge") as it:
    try:
        it.answer([ask(it, f"q{n}") for n in range(200)])
    except KeyboardInterrupt:
        sys.exit(130)
"""


def test_sigterm_stops_a_stage_as_ctrl_c_does(tmp_path, root):
    """The handler of a stage raises, and would raise anywhere: in the SDK, in the loop, in our recorder."""

    def script(body, n):
        if n == 40:
            child.terminate()
        return "fine"

    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root / "tests"), os.environ["PYTHONPATH"]]),
    }
    with ChatServer(script) as server:
        command = [sys.executable, "-c", CHILD, str(tmp_path), server.base_url]
        child = subprocess.Popen(command, env=environment, cwd=root, stderr=subprocess.PIPE, text=True)
        errors = child.communicate(timeout=30)[1]
        assert child.returncode == 130
        assert "Traceback" not in errors
        with engine(tmp_path, server) as it:
            store = Store(tmp_path / "store.sqlite")
            kept = len(store.find([ask(it, f"q{n}").key for n in range(200)]))
            store.close()
        assert len(server.bodies) - 4 <= kept <= len(server.bodies) < 200


class TestReplay:
    def recorded(self, tmp_path, server, numbers):
        """A folder of transcripts made by a live run elsewhere."""
        with engine(tmp_path / "live", server) as it:
            it.answer([ask(it, f"q{n}") for n in numbers])
            table = it.transcript()
        (tmp_path / "recorded").mkdir()
        table.write_parquet(tmp_path / "recorded" / "judge.parquet")
        return table

    def test_transcripts_answer_without_key_or_call(self, tmp_path, server, monkeypatch):
        table = self.recorded(tmp_path, server, range(20))
        monkeypatch.delenv("OPENAI_API_KEY")
        server.bodies.clear()
        for mode in ("replay", "live"):
            with engine(tmp_path, server, mode=mode) as it:
                answers = it.answer([ask(it, f"q{n}") for n in range(20)])
                assert {response.text for response in answers.values()} == {
                    f"answer to q{n}" for n in range(20)
                }
                again = it.transcript()
                assert again.drop("origin").equals(table.drop("origin"))
                assert set(again["origin"]) == {"recorded: judge.parquet"}
        assert server.bodies == []

    def test_no_transcript_takes_the_place_of_an_answer_that_was_paid_for(self, tmp_path, server):
        """Whoever can drop a file into the folder would else decide votes and actions."""
        params = run_params(tmp_path, {"m": chat_model(server.base_url)})
        with Engine(params, "judge") as it:
            request, other = ask(it, "q"), ask(it, "q2")
            it.answer([request])
        brought = [(one, decide(one, Reply(text="brought"))) for one in (request, other)]
        transcripts.write(brought, tmp_path / "recorded/r.parquet")
        asked = len(server.bodies)
        with Engine(params, "judge") as it:
            answers = it.answer([request, other])
            assert [answers[one.key].text for one in (request, other)] == ["answer to q", "brought"]
            assert [answers[one.key].origin for one in (request, other)] == ["live", "recorded: r.parquet"]
        assert len(server.bodies) == asked

    @pytest.mark.parametrize("text", ["no JSON", '{"vote": "perhaps"}', "[" * 100_000])
    def test_an_answer_that_is_called_ok_and_is_not_is_one_error(self, text, tmp_path, server):
        params = run_params(tmp_path, {"m": chat_model(server.base_url)})
        vote = {
            "name": "vote",
            "schema": {
                "type": "object",
                "properties": {"vote": {"type": "string", "enum": ["yes", "no"]}},
                "required": ["vote"],
                "additionalProperties": False,
            },
        }
        with Engine(params, "judge") as it:
            messages = [Message("user", "Vote, as JSON.")]
            request = it.request(model="m", messages=messages, schema=vote, temperature=0, subject="1abc")
            forged = structs.replace(decide(request, Reply(text='{"vote": "no"}')), text=text)
            transcripts.write([(request, forged)], tmp_path / "recorded/r.parquet")
        with pytest.raises(InputError, match=r"r\.parquet, row 1: its status is ok, but"):
            Engine(params, "judge")

    def test_a_miss_says_how_many_which_and_what_to_do(self, tmp_path, server):
        self.recorded(tmp_path, server, range(20))
        with engine(tmp_path, server, mode="replay") as it:
            asked = [ask(it, f"q{n}") for n in range(27)]
            answered = []
            with pytest.raises(ReplayMiss) as caught:
                answered.extend(it.stream(iter(asked)))
        message = str(caught.value)
        assert len(answered) == 20
        assert "7 of 27 requests" in message
        assert all(f"q{n} · m (gpt-test" in message for n in range(20, 25))
        assert "and 2 more" in message
        assert asked[20].key[:12] in message
        assert "responses.mode: live" in message

    def test_a_replay_model_is_never_asked_of_anybody(self, tmp_path):
        with Engine(run_params(tmp_path, {}), "judge") as it:
            request = ask(it, "q", model="a")
            assert (request.provider, request.base_url) == ("replay", "")
            with pytest.raises(ReplayMiss, match="make sample"):
                it.answer([request])
            transcripts.write(
                [(request, decide(request, Reply(text="yes")))], tmp_path / "recorded/r.parquet"
            )
        with Engine(run_params(tmp_path, {}), "judge") as it:
            assert it.answer([request])[request.key].text == "yes"


class TestTranscript:
    def test_it_holds_every_answer_once_by_key(self, tmp_path, server):
        with engine(tmp_path, server) as it:
            it.answer([ask(it, f"q{n}") for n in range(30)])
            it.answer([ask(it, f"q{n}") for n in range(20, 40)])
            table = it.transcript()
        assert table.height == 40
        assert table["request_key"].is_sorted()
        assert (
            table.row(0, named=True).items()
            >= {
                "provider": "openai",
                "base_url": server.base_url,
                "model": "gpt-test",
                "served_model": "gpt-test-2024-08-06",
                "status": "ok",
                "finish_reason": "stop",
                "input_tokens": 11,
                "cached_tokens": 3,
                "output_tokens": 7,
            }.items()
        )
        Transcripts.validate(table)

    def test_it_holds_nothing_of_other_runs(self, tmp_path, server):
        with engine(tmp_path, server) as it:
            it.answer([ask(it, "then")])
        with engine(tmp_path, server) as it:
            it.answer([ask(it, "now")])
            assert it.transcript()["subject"].to_list() == ["now"]


class TestEndpoints:
    def asked_of(self, tmp_path, **model):
        with Engine(run_params(tmp_path, {"m": {"model": "x", **model}}), "judge") as it:
            return ask(it, "q").base_url

    def test_the_environment_comes_before_params_before_the_default(self, tmp_path, monkeypatch):
        assert self.asked_of(tmp_path, provider="openai") == "https://api.openai.com/v1"
        assert self.asked_of(tmp_path, provider="dashscope") == "https://dashscope.aliyuncs.com/api/v1"
        assert self.asked_of(tmp_path, provider="openai", base_url="http://params/v1/") == "http://params/v1"
        monkeypatch.setenv("OPENAI_BASE_URL", "http://environment/v1")
        assert (
            self.asked_of(tmp_path, provider="openai", base_url="http://params/v1") == "http://environment/v1"
        )

    def test_a_named_endpoint_has_its_own_variables(self, tmp_path, monkeypatch):
        monkeypatch.setenv("OPENAI_BASE_URL", "http://openai/v1")
        monkeypatch.setenv("DEEP_SEEK_BASE_URL", "http://deepseek/v1")
        assert self.asked_of(tmp_path, provider="openai", endpoint="deep-seek") == "http://deepseek/v1"

    def test_a_named_endpoint_never_falls_back_to_openai(self, tmp_path):
        with pytest.raises(ParamsError, match="DEEPSEEK_BASE_URL"):
            self.asked_of(tmp_path, provider="openai", endpoint="deepseek")

    def test_a_secret_in_a_base_url_is_refused_and_not_repeated(self, tmp_path):
        with pytest.raises(ParamsError) as caught:
            self.asked_of(tmp_path, provider="openai", base_url="https://user:hunter2@host/v1")
        assert "hunter2" not in str(caught.value)

    def test_a_model_that_is_not_in_params(self, tmp_path):
        with (
            Engine(run_params(tmp_path, {}), "judge") as it,
            pytest.raises(ParamsError, match="known are a, b, c"),
        ):
            ask(it, "q", model="gpt-9")

    def test_json_mode_wants_the_word(self, tmp_path, server):
        with engine(tmp_path, server, model={"strict_schema": False}) as it:
            with pytest.raises(ParamsError, match="no message of the prompt says JSON"):
                ask(it, "Vote!", schema=VERDICT)
            assert ask(it, "Vote in JSON!", schema=VERDICT).strict is False


def test_two_providers_in_one_call(tmp_path, server, monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_KEY", "ds-test")
    with DashScopeServer() as other:
        models = {
            "m": chat_model(server.base_url),
            "q": {"provider": "dashscope", "model": "qwen2.5-72b-instruct", "base_url": other.base_url},
        }
        with Engine(run_params(tmp_path, models), "judge") as it:
            it.answer([ask(it, "same", model=name) for name in ("m", "q")])
            assert it.transcript()["provider"].to_list().count("dashscope") == 1
        assert (len(server.bodies), len(other.bodies)) == (1, 1)


def test_no_key_is_ever_written(tmp_path, monkeypatch, capfd):
    key = "sk-very-secret-123456"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    bad = (400, {"message": f"bad request by {key}"})
    with ChatServer(lambda body, n: bad) as server, engine(tmp_path, server) as it:
        request = ask(it, "q")
        response = it.answer([request])[request.key]
        shown = repr(response) + repr(request) + repr(vars(it))
    assert "[key]" in response.error
    assert key not in shown
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert key.encode() not in written
    assert key not in "".join(capfd.readouterr())


def test_more_unanswered_requests_than_allowed_end_the_stage_and_are_asked_again(tmp_path):
    with ChatServer(lambda body, n: (400, {"message": "too long"}) if n < 2 else "fine") as server:
        params = run_params(tmp_path, {"m": chat_model(server.base_url)}, max_failed=1)
        with Engine(params, stage="test") as engine:
            requests = [ask(engine, f"question {n}") for n in range(3)]
            with pytest.raises(ProviderError, match=r"2 requests got no answer: .*too long"):
                engine.answer(requests)
        with Engine(params, stage="test") as engine:
            answers = engine.answer([ask(engine, f"question {n}") for n in range(3)])
        assert {answer.status for answer in answers.values()} == {"ok"}
        assert len(server.bodies) == 5

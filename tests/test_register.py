"""Calls are written down before they leave: between processes, across kills and Ctrl-C, and when nobody answers."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web
from services.chat import ChatServer, completion
from services.runs import ask, chat_model, example_request, run_params

from pipeline.core.errors import InputError, ProviderError
from pipeline.engine import Engine, asking, engine
from pipeline.engine import store as stores
from pipeline.engine.budget import Budget, bill
from pipeline.engine.calls import Call
from pipeline.engine.lane import Lane
from pipeline.engine.prices import price_of
from pipeline.engine.register import ELSEWHERE, GRANTED, Register
from pipeline.engine.response import Reply, Usage, decide
from pipeline.engine.store import Store
from pipeline.engine.wire import retry
from pipeline.params.models import Limits

MODEL = "gpt-4o-2024-08-06"
CALL = price_of("openai", MODEL).cost(11, 3, 7)


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "store.sqlite")) as it:
        yield it


def call(repeat=0):
    it = Call(example_request(repeat=repeat), Lane("m", Limits(), 8, 3))
    it.most = Usage(100, 0, 50)
    return it


def register(store):
    return Register(store, "judge", Budget(None, store))


def run(tmp_path, server, **responses):
    return Engine(run_params(tmp_path, {"m": chat_model(server.base_url, model=MODEL)}, **responses), "judge")


def spend(tmp_path):
    with closing(Store(tmp_path / "store.sqlite")) as it:
        return it.spend()


class TestLeases:
    def test_no_two_processes_ask_the_same(self, store):
        one, other = register(store), register(store)
        assert one.settle([], [call()]).verdicts == [GRANTED]
        assert other.settle([], [call(), call(1)]).verdicts == [ELSEWHERE, GRANTED]
        assert one.settle([], [call()]).verdicts == [ELSEWHERE], "not twice by one engine either"

    def test_who_comes_later_gets_the_answer(self, store):
        one, other, asked = register(store), register(store), call()
        one.settle([], [asked])
        asked.response = decide(asked.request, Reply(text="true", input_tokens=1, output_tokens=1))
        one.settle([asked], [])
        (verdict,) = other.settle([], [call()]).verdicts
        assert verdict.text == "true"

    def test_a_lease_dies_with_its_process(self, store):
        dead, alive = register(store), register(store)
        dead.settle([], [call(), call(1)])
        assert alive.settle([], [call()]).verdicts == [ELSEWHERE]
        dead._file.close()  # as the kernel does
        alive._looked_at = 0.0
        alive.settle([], [call()])
        assert alive.settle([], [call()]).verdicts == [GRANTED]
        (row,) = store.spend()
        assert (row.calls, row.unmetered, row.guessed_input, row.guessed_output) == (2, 2, 200, 100)

    def test_a_lease_that_is_given_back_leaves_no_file(self, store):
        it, asked = register(store), call()
        it.settle([], [asked])
        it.settle([asked], [])
        it.close()
        assert not list(store.path.parent.glob("*.lease-*"))
        assert store.spend() == []

    def test_two_engines_at_once_share_the_work(self, tmp_path):
        answers = {}

        def work(name):
            with run(tmp_path, server, concurrency=8) as it:
                answers[name] = it.answer([ask(it, f"q{n}") for n in range(300)])

        with ChatServer(latency=0.01) as server:
            threads = [threading.Thread(target=work, args=[name]) for name in "ab"]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(server.bodies) == 300
        texts = [{key: answer.text for key, answer in found.items()} for found in answers.values()]
        assert texts[0] == texts[1]
        assert len(texts[0]) == 300


# What `python -m stages.judge` is to the engine: all questions of a stage, in a process of its own.
STAGE = """
import sys
from pathlib import Path
from services.chat import ChatServer
from services.runs import ask, chat_model, run_params
from pipeline.engine import Engine
params = run_params(Path(sys.argv[1]), {"m": chat_model(sys.argv[2], model=sys.argv[3])}, concurrency=4)
with Engine(params, "judge") as engine:
    answers = engine.answer([ask(engine, f"q{number}") for number in range(30)])
print(len(answers), all(answer.status == "ok" for answer in answers.values()))
"""


def test_the_same_stage_twice_by_hand_is_paid_once(tmp_path):
    path = os.pathsep.join([str(Path(__file__).parent), os.environ["PYTHONPATH"]])
    with ChatServer(latency=0.05) as server:
        command = [sys.executable, "-c", STAGE, str(tmp_path), server.base_url, MODEL]
        both = [
            subprocess.Popen(
                command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        assert [process.communicate(timeout=120)[0].strip() for process in both] == ["30 True"] * 2
        assert len(server.bodies) == 30


class TestMoneyInTheAir:
    def test_ctrl_c_loses_no_call_of_the_ledger(self, tmp_path, monkeypatch):
        monkeypatch.setattr(engine, "GRACE", 0.2)

        def script(body, n):
            if n == 31:
                os.kill(os.getpid(), signal.SIGINT)
            return "fine"

        with ChatServer(script, latency=5) as server:
            with run(tmp_path, server, concurrency=32) as it, pytest.raises(KeyboardInterrupt):
                it.answer([ask(it, f"q{n}") for n in range(100)])
            came = len(server.bodies)
        (row,) = spend(tmp_path)
        assert (row.calls, row.unmetered) == (came, came) == (32, 32)
        assert bill([row]).amount >= came * CALL

    @pytest.mark.parametrize("usage", [{"prompt_tokens": -5, "completion_tokens": -9000}, None])
    def test_usage_that_cannot_be_frees_no_money(self, tmp_path, usage):
        with OddUsage(usage) as server:
            with (
                run(tmp_path, server, budget_usd="0.01", concurrency=4) as it,
                pytest.raises(Exception, match="spent"),
            ):
                it.answer([ask(it, f"q{n}") for n in range(500)])
            assert len(server.bodies) < 20

    def test_usage_that_no_number_can_hold_ends_nothing(self, tmp_path):
        with OddUsage({"prompt_tokens": 2**63, "completion_tokens": 2**70}) as server:
            for _ in range(2):
                with run(tmp_path, server) as it:
                    answers = it.answer([ask(it, f"q{n}") for n in range(20)])
                assert {answer.status for answer in answers.values()} == {"ok"}
            assert len(server.bodies) == 20
        (row,) = spend(tmp_path)
        assert (row.calls, row.unmetered) == (20, 20)


class OddUsage(ChatServer):
    def __init__(self, usage):
        super().__init__()
        self.usage = usage

    async def handle(self, request, body):
        return web.json_response(completion(body, {"text": "fine"}) | {"usage": self.usage})


class TestTime:
    def test_a_call_that_takes_too_long_is_not_bought_again(self, tmp_path, monkeypatch):
        monkeypatch.setattr(asking, "SLOW", 1e9)
        with ChatServer(latency=2.5) as server, run(tmp_path, server, timeout=1.0, retries=5) as it:
            answers = it.answer([ask(it, f"q{n}") for n in range(5)])
            assert len(server.bodies) == 5
        assert all("may have been billed" in answer.error for answer in answers.values())
        (row,) = spend(tmp_path)
        assert (row.calls, row.unmetered) == (5, 5)

    def test_a_model_that_is_always_too_slow_is_stopped(self, tmp_path, monkeypatch):
        monkeypatch.setattr(asking, "SLOW", 1e9)
        with ChatServer(latency=0.6) as server, run(tmp_path, server, timeout=0.2, concurrency=2) as it:
            requests = [ask(it, f"q{n}") for n in range(50)]
            with pytest.raises(ProviderError, match="no whole answer within") as caught:
                it.answer(requests)
            assert len(server.bodies) <= 5
        assert "timeout" in caught.value.remedy

    def test_a_long_answer_may_take_longer(self, tmp_path):
        with ChatServer(latency=0.6) as server, run(tmp_path, server, timeout=0.2) as it:
            assert len(it.answer([ask(it, f"q{n}") for n in range(5)])) == 5

    def test_an_outage_in_the_middle_is_waited_for(self, tmp_path, monkeypatch):
        began = []

        def script(body, n):
            if n < 20:
                return "fine"
            began.append(time.monotonic())
            return "fine" if time.monotonic() - began[0] > 1.5 else (503, {"message": "down"})

        with ChatServer(script) as server:
            with run(tmp_path, server, retries=2, patience=60) as it:
                answers = it.answer([ask(it, f"q{n}") for n in range(200)])
            assert {answer.status for answer in answers.values()} == {"ok"}
            # One call at a time looked whether it was over.
            assert len(server.bodies) < 300

    def test_an_outage_that_outlasts_patience_ends_the_run(self, tmp_path):
        def script(body, n):
            return "fine" if n < 20 else (503, {"message": "down"})

        with (
            ChatServer(script) as server,
            run(tmp_path, server, retries=1, patience=0.5) as it,
            pytest.raises(ProviderError, match=r"no call to .* for longer than responses\.patience"),
        ):
            it.answer([ask(it, f"q{n}") for n in range(200)])


class TestTheDisk:
    def test_nothing_is_asked_that_could_not_be_kept(self, tmp_path, monkeypatch):
        monkeypatch.setattr(stores, "ROOM", 10**18)
        with ChatServer() as server:
            with run(tmp_path, server) as it, pytest.raises(InputError, match="MB are free"):
                it.answer([ask(it, "q")])
            assert server.bodies == []

    def test_nothing_is_asked_where_a_quota_leaves_no_room(self, tmp_path):
        """SQLite's own limit on pages stands for a full disk."""
        with ChatServer() as server:
            with run(tmp_path, server) as it:
                pages = it._store._writer.execute("PRAGMA page_count").fetchone()[0]
                it._store._writer.execute(f"PRAGMA max_page_count = {pages + 100}")
                with pytest.raises(InputError, match="full"):
                    it.answer([ask(it, f"q{n}" * 50) for n in range(500)])
            assert server.bodies == []

    def test_a_store_that_cannot_be_written_is_replayed(self, tmp_path, monkeypatch):
        with ChatServer() as server:
            with run(tmp_path, server) as it:
                it.answer([ask(it, "q")])
            monkeypatch.setattr(Store, "_cannot_be_written", lambda self: True)
            with run(tmp_path, server, mode="replay") as it:
                assert it.answer([ask(it, "q")])[ask(it, "q").key].text == "answer to q"
                request = ask(it, "another")
                with pytest.raises(InputError, match="readonly"):
                    it._store.record([(request, decide(request, Reply(text="x")))], stage="x")
            assert len(server.bodies) == 1


def test_a_store_of_the_version_before_is_brought_up_to_date(tmp_path, store):
    """Calls of which nobody said what they used counted as average ones, or as nothing where there were none."""
    with sqlite3.connect(store.path) as connection:
        for table in ("air", "leases", "spend_elsewhere"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DROP INDEX failures_key")
        for table, column in (
            ("spend", "guessed_input"), ("spend", "guessed_output"), ("batches", "tokens"),
            ("answers", "extra"), ("superseded", "extra"), ("answers", "origin"), ("superseded", "origin"),
            ("answers", "digest"), ("superseded", "digest"), ("batches", "provider"),
        ):  # fmt: skip
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute(
            "INSERT INTO spend VALUES ('s', 'p', 'u', 'm', '2026-11-01', 0, 10, 2, 800, 0, 81)"
        )
        connection.execute("INSERT INTO spend VALUES ('s', 'p', 'u', 'n', '2026-11-01', 0, 3, 3, 0, 0, 0)")
        connection.execute("PRAGMA user_version = 4")
    connection.close()
    with closing(Store(store.path)) as newer:
        m, n = newer.spend()
    assert (m.guessed_input, m.guessed_output) == (200, 21)
    assert (n.guessed_input, n.guessed_output) == (0, 3 * 2048)

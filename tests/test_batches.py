"""Batches: many requests at once, half the price, an answer another day, and none paid for twice."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal

import pytest
from msgspec import structs
from services.batches import BatchServer, Plan
from services.runs import VERDICT, ask, chat_model, run_params

from pipeline.core.errors import BudgetError, CredentialsError, ParamsError, PendingError, ProviderError
from pipeline.engine import Engine, batches
from pipeline.engine.batches import Batches, Collected, queue
from pipeline.engine.providers import PROVIDERS
from pipeline.engine.response import Usage
from pipeline.engine.store import Store
from pipeline.engine.wire.batch import files


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


def engine(tmp_path, server, *, above=10, model=None, **responses):
    responses = {"batch_poll": 0.01, "batch_wait": True, **responses}
    entry = chat_model(server.base_url, batch_above=above, **(model or {}))
    return Engine(run_params(tmp_path, {"m": entry}, **responses), "judge")


def texts(answers):
    return sorted(response.text for response in answers.values())


def questions(it, count, **options):
    return [ask(it, f"q{n}", **options) for n in range(count)]


def spend(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    rows = {row.batch: row for row in store.spend()}
    store.close()
    return rows


class LimitedQueue(BatchServer):
    """Fails batches with which more than so many tokens would wait; a token is four bytes of a question."""

    def __init__(self, most):
        super().__init__()
        self.most, self.failed = most, 0

    def _finish(self, batch, plan):
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].split(b"\n") if line]
        if sum(len(line["body"]["messages"][0]["content"]) for line in lines) / 4 > self.most:
            self.failed += 1
            plan.ends = "failed"
            message = f"Enqueued token limit reached for gpt-test in o. Limit: {self.most} enqueued tokens."
            plan.errors = [{"code": "token_limit_exceeded", "message": message}]
        super()._finish(batch, plan)


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        (
            "Enqueued token limit reached for m in organization o. Limit: 2,000,000 enqueued tokens. Please",
            2e6,
        ),
        (
            "The number of enqueued tokens has surpassed the configured limit of 30K for the deployment",
            30_000,
        ),
        ("Enqueued request limit reached. Limit: 1,000,000 enqueued requests.", None),
        ("too much", None),
    ],
)
def test_the_limit_in_a_message(message, tokens):
    assert queue.limit_told(message) == tokens


def test_more_than_the_threshold_go_as_one_batch(tmp_path):
    with BatchServer() as server, engine(tmp_path, server) as it:
        asked = questions(it, 50)
        answers = it.answer(asked)
        assert [answers[request.key].text for request in asked] == [f"answer to q{n}" for n in range(50)]
        assert len(it.transcript()) == 50
        assert (server.chats, len(server.batches), len(server.answered)) == (0, 1, 50)
        first = json.loads(server.uploads[0].split(b"\n")[0])
        assert first == {
            "custom_id": asked[0].key,
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": "gpt-test",
                "messages": [{"role": "user", "content": "q0"}],
                "temperature": 0.0,
                "max_tokens": 2048,
            },
        }
    rows = spend(tmp_path)
    assert set(rows) == {True}
    assert (rows[True].calls, rows[True].input_tokens) == (50, 50 * 11)


def test_no_more_than_the_threshold_are_asked_one_by_one(tmp_path):
    with BatchServer() as server, engine(tmp_path, server, above=10) as it:
        assert len(it.answer(questions(it, 10))) == 10
        assert (server.chats, len(server.batches)) == (10, 0)


def test_recorded_answers_do_not_count_and_nothing_is_asked_twice(tmp_path):
    with BatchServer() as server:
        for count, total in ((20, 20), (20, 20), (25, 20), (60, 55)):
            with engine(tmp_path, server) as it:
                assert len(it.answer(questions(it, count))) == count
            assert len(server.answered) == total
        assert server.chats == 5


def test_twins_are_asked_once_and_answered_to_all(tmp_path):
    with BatchServer() as server, engine(tmp_path, server) as it:
        asked = [*questions(it, 20), *questions(it, 20)]
        assert sorted(response.text for _, response in it.stream(asked)) == sorted(
            [f"answer to q{n}" for n in range(20)] * 2
        )
        assert len(server.answered) == 20


def test_other_models_are_asked_meanwhile(tmp_path):
    with BatchServer() as server:
        models = {
            "m": chat_model(server.base_url, batch_above=10),
            "n": chat_model(server.base_url, model="n"),
        }
        with Engine(run_params(tmp_path, models, batch_poll=0.01), "judge") as it:
            answers = it.answer([*questions(it, 20), *questions(it, 5, model="n")])
        assert len(answers) == 25
        assert (server.chats, len(server.answered)) == (5, 20)


def limited(monkeypatch, **limits):
    """As if OpenAI took smaller batches."""
    kind = structs.replace(PROVIDERS.entry("openai").batches, **limits)
    monkeypatch.setattr(batches, "_kind", lambda endpoint: kind)


@pytest.mark.parametrize(("limit", "value"), [("most_requests", 8), ("most_bytes", 2000)])
def test_a_batch_is_split_at_its_limits(tmp_path, monkeypatch, limit, value):
    limited(monkeypatch, **{limit: value})
    with BatchServer() as server, engine(tmp_path, server) as it:
        assert texts(it.answer(questions(it, 30))) == sorted(f"answer to q{n}" for n in range(30))
    sizes = [(content.count(b"\n"), len(content)) for content in server.uploads]
    assert sum(count for count, _ in sizes) == 30
    assert len(sizes) > 3
    assert all(count <= 8 if limit == "most_requests" else size <= 2000 for count, size in sizes)


def test_answers_are_judged_as_any_other(tmp_path):
    said = {
        "ok": '{"vote": "yes"}',
        "refused": {"refusal": "I will not."},
        "truncated": {"text": '{"vo', "finish_reason": "length"},
        "blocked_by_provider": (400, {"code": "content_filter", "message": "filtered"}),
        "invalid": '{"vote": "perhaps"}',
        "failed": (400, {"code": "bad", "message": "no such parameter"}),
    }
    with (
        BatchServer(lambda body, n: said[body["messages"][0]["content"][:-5]]) as server,
        engine(tmp_path, server, above=2) as it,
    ):
        asked = {status: ask(it, f"{status} json", schema=VERDICT) for status in said}
        answers = it.answer(asked.values())
        assert {status: answers[request.key].status for status, request in asked.items()} == {
            status: status for status in said
        }
        assert answers[asked["failed"].key].error == "HTTP 400: no such parameter"
        assert len(server.batches) == 1


def test_line_separators_in_an_answer_are_text(tmp_path):
    with BatchServer(lambda body, n: "one\u2028two\u0085three") as server, engine(tmp_path, server) as it:
        assert set(texts(it.answer(questions(it, 12)))) == {"one\u2028two\u0085three"}


class TestBadDays:
    @pytest.mark.parametrize("ends", ["expired", "cancelled", "completed"])
    def test_what_a_batch_left_goes_into_the_next(self, tmp_path, ends):
        with (
            BatchServer(None, Plan(ends=ends, answered=20)) as server,
            engine(tmp_path, server) as it,
        ):
            assert len(it.answer(questions(it, 50))) == 50
            assert Counter(len(upload.splitlines()) for upload in server.uploads) == {50: 1, 30: 1}
            assert len(server.answered) == 50

    def test_the_last_few_are_asked_one_by_one(self, tmp_path):
        with (
            BatchServer(None, Plan(ends="expired", answered=45)) as server,
            engine(tmp_path, server) as it,
        ):
            assert texts(it.answer(questions(it, 50))) == sorted(f"answer to q{n}" for n in range(50))
            assert (len(server.batches), server.chats) == (1, 5)

    def test_requests_that_no_file_mentions_are_asked_again(self, tmp_path):
        silent = set()

        def script(body, n):
            text = body["messages"][0]["content"]
            if text in ("q3", "q7") and text not in silent:
                return silent.add(text)
            return "fine"

        with BatchServer(script) as server, engine(tmp_path, server) as it:
            assert set(texts(it.answer(questions(it, 30)))) == {"fine"}

    def test_a_failed_batch_is_sent_again_but_not_for_ever(self, tmp_path):
        plans = [Plan(ends="failed", errors=[{"code": "x", "message": "line 1 is odd"}]) for _ in range(9)]
        with BatchServer(None, *plans) as server, engine(tmp_path, server, max_failed=0) as it:
            with pytest.raises(ProviderError, match=r"20 requests got no answer.*line 1 is odd"):
                it.answer(questions(it, 20))
            assert len(server.batches) == 3
        assert spend(tmp_path) == {}

    def test_too_many_requests_in_line_go_when_others_are_done(self, tmp_path, monkeypatch):
        limited(monkeypatch, most_requests=20)
        full = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}
        plans = [Plan(), Plan(ends="failed", errors=[full]), Plan(ends="failed", errors=[full])] * 2
        with BatchServer(None, *plans) as server, engine(tmp_path, server) as it:
            assert len(it.answer(questions(it, 60))) == 60
            assert len(server.answered) + server.chats == 60

    def test_batches_are_as_large_as_the_limit_that_is_told_allows(self, tmp_path):
        """A provider that lets 100 tokens wait: the first batch is too much, and no other one is."""
        with LimitedQueue(100) as server, engine(tmp_path, server, above=2) as it:
            assert len(it.answer(questions(it, 300))) == 300
            assert server.failed == 1
            assert len(server.batches) >= 4
            assert len(server.answered) + server.chats == 300
            # Another run knows it from the start.
            assert len(it.answer([ask(it, f"another {n}") for n in range(300)])) == 300
            assert server.failed == 1

    def test_a_queue_that_others_fill_is_waited_for(self, tmp_path):
        full = {
            "code": "token_limit_exceeded",
            "message": "Enqueued token limit reached. Limit: 9,000,000 tokens",
        }
        plans = [Plan(ends="failed", errors=[full]) for _ in range(5)]
        with BatchServer(None, *plans) as server, engine(tmp_path, server) as it:
            started = time.monotonic()
            assert len(it.answer(questions(it, 200))) == 200
            # Doubling from 0.01 seconds.
            assert time.monotonic() - started > 0.01 + 0.02 + 0.04 + 0.08 + 0.16

    def test_a_refused_start_for_the_same_reason(self, tmp_path):
        full = (
            429,
            {"code": "token_limit_exceeded", "message": "Enqueued token limit reached for gpt-test."},
        )
        with (
            BatchServer(None, Plan(refused=full), Plan(refused=full)) as server,
            engine(tmp_path, server) as it,
        ):
            assert len(it.answer(questions(it, 200))) == 200

    def test_results_under_names_that_are_not_ours_are_left_alone(self, tmp_path):
        with BatchServer() as server, engine(tmp_path, server) as it:
            finish = server._finish

            def with_strangers(batch, plan):
                finish(batch, plan)
                output = server.files[batch["output_file_id"]]
                for name in ('"request-1"', '"' + "f" * 64 + '"', '"é"', "7", "null"):
                    output += b'\n{"custom_id": %s, "response": {"status_code": 200}}' % name.encode()
                server.files[batch["output_file_id"]] = output

            server._finish = with_strangers
            assert len(it.answer(questions(it, 20))) == 20

    def test_a_start_whose_answer_is_lost_is_not_a_second_batch(self, tmp_path):
        with BatchServer(None, Plan(lost=True)) as server, engine(tmp_path, server) as it:
            assert len(it.answer(questions(it, 20))) == 20
            assert len(server.batches) == 1

    def test_a_start_that_never_happened_is_made_again(self, tmp_path, monkeypatch):
        monkeypatch.setattr(batches, "UNCLEAR_SECONDS", 0.05)
        with (
            BatchServer(None, Plan(refused=(500, {"message": "oops"}))) as server,
            engine(tmp_path, server) as it,
        ):
            assert len(it.answer(questions(it, 20))) == 20
            assert len(server.batches) == 1

    def test_a_refused_batch_stops_its_model_only(self, tmp_path):
        refusal = (400, {"message": "too many batches", "code": "limit"})
        with BatchServer(None, Plan(refused=refusal)) as server:
            models = {
                "m": chat_model(server.base_url, batch_above=10),
                "n": chat_model(server.base_url, model="n"),
            }
            with Engine(run_params(tmp_path, models), "judge") as it:
                answered = []
                with pytest.raises(
                    ProviderError, match="too many batches; 20 requests stay without an answer"
                ):
                    answered.extend(it.stream([*questions(it, 20), *questions(it, 5, model="n")]))
            assert server.chats == 5
            assert not Batches(Store(tmp_path / "store.sqlite"), it._settings).ledger.open()

    def test_a_key_that_is_missing_or_refused(self, tmp_path, monkeypatch):
        with (
            BatchServer(None, Plan(refused=(401, {"message": "who are you, sk-test?"}))) as server,
            engine(tmp_path, server) as it,
        ):
            with pytest.raises(CredentialsError, match="refused the key in OPENAI_API_KEY"):
                it.answer(questions(it, 20))
            monkeypatch.delenv("OPENAI_API_KEY")
        with (
            engine(tmp_path, server) as it,
            pytest.raises(CredentialsError, match="OPENAI_API_KEY is not set"),
        ):
            it.answer(questions(it, 20))

    def test_results_that_cannot_be_read_are_not_paid_for_again(self, tmp_path):
        with BatchServer(None, Plan(garbled=3)) as server:
            for _ in range(2):
                with (
                    engine(tmp_path, server) as it,
                    pytest.raises(ProviderError, match=r"3 lines of the results (.|\n)*--forget 1"),
                ):
                    it.answer(questions(it, 20))
            assert len(server.batches) == 1
            store = Store(tmp_path / "store.sqlite")
            out = Batches(store, it._settings)
            out.forget(out.ledger.open()[0])
            store.close()
            with engine(tmp_path, server) as it:
                assert len(it.answer(questions(it, 20))) == 20
            assert server.chats == 3

    def test_one_that_cannot_be_collected_stops_also_a_renamed_model(self, tmp_path):
        with BatchServer(None, Plan(garbled=3)) as server:
            with engine(tmp_path, server, batch_wait=False) as it, pytest.raises(PendingError):
                it.answer(questions(it, 20))
            renamed = {"new": chat_model(server.base_url, batch_above=10)}
            with (
                Engine(run_params(tmp_path, renamed, batch_poll=0.01), "judge") as it,
                pytest.raises(ProviderError, match="3 requests stay without an answer"),
            ):
                it.answer(questions(it, 20, model="new"))

    def test_one_that_cannot_be_collected_does_not_keep_others(self, tmp_path):
        with BatchServer(None, Plan(garbled=3)) as server:
            models = {
                "m": chat_model(server.base_url, batch_above=10),
                "n": chat_model(server.base_url, model="n", batch_above=10),
            }
            with Engine(run_params(tmp_path, models, batch_poll=0.01), "judge") as it:
                answered = []
                with pytest.raises(ProviderError, match="cannot be read; 3 requests stay without an answer"):
                    answered.extend(it.stream([*questions(it, 20), *questions(it, 20, model="n")]))
            assert len(server.batches) == 2
            store = Store(tmp_path / "store.sqlite")
            assert sum(row.calls for row in store.spend()) == 37
            store.close()

    def test_a_server_that_is_down_for_a_while_is_waited_for(self, tmp_path):
        with BatchServer(None, Plan(looks=3)) as server:
            look, down = server._look, iter([True, True, False, False, False])

            def sometimes(batch):
                if next(down):
                    raise RuntimeError("down")
                return look(batch)

            server._look = sometimes
            with engine(tmp_path, server) as it:
                assert len(it.answer(questions(it, 20))) == 20


class TestAnotherDay:
    def test_a_stage_that_does_not_wait_says_when_to_come_back(self, tmp_path):
        with BatchServer() as server:
            come_back = r"20 requests are out in 1 batches.* due by 20\d\d-"
            with (
                engine(tmp_path, server, batch_wait=False) as it,
                pytest.raises(PendingError, match=come_back),
            ):
                it.answer(questions(it, 20))
            with engine(tmp_path, server, batch_wait=False) as it:
                assert len(it.answer(questions(it, 20))) == 20
            assert (len(server.batches), len(server.answered), server.chats) == (1, 20, 0)
        assert spend(tmp_path)[True].calls == 20

    def test_what_is_there_is_handed_out_and_the_rest_stays_out(self, tmp_path):
        with BatchServer() as server:
            server.held = True
            with engine(tmp_path, server, batch_wait=False) as it, pytest.raises(PendingError):
                it.answer(questions(it, 20))
            with engine(tmp_path, server, batch_wait=False) as it:
                got = []
                with pytest.raises(PendingError):
                    got.extend(it.stream(questions(it, 25)))
                assert server.chats == 5
            server.held = False
            with engine(tmp_path, server, batch_wait=False) as it:
                assert len(it.answer(questions(it, 25))) == 25
            assert (len(server.batches), server.chats) == (1, 5)

    def test_a_batch_is_collected_also_when_params_no_longer_want_batches(self, tmp_path):
        with BatchServer() as server:
            with engine(tmp_path, server, batch_wait=False) as it, pytest.raises(PendingError):
                it.answer(questions(it, 20))
            with engine(tmp_path, server, above=None) as it:
                assert len(it.answer(questions(it, 22))) == 22
            assert (len(server.answered), server.chats) == (20, 2)

    def test_an_expired_batch_is_sent_again_on_the_next_day(self, tmp_path):
        with BatchServer(None, Plan(ends="expired", answered=5)) as server:
            for _ in range(2):
                with engine(tmp_path, server, batch_wait=False) as it, pytest.raises(PendingError):
                    it.answer(questions(it, 20))
            with engine(tmp_path, server, batch_wait=False) as it:
                assert len(it.answer(questions(it, 20))) == 20
            assert (len(server.batches), len(server.answered)) == (2, 20)

    def test_collecting_twice_counts_once(self, tmp_path):
        with BatchServer() as server:
            with engine(tmp_path, server, batch_wait=False) as it, pytest.raises(PendingError):
                it.answer(questions(it, 20))
            stores = [Store(tmp_path / "store.sqlite") for _ in range(2)]
            both = [Batches(store, it._settings) for store in stores]
            seen = [each.ledger.open()[0] for each in both]
            for each, batch in zip(both, seen, strict=True):
                each.collect(batch, Collected())
                # As by a process that was killed before it wrote that the batch has ended.
                with stores[0].transaction() as connection:
                    connection.execute("UPDATE batches SET ended_at = NULL")
            for store in stores:
                store.close()
        assert spend(tmp_path)[True].calls == 20


STAGE = """
import sys
sys.path[:0] = {path!r}
from services.runs import ask, chat_model, run_params
from pathlib import Path
from pipeline.engine import Engine, batches
import openai  # the SDK takes longest
batches.UNCLEAR_SECONDS, batches.CHUNK = 0.2, 10
model = chat_model({url!r}, batch_above=10)
with Engine(run_params(Path({folder!r}), {{"m": model}}, batch_poll=0.02), "judge") as engine:
    print("ready", flush=True)
    assert len(engine.answer([ask(engine, f"q{{n}}") for n in range(400)])) == 400
"""


@pytest.mark.slow
def test_kill_9_at_any_moment_pays_for_nothing_twice(tmp_path):
    dice, kills = random.Random(7), 0
    with BatchServer(None, Plan(looks=4, answered=200, ends="expired"), Plan(looks=4)) as server:
        script = STAGE.format(path=sys.path, folder=str(tmp_path), url=server.base_url)
        while True:
            child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
            child.stdout.readline()
            try:
                assert child.wait(dice.uniform(0, 0.15) if kills < 10 else 30) == 0
                break
            except subprocess.TimeoutExpired:
                kills += 1
                child.kill()
                child.wait()
        assert kills > 2
        assert len(server.answered) == 400
        assert server.chats == 0
    assert spend(tmp_path)[True].calls == 400


def test_a_process_that_died_while_it_uploaded_left_nothing_behind(tmp_path, monkeypatch):
    class Death(BaseException):
        pass

    def die(*_):
        raise Death

    with BatchServer() as server:
        with monkeypatch.context() as dying, engine(tmp_path, server) as it:
            dying.setattr(files.FileBatches, "upload", die)
            with pytest.raises(Death):
                it.answer(questions(it, 20))
        with engine(tmp_path, server) as it:
            assert len(it.answer(questions(it, 20))) == 20
        assert len(server.answered) == 20


class TestMoney:
    @pytest.fixture(autouse=True)
    def _prices(self, monkeypatch):
        class Price:
            def cost(self, input_tokens, cached_tokens, output_tokens, batch=False):
                return Decimal(output_tokens) / 1000 / (2 if batch else 1)

        from pipeline.engine import prices

        monkeypatch.setattr(prices, "price_of", lambda provider, model: Price())

    def test_no_more_is_submitted_than_the_budget_allows(self, tmp_path):
        model = {"max_tokens": 100}  # 5 cents a request
        with BatchServer() as server, engine(tmp_path, server, model=model, budget_usd="1.00") as it:
            with pytest.raises(BudgetError, match="30 requests stay without an answer"):
                it.answer(questions(it, 50))
            assert len(server.answered) == 20

    def test_what_is_out_is_set_aside(self, tmp_path):
        little = {"model": {"max_tokens": 100}, "budget_usd": "1.00", "batch_wait": False}
        with BatchServer() as server:
            server.held = True
            with engine(tmp_path, server, **little) as it, pytest.raises(BudgetError):
                it.answer(questions(it, 50))
            aside = r"1\.00 USD are set aside for batches"
            with (
                engine(tmp_path, server, above=None, **little) as it,
                pytest.raises(BudgetError, match=aside),
            ):
                it.answer(questions(it, 60))
            assert server.chats == 0


def test_batches_need_a_provider_that_has_them(tmp_path):
    params = run_params(tmp_path, {"m": {"provider": "volcengine", "model": "doubao", "batch_above": 1}})
    with pytest.raises(ParamsError, match=r"batch_above needs a provider with batches: .*anthropic"):
        Engine(params, "judge")


def test_llmock_agrees(tmp_path, llmock, monkeypatch):
    from llmock.routers import batch

    monkeypatch.setattr(batch, "_BATCH_DELAY", 0.05)
    model = chat_model(llmock.base_url(), batch_above=10)
    params = run_params(tmp_path, {"m": model}, batch_poll=0.05, retries=2)
    with Engine(params, "judge") as it:
        answers = it.answer(questions(it, 30))
    assert {response.status for response in answers.values()} == {"ok"}
    assert all(response.usage != Usage() for response in answers.values())
    llmock.assert_resilient(strict=True)

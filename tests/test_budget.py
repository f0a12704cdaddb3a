"""Money: a cap that holds, spend that is exact, and prices that are said when they are not known."""

import sqlite3
from decimal import Decimal

import pytest
from services.chat import ChatServer
from services.runs import ask, chat_model, example_request, run_params

from pipeline.core.errors import BudgetError
from pipeline.engine import Engine
from pipeline.engine.budget import Budget, bill, dollars
from pipeline.engine.calls import Call
from pipeline.engine.lane import Lane
from pipeline.engine.prices import price_of
from pipeline.engine.register import BROKE, GRANTED, Register
from pipeline.engine.response import Reply, Usage, decide, failure
from pipeline.engine.spend import Spend
from pipeline.engine.store import Store
from pipeline.engine.wire import retry
from pipeline.params.models import Limits

MODEL = "gpt-4o-2024-08-06"
# What the stand-in bills for every call: 11 tokens in, 3 of them cached, 7 out.
CALL = price_of("openai", MODEL).cost(11, 3, 7)


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)


def paid(tmp_path, server, budget=None, model=MODEL, **responses):
    params = run_params(
        tmp_path, {"m": chat_model(server.base_url, model=model)}, budget_usd=budget, **responses
    )
    return Engine(params, "judge")


def spend(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    rows = store.spend()
    store.close()
    return rows


class TestTheCap:
    @pytest.mark.parametrize("width", [1, 64, 512])
    def test_it_is_passed_by_no_more_than_what_is_in_the_air(self, tmp_path, width):
        affordable = 300 if width == 1 else 700
        with (
            ChatServer(latency=0.002 if width == 1 else 0.02) as server,
            paid(tmp_path, server, CALL * affordable, concurrency=width) as engine,
        ):
            requests = [ask(engine, f"q{n}") for n in range(3000)]
            with pytest.raises(BudgetError) as caught:
                engine.answer(requests)
        assert affordable <= len(server.bodies) <= affordable + width
        spent = bill(spend(tmp_path)).amount
        assert spent == CALL * len(server.bodies)
        missing = 3000 - len(server.bodies)
        assert f"{dollars(spent)} is spent" in str(caught.value)
        assert f"{missing:,} requests stay without an answer" in str(caught.value)
        assert "responses.budget_usd" in str(caught.value)

    def test_what_is_expected_of_calls_in_the_air_counts(self, tmp_path):
        """Once answers have shown what a call costs, the cap is met, not only not missed by much."""
        with (
            ChatServer(latency=0.01) as server,
            paid(tmp_path, server, CALL * 500, concurrency=64) as engine,
            pytest.raises(BudgetError),
        ):
            engine.answer([ask(engine, f"q{n}") for n in range(1000)])
        assert 500 <= len(server.bodies) <= 505

    def test_recorded_answers_are_handed_out_whatever_is_spent(self, tmp_path):
        with ChatServer() as server:
            with paid(tmp_path, server) as engine:
                engine.answer([ask(engine, f"q{n}") for n in range(20)])
            with paid(tmp_path, server, CALL) as engine:
                assert len(engine.answer([ask(engine, f"q{n}") for n in range(20)])) == 20
                with pytest.raises(BudgetError, match="1 requests stay"):
                    engine.answer([ask(engine, "new")])
        assert len(server.bodies) == 20

    def test_it_holds_for_all_stages_and_runs_together(self, tmp_path):
        with ChatServer() as server:
            for stage in ("judge", "generate"):
                params = run_params(
                    tmp_path,
                    {"m": chat_model(server.base_url, model=MODEL)},
                    budget_usd=CALL * 30,
                    concurrency=1,
                )
                with Engine(params, stage) as engine:
                    requests = [ask(engine, f"{stage} {n}") for n in range(20)]
                    if stage == "judge":
                        engine.answer(requests)
                    else:
                        with pytest.raises(BudgetError, match="10 requests stay"):
                            engine.answer(requests)
        assert len(server.bodies) == 30
        assert {row.stage: row.calls for row in spend(tmp_path)} == {"judge": 20, "generate": 10}

    def test_calls_that_failed_or_broke_count_as_what_they_may_have_cost(self, tmp_path):
        """Two broken connections: the server may have done the work, and nobody can say. They count as the most that
        they may have used, and an error that was answered counts as nothing."""

        def script(body, n):
            return {3: None, 5: None, 7: (500, {"message": "oops"})}.get(n, "fine")

        with (
            ChatServer(script) as server,
            paid(tmp_path, server, CALL * 20, concurrency=1, retries=2) as engine,
            pytest.raises(BudgetError),
        ):
            engine.answer([ask(engine, f"q{n}") for n in range(50)])
        (row,) = spend(tmp_path)
        metered = row.calls - row.unmetered
        assert row.unmetered == 2
        assert (row.input_tokens, row.cached_tokens, row.output_tokens) == (
            metered * 11,
            metered * 3,
            metered * 7,
        )
        assert (row.guessed_input > 2 * 11, row.guessed_output) == (True, 2 * 14)
        assert CALL * 20 <= bill([row]).amount < CALL * 21
        assert len(server.bodies) == row.calls + 1

    def test_refused_and_invalid_answers_are_paid_for(self, tmp_path):
        with (
            ChatServer(lambda body, n: {"refusal": "no"} if n % 2 else {"text": ""}) as server,
            paid(tmp_path, server, CALL * 4, concurrency=1) as engine,
            pytest.raises(BudgetError),
        ):
            engine.answer([ask(engine, f"q{n}") for n in range(9)])
        assert len(server.bodies) == 4

    def test_an_unknown_price_is_said_before_any_call(self, tmp_path):
        with ChatServer() as server:
            models = {"known": MODEL, "m": "nobody-knows-what-it-costs"}
            models = {name: chat_model(server.base_url, model=model) for name, model in models.items()}
            with Engine(run_params(tmp_path, models, budget_usd=5), "judge") as engine:
                requests = [ask(engine, "q", model=name) for name in models]
                with pytest.raises(BudgetError, match="price of nobody-knows-what-it-costs is not known"):
                    engine.answer(requests)
            assert server.bodies == []

    def test_an_unknown_price_is_no_matter_where_nothing_is_asked(self, tmp_path):
        with ChatServer() as server:
            with paid(tmp_path, server, model="free") as engine:
                engine.answer([ask(engine, "q")])
            with paid(tmp_path, server, "0.01", model="free") as engine:
                assert engine.answer([ask(engine, "q")])


class TestSpend:
    def test_progress_says_it(self, tmp_path, capfd):
        with ChatServer() as server:
            with paid(tmp_path, server) as engine:
                engine.answer([ask(engine, f"q{n}") for n in range(30)])
            assert f"ok 30; {dollars(30 * CALL)}\n" in capfd.readouterr().err
            with paid(tmp_path, server, "5") as engine:
                engine.answer([ask(engine, f"q{n}") for n in range(40)])
            assert (
                f"ok 40; {dollars(10 * CALL)}, {dollars(40 * CALL)} of 5.00 USD in all"
                in capfd.readouterr().err
            )
            with paid(tmp_path, server, model="unheard-of") as engine:
                engine.answer([ask(engine, f"q{n}") for n in range(5)])
            assert "ok 5; the unknown price of unheard-of\n" in capfd.readouterr().err

    def test_progress_tells_models_apart(self, tmp_path, capfd):
        with ChatServer(lambda body, n: {"refusal": "no"} if body["model"] == "two" else "fine") as server:
            models = {name: chat_model(server.base_url, model=name) for name in ("one", "two")}
            with Engine(run_params(tmp_path, models), "judge") as engine:
                engine.answer([ask(engine, f"q{n}", model=name) for n in range(5) for name in models])
        line = capfd.readouterr().err.splitlines()[-1]
        assert line.startswith("judge: 10 responses in ")
        assert line.endswith("; ok 5, refused 5; one 5, two 5; the unknown price of one, two")

    def test_sums_by_stage_model_day_and_batch(self, tmp_path):
        store = Store(tmp_path / "store.sqlite")

        def answer(n, model="a"):
            request = example_request(model=model, subject=str(n), repeat=n)
            return request, decide(
                request, Reply(text="true", input_tokens=10, cached_tokens=4, output_tokens=2)
            )

        store.record([answer(1), answer(2), answer(3, "b")], stage="judge")
        store.record(
            [answer(4)], stage="judge", lost=[(answer(5)[0], Usage()), (answer(6)[0], Usage(7, 0, 1))]
        )
        with store.transaction() as connection:
            store.add(connection, [answer(7)], stage="judge", batch=True)
        failed = answer(8)[0]
        store.record([(failed, failure(failed, "HTTP 500", 2))], stage="judge")
        rows = {(row.model, row.batch): row for row in store.spend()}
        assert rows.keys() == {("a", False), ("b", False), ("a", True)}
        a = rows["a", False]
        assert (a.calls, a.unmetered, a.input_tokens, a.cached_tokens, a.output_tokens) == (5, 1, 37, 12, 7)
        assert (rows["b", False].calls, rows["a", True].calls) == (1, 1)
        store.close()

    def test_an_answer_that_came_second_was_paid_for_as_well(self, tmp_path):
        store = Store(tmp_path / "store.sqlite")
        request = example_request()
        for _ in range(2):
            store.record(
                [(request, decide(request, Reply(text="true", input_tokens=1, output_tokens=1)))], stage="s"
            )
        assert [row.calls for row in store.spend()] == [2]
        store.close()

    def test_a_store_of_the_first_version_gets_its_sums(self, tmp_path):
        store = Store(tmp_path / "store.sqlite")
        request = example_request()
        reply = Reply(text="true", input_tokens=10, cached_tokens=4, output_tokens=2)
        store.record([(request, decide(request, reply))], stage="judge")
        before = store.spend()
        store.close()
        with sqlite3.connect(store.path) as connection:
            tables = {
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            for table in tables - {"answers", "failures", "notes"}:
                connection.execute(f"DROP TABLE {table}")
            connection.execute("DROP INDEX failures_key")
            for column in ("extra", "origin", "digest"):
                connection.execute(f"ALTER TABLE answers DROP COLUMN {column}")
            connection.execute("PRAGMA user_version = 1")
        store = Store(store.path)
        assert store.spend() == before
        assert store.find([request.key])
        store.close()

    def test_a_bill(self):
        row = Spend("judge", "openai", "u", MODEL, "2026-11-21", False, 10, 0, 1000, 200, 500)
        price = price_of("openai", MODEL)
        assert bill([row]).amount == price.cost(1000, 200, 500)
        batch = Spend("judge", "openai", "u", MODEL, "2026-11-21", True, 10, 5, 1000, 0, 500, 70, 30)
        assert bill([batch]).amount == price.cost(1070, 0, 530, batch=True)
        blind = Spend("judge", "openai", "u", MODEL, "2026-11-21", False, 2, 2, 0, 0, 0, 9, 200)
        assert bill([blind]).amount == price.cost(9, 0, 200)
        unknown = Spend("judge", "openai", "u", "new-model", "2026-11-21", False, 2, 0, 5, 0, 5)
        assert bill([row, unknown]).unpriced == {"new-model"}
        assert "the unknown price of new-model" in str(bill([row, unknown]))


def test_what_is_set_aside_is_given_back(tmp_path):
    """By calls in the air, of this process and of others."""
    store = Store(tmp_path / "store.sqlite")
    budget = Budget(Decimal("0.01"), store)
    others = Register(store, "judge", Budget(None, store))
    call = Call(example_request(model=MODEL), Lane("m", Limits(), 8, 3))
    call.most = Usage(0, 0, 1000)
    assert others.settle([], [call]).verdicts == [GRANTED]
    register = Register(store, "judge", budget)
    another = Call(example_request(model=MODEL, repeat=1), call.lane)
    another.most = Usage(0, 0, 1)
    assert register.settle([], [another]).verdicts == [BROKE]
    assert not budget.is_spent
    others.settle([call], [])
    assert register.settle([], [another]).verdicts == [GRANTED]
    store.close()

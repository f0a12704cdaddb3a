"""Clones that asked apart are joined without loss: answers, failures, money, what was set aside, batches."""

import datetime as dt
import io
import os
import shutil
from contextlib import closing
from decimal import Decimal

import pytest
from services.chat import ChatServer
from services.folder import valact, write_params
from services.runs import ask, chat_model, run_params

from pipeline.core.errors import BudgetError, InputError, PendingError
from pipeline.engine import Engine, identity, transcripts
from pipeline.engine.batches.ledger import Ledger
from pipeline.engine.budget import Budget, bill
from pipeline.engine.calls import Call
from pipeline.engine.lane import Lane
from pipeline.engine.prices import price_of
from pipeline.engine.register import Register
from pipeline.engine.response import Usage
from pipeline.engine.store import Store
from pipeline.params.models import Limits
from pipeline.responses import records
from pipeline.responses.merge import merge

MODEL = "gpt-4o-2024-08-06"
CALL = price_of("openai", MODEL).cost(11, 3, 7)
QUESTIONS = [f"q{n}" for n in range(10)]


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


@pytest.fixture
def server():
    with ChatServer() as server:
        yield server


class Clone:
    """A clone of the project, in a folder of its own."""

    def __init__(self, folder, server, **responses):
        folder.mkdir(exist_ok=True)
        self.folder, self.server = folder, server
        self.params = run_params(folder, {"m": chat_model(server.base_url, model=MODEL)}, **responses)
        self.file = folder / "store.sqlite"

    def ask(self, *questions, **responses):
        """The texts of the answers, how many calls they took, and the table of the transcript."""
        params = Clone(self.folder, self.server, **responses).params if responses else self.params
        before = len(self.server.bodies)
        with Engine(params, "judge") as engine:
            requests = [ask(engine, question) for question in questions]
            answers = engine.answer(requests)
            texts = [answers[request.key].text for request in requests]
            return texts, len(self.server.bodies) - before, engine.transcript()

    @property
    def store(self):
        return closing(Store(self.file))

    def take(self, other, **options):
        with self.store as store:
            return merge(other.file, store, **options)

    def spent(self):
        with self.store as store:
            return bill(store.spend()).amount


@pytest.fixture
def clones(tmp_path, server):
    return [Clone(tmp_path / name, server) for name in "abc"]


def test_two_clones_that_asked_halves_are_one_that_asked_all(clones, server):
    one, other, empty = clones
    one.ask(*QUESTIONS[:5])
    other.ask(*QUESTIONS[5:])
    done = one.take(other)
    assert (done.answers, done.known) == (5, 0)
    other.take(one)
    empty.take(one)
    found = [clone.ask(*QUESTIONS, mode="replay") for clone in clones]
    assert [calls for _, calls, _ in found] == [0, 0, 0]
    assert found[0][0] == [f"answer to {question}" for question in QUESTIONS]
    files = [clone.folder / "all.parquet" for clone in clones]
    for (_, _, table), file in zip(found, files, strict=True):
        transcripts.save((), file)
        table.write_parquet(file)
    assert len({file.read_bytes() for file in files}) == 1
    assert [clone.spent() for clone in clones] == [10 * CALL] * 3
    assert len(server.bodies) == 10


def test_merging_again_in_any_order_changes_nothing(clones):
    one, other, third = clones
    one.ask(*QUESTIONS[:5])
    other.ask(*QUESTIONS[5:8])
    third.ask(*QUESTIONS[8:])
    third.take(other)
    for _ in range(2):
        for clone in clones:
            for source in clones:
                if source is not clone:
                    clone.take(source)
    again = one.take(third)
    assert (again.answers, again.set_aside, again.failures, again.batches) == (0, 0, 0, 0)
    assert again.known == 10
    assert [clone.spent() for clone in clones] == [10 * CALL] * 3


def test_what_is_spent_after_a_merge_is_added_by_the_next_one(clones):
    one, other, _ = clones
    one.ask("a")
    other.ask("b")
    one.take(other)
    other.ask("c")
    one.ask("d")
    one.take(other)
    other.take(one)
    assert one.spent() == other.spent() == 4 * CALL


def test_copies_of_a_store_count_what_each_spent_once(clones):
    one, copy, _ = clones
    one.ask(*QUESTIONS[:4])
    shutil.copyfile(one.file, copy.file)
    copy.ask(*QUESTIONS[4:7])
    one.ask(*QUESTIONS[7:])
    with one.store as a, copy.store as b:
        assert identity.of(a._writer) != identity.of(b._writer)
    assert copy.spent() == 7 * CALL
    one.take(copy)
    copy.take(one)
    assert one.spent() == copy.spent() == 10 * CALL


def test_the_budget_holds_for_what_all_have_spent(clones, server):
    one, other, _ = clones
    one.ask(*QUESTIONS[:5])
    other.ask(*QUESTIONS[5:])
    cap = str(8 * CALL)
    one.ask("before", budget_usd=cap)
    one.take(other)
    calls = len(server.bodies)
    with pytest.raises(BudgetError, match="is spent"):
        one.ask("after", budget_usd=cap)
    assert len(server.bodies) == calls


def test_different_answers_to_one_request_are_listed_and_nothing_is_merged(clones, server):
    one, other, _ = clones
    one.ask("same", "other")
    server.script = lambda body, n: f"another {body['messages'][-1]['content']}"
    other.ask("same", "new")
    with pytest.raises(InputError) as caught:
        one.take(other)
    assert "1 requests have another answer there" in caught.value.message
    assert "here 'answer to same', there 'another same'" in caught.value.message
    assert one.spent() == 2 * CALL
    assert one.take(other, keep="here").answers == 1
    assert one.ask("same", "new", mode="replay")[0] == ["answer to same", "another new"]
    assert one.take(other).set_aside == 0
    # There the other answer stands, until what was set aside here comes along.
    assert other.take(one).answers == 2
    assert other.ask("same", "new", mode="replay")[0] == ["answer to same", "another new"]
    with one.store as store:
        ((key,),) = store.rows("SELECT lower(hex(key)) FROM superseded")
        assert [old.text for old in records.superseded(store, key)] == ["another same"]
    assert one.spent() == other.spent() == 4 * CALL


def test_the_other_side_may_be_kept(clones, server):
    one, other, _ = clones
    one.ask("same")
    server.script = lambda body, n: "another"
    other.ask("same")
    assert one.take(other, keep="there").set_aside == 1
    assert one.ask("same", mode="replay")[0] == ["another"]
    assert one.take(other).set_aside == 0


def test_one_answer_recorded_twice_is_no_contradiction(clones):
    one, other, _ = clones
    first = one.ask("same")[2]
    other.ask("same")
    other.take(one)
    one.take(other)
    for clone in (one, other):
        texts, calls, table = clone.ask("same", mode="replay")
        assert (texts, calls) == (["answer to same"], 0)
        assert table["recorded_at"].to_list() == first["recorded_at"].to_list()
        assert clone.spent() == 2 * CALL


def test_what_is_set_aside_in_one_is_set_aside_in_the_other(clones, server):
    one, other, _ = clones
    one.ask("q")
    other.take(one)
    with one.store as store:
        now = round(dt.datetime.now(dt.UTC).timestamp() * 1000)
        records.supersede(store, records.Where(), 500, now)
    server.script = lambda body, n: f"longer, up to {body['max_tokens']}"
    one.ask("q")
    one.take(other)
    assert one.ask("q", mode="replay")[0] == ["longer, up to 500"], "the old answer does not come back"
    other.take(one)
    assert other.ask("q", mode="replay")[0] == ["longer, up to 500"]
    assert other.spent() == 2 * CALL


def test_failures_come_along_once(clones, server):
    one, other, _ = clones
    server.script = lambda body, n: (500, {"message": "broken"})
    other.ask("q")
    assert one.take(other).failures == 1
    assert one.take(other).failures == 0
    with one.store as store:
        assert [row.error for row in records.failures(store, records.Where(), 9)]


def endpoint_of(clone):
    with Engine(clone.params, "judge") as engine:
        return engine._endpoint("m"), [ask(engine, question) for question in QUESTIONS]


def test_a_batch_that_is_out_is_out_in_both_and_ends_in_both(clones):
    one, other, _ = clones
    endpoint, requests = endpoint_of(other)
    with other.store as store:
        ledger = Ledger(store)
        batch = ledger.prepare(endpoint, "judge", [(request, b"") for request in requests[:3]], io.BytesIO())
        batch = ledger.update(batch, remote="batch_1", state="running", reserved=Decimal("1.5"))
    assert one.take(other).batches == 1
    with one.store as store:
        here = Ledger(store)
        (open_,) = here.open()
        assert (open_.remote, open_.token) == ("batch_1", batch.token)
        assert here.out([request.key for request in requests]) == {r.key for r in requests[:3]}
        assert here.reserved() == Decimal("1.5")
        assert set(here.requests(open_, [requests[0].key])) == {requests[0].key}
    with other.store as store:
        Ledger(store).settle(batch, [], [(requests[0], Usage(5, 0, 5))], [r.key for r in requests[:3]])
        Ledger(store).end(batch)
    assert one.take(other).batches == 0
    with one.store as store:
        assert Ledger(store).open() == []
        assert Ledger(store).outcomes(Ledger(store).all()[0]) == {"returned": 3}


def test_a_request_that_is_out_in_two_batches_is_refused(clones):
    for clone in clones[:2]:
        endpoint, requests = endpoint_of(clone)
        with clone.store as store:
            Ledger(store).prepare(endpoint, "judge", [(requests[0], b"")], io.BytesIO())
    with pytest.raises(InputError, match="out in a batch there and in another one here"):
        clones[0].take(clones[1])


def in_the_air(clone):
    """A run over there with a call in the air, and its lease."""
    _, requests = endpoint_of(clone)
    store = Store(clone.file)
    register = Register(store, "judge", Budget(None, store))
    call = Call(requests[0], Lane("m", Limits(), 9, 9))
    call.most = Usage(100, 0, 50)
    register.settle([], [call])
    return register


def test_while_a_run_is_at_work_there_nothing_is_merged_and_when_it_was_killed_its_calls_count(clones):
    one, other, _ = clones
    register = in_the_air(other)
    with pytest.raises(PendingError, match="at work there, with 1 calls"):
        one.take(other)
    register._file.close()  # as the kernel does
    one.take(other)
    with one.store as store:
        (row,) = store.spend()
    assert (row.calls, row.unmetered, row.guessed_input, row.guessed_output) == (1, 1, 100, 50)


def test_a_row_that_was_changed_is_refused(clones):
    one, other, _ = clones
    other.ask("q")
    with other.store as store, store.transaction() as connection:
        connection.execute("UPDATE answers SET text = 'forged'")
    with pytest.raises(InputError, match="its digest differs"):
        one.take(other)
    with one.store as store:
        assert next(store.rows("SELECT count(*) FROM answers")) == (0,)


def test_by_command_into_an_empty_clone(clones, monkeypatch):
    one, other, empty = clones
    one.ask("q")
    other.ask("r")
    monkeypatch.chdir(empty.folder)
    write_params(empty.folder, empty.params)
    output = valact("responses", "merge", str(one.file), str(other.file)).output
    assert output.count("1 answers added, 0 were there already") == 2
    assert empty.ask("q", "r", mode="replay")[0] == ["answer to q", "answer to r"]
    assert "no store of recorded answers" in valact("responses", "merge", "nowhere", fails=True).output
    assert "the store itself" in valact("responses", "merge", "store.sqlite", fails=True).output


def test_a_transcript_is_imported_into_an_empty_clone(clones, monkeypatch):
    one, _, empty = clones
    one.ask("q")
    file = empty.folder / "all.parquet"
    with one.store as store:
        transcripts.save(records.transcript_rows(store, records.Where()), file)
    monkeypatch.chdir(empty.folder)
    write_params(empty.folder, empty.params)
    assert not empty.file.exists()
    assert "1 answers added" in valact("responses", "import", "all.parquet").output
    assert empty.ask("q", mode="replay")[0] == ["answer to q"]


def test_a_store_that_is_moved_within_a_disk_stays_itself(clones):
    one, _, _ = clones
    one.ask("q")
    with one.store as store:
        before = identity.of(store._writer)
    os.rename(one.file, one.folder / "moved.sqlite")
    with closing(Store(one.folder / "moved.sqlite")) as store:
        assert identity.of(store._writer) == before

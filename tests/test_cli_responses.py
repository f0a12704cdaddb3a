"""`valact responses`: recorded answers can be found, moved, checked, and asked anew one by one."""

import sqlite3
from contextlib import closing
from decimal import Decimal

import polars as pl
import pytest
from services.chat import ChatServer
from services.folder import valact, write_params
from services.runs import VERDICT, ask, chat_model, run_params

from pipeline.core.errors import InputError
from pipeline.engine import Engine, answer_rows
from pipeline.engine.prices import Price, price_of
from pipeline.engine.store import Store
from pipeline.responses import pages, records
from pipeline.responses.browse import browse
from pipeline.tables import Transcripts, read_table


def script(body, n):
    """Cut where a long answer does not fit, refused where the question asks for it."""
    question = body["messages"][-1]["content"]
    if question.startswith("long") and body["max_tokens"] < 100:
        return {"text": "so far", "finish_reason": "length"}
    if question.startswith("rude"):
        return {"refusal": "I would rather not."}
    return {"text": '{"vote": "yes"}' if "response_format" in body else f"answer to {question}"}


class Project:
    """A project whose models a loopback server plays; ``run`` asks what is missing."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        models = {
            "m": chat_model(server.base_url, max_tokens=50),
            "n": chat_model(server.base_url, max_tokens=50) | {"model": "gpt-other"},
        }
        self.params = run_params(folder, models)
        write_params(folder, self.params)

    def run(self, *questions, model="m", **options):
        before = len(self.server.bodies)
        with Engine(self.params, "judge") as engine:
            requests = [ask(engine, question, model, **options) for question in questions]
            answers = engine.answer(requests)
        asked = [body["messages"][-1]["content"] for body in self.server.bodies[before:]]
        return [answers[request.key] for request in requests], sorted(asked)

    @property
    def store(self):
        return closing(Store(self.params.responses.store))


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with ChatServer(script) as server:
        yield Project(tmp_path, server)


QUESTIONS = ["short", "long one", "long two", "rude"]


def test_before_any_run_the_commands_say_so(project):
    assert "there are no recorded answers yet" in valact("responses", "count", fails=True).output
    assert not (project.folder / "store.sqlite").exists()


def test_count_by_stage_model_and_status(project):
    project.run(*QUESTIONS)
    project.run("short", model="n")
    output = valact("responses", "count").output
    lines = [line.split()[:4] for line in output.splitlines()]
    assert ["judge", "gpt-test", "truncated", "2"] in lines
    assert ["judge", "gpt-other", "ok", "1"] in lines
    assert "5 answers" in output
    assert "3 answers" in valact("responses", "count", "--where", "model = gpt-test and status != ok").output


def test_list_shows_the_newest_and_says_when_there_are_more(project):
    project.run(*QUESTIONS)
    assert valact("responses", "list", "--where", "status = refused").output.count("refused") == 1
    output = valact("responses", "list", "--limit", "2").output
    assert len(output.splitlines()) == 4
    assert "and more" in output
    assert "and more" not in valact("responses", "list", "--limit", "4").output


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("state = ok", "fields: key, status"),
        ("status", "is no condition"),
        ("status = ok or model = m", "is no condition"),
        ("status = ok and", "is no condition"),
        ("status = truncatd", "statuses: ok, refused, truncated"),
        ("model = x'; DROP TABLE answers", "is no condition"),
    ],
)
def test_a_condition_that_is_none_is_a_readable_error(project, condition, said):
    project.run("short")
    assert said in valact("responses", "count", "--where", condition, fails=True).output
    assert "1 answers" in valact("responses", "count").output


def test_conditions_may_quote_values():
    assert records.where("subject = 'a and b' and model != \"c d\"").values == ("a and b", "c d")
    with pytest.raises(InputError):
        records.where("   ")


def test_show_takes_the_start_of_a_key(project):
    (answer,), _ = project.run("rude")
    output = valact("responses", "show", answer.key[:8]).output
    assert answer.key in output
    assert "--- user ---\nrude" in output
    assert "answer: refused" in output
    assert "I would rather not." in output
    assert "no recorded answer" in valact("responses", "show", "0" * 12, fails=True).output
    assert "six or more" in valact("responses", "show", "xyz", fails=True).output


def test_show_wants_more_digits_where_keys_look_alike(project):
    project.run("short", "rude")
    with sqlite3.connect(project.params.responses.store) as connection:
        for number, (rowid,) in enumerate(connection.execute("SELECT rowid FROM answers").fetchall()):
            connection.execute(
                "UPDATE answers SET key = ? WHERE rowid = ?", [b"\xab" * 31 + bytes([number]), rowid]
            )
    assert "give more digits" in valact("responses", "show", "ababab", fails=True).output


def test_an_export_is_a_transcript_that_replay_reads(project):
    answers, _ = project.run(*QUESTIONS)
    output = valact("responses", "export", "recorded/mine.parquet").output
    assert "4 answers" in output
    table = read_table(Transcripts, "recorded/mine.parquet")
    assert table["request_key"].is_sorted()
    assert set(table["request_key"]) == {answer.key for answer in answers}

    (project.folder / "store.sqlite").unlink()
    project.params = run_params(
        project.folder, {"m": chat_model(project.server.base_url, max_tokens=50)}, mode="replay"
    )
    again, asked = project.run(*QUESTIONS)
    assert asked == []
    assert [(a.status, a.text, a.usage) for a in again] == [(a.status, a.text, a.usage) for a in answers]


def test_an_export_can_be_a_part_and_is_the_same_every_time(project):
    project.run(*QUESTIONS)
    for name in ("one.parquet", "two.parquet"):
        valact("responses", "export", "--where", "status = truncated", name)
    assert pl.read_parquet("one.parquet")["status"].to_list() == ["truncated"] * 2
    assert (project.folder / "one.parquet").read_bytes() == (project.folder / "two.parquet").read_bytes()
    assert not list(project.folder.glob("*.part"))


def test_an_import_adds_what_is_not_there_and_replaces_nothing(project):
    project.run(*QUESTIONS)
    valact("responses", "export", "all.parquet")
    with project.store as store, store.transaction() as connection:
        connection.execute("DELETE FROM answers WHERE status = 'refused'")
        connection.create_function("answer_digest", -1, answer_rows.digest)
        connection.execute("UPDATE answers SET text = 'mine' WHERE status = 'ok'")
        connection.execute(f"UPDATE answers SET digest = answer_digest(extra, {answer_rows.SAID})")
    output = valact("responses", "import", "all.parquet").output
    assert "1 answers added, 2 were there already" in output
    assert "1 have another answer here" in output
    answers, asked = project.run(*QUESTIONS)
    assert asked == []
    assert answers[0].text == "mine"


def test_what_is_no_transcript_is_not_taken_in(project):
    project.run("short")
    (project.folder / "x.parquet").write_bytes(b"not parquet")
    assert "not a readable transcript" in valact("responses", "import", "x.parquet", fails=True).output
    assert "does not exist" in valact("responses", "import", "y.parquet", fails=True).output


def test_imported_answers_were_not_paid_for_here(project):
    project.run("short")
    valact("responses", "export", "all.parquet")
    (project.folder / "store.sqlite").unlink()
    with project.store:
        pass
    valact("responses", "import", "all.parquet")
    assert "Nothing was asked yet" in valact("spend").output


def test_answers_are_browsed_with_request_cost_and_time(project):
    project.run("short")
    valact("responses", "export", "all.parquet")
    project.run("rude")
    price = Price(providers=["openai"], models=["gpt-test"], input=1, cached_input=1, output=1, source="test")
    with project.store as store:
        newest, oldest = browse(store, price=lambda provider, model: price)
        assert [next(browse(store, records.where("status = ok"), limit=1))] == [*browse(store, after=1)]
    assert newest.request["messages"] == [{"role": "user", "content": "rude"}]
    assert (newest.response.status, newest.stage, newest.subject) == ("refused", "judge", "rude")
    usage = oldest.response.usage
    assert oldest.dollars == Decimal(usage.input_tokens + usage.output_tokens) / 1_000_000 > 0
    assert 0 < oldest.response.extra.seconds < 60
    with project.store as store, store.transaction() as connection:
        connection.execute("DELETE FROM answers WHERE status = 'ok'")
        connection.execute("UPDATE answers SET text = 'changed'")
    valact("responses", "import", "all.parquet")
    with project.store as store:
        newest, brought = browse(store, price=lambda provider, model: price)
    assert (brought.response.origin, brought.dollars) == ("imported: all.parquet", 0)
    assert (newest.response, newest.request) == (None, None)
    assert "digest" in newest.problem


def test_the_page_shows_one_answer_after_another_and_no_key(project):
    project.run("short")
    project.run("rude <b>")
    with project.store as store:
        shown = pages.page(store, price_of, {}, 1)
        # Side by side, so that the answer is on the first screen.
        fields = shown[shown.index('<div class="fields">') :].partition("</div>")[0]
        assert fields.count("<select") == len(pages.FILTERS) - 1
        assert "Answer 1 of 2" in shown
        assert "rude &lt;b&gt;" in shown
        assert "refused" in shown
        assert "Answer 2 of 2" in pages.page(store, price_of, {}, 99)
        only = pages.page(store, price_of, {"status": "ok", "nonsense": "' OR 1"}, 1)
        assert "Answer 1 of 1" in only
        assert "answer to short" in only
        assert "Nothing matches" in pages.page(store, price_of, {"subject": "' OR '1'='1"}, 1)
    assert "Bearer" not in shown + only


def test_a_sound_store_has_no_findings(project):
    project.run(*QUESTIONS)
    project.run("a JSON question", schema=VERDICT)
    valact("responses", "export", "all.parquet")
    assert "5 answers checked, 0 findings" in valact("responses", "verify").output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE answers SET key = randomblob(32)", "its hash is not the key"),
        ("UPDATE answers SET key = x'00'", "not a SHA-256"),
        ("UPDATE answers SET request = x'0011'", "its request cannot be used"),
        ("UPDATE answers SET status = 'fine'", "status 'fine' is none"),
        ("UPDATE answers SET status = 'failed'", "status 'failed' is none"),
        ("UPDATE answers SET text = ' '", "it is empty"),
        ('UPDATE answers SET text = \'{"vote": "maybe"}\'', "not what was asked for"),
        ("UPDATE answers SET model = 'gpt-7'", "its columns say"),
        ("UPDATE answers SET text = 'changed'", "its digest differs"),
        ("UPDATE answers SET extra = x'00'", "what came with it"),
    ],
)
def test_verify_finds_what_was_tampered_with(project, change, said):
    project.run("a JSON question", schema=VERDICT)
    resigned = "digest" not in said and "what came" not in said
    with sqlite3.connect(project.params.responses.store) as connection:
        connection.create_function("answer_digest", -1, answer_rows.digest)
        connection.execute(change)
        if resigned:
            connection.execute(f"UPDATE answers SET digest = answer_digest(extra, {answer_rows.SAID})")
    output = valact("responses", "verify", fails=True).output
    assert said in output
    assert "1 answers checked, 1 findings" in output


def test_verify_finds_damaged_pages(project):
    project.run(*[f"question {number}" for number in range(300)])
    with closing(sqlite3.connect(project.params.responses.store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = project.folder / "store.sqlite"
    content = bytearray(file.read_bytes())
    content[8192:12288] = bytes(4096)
    file.write_bytes(content)
    output = valact("responses", "verify", fails=True).output
    assert "damaged" in output or "the file: " in output


def test_retry_asks_anew_what_was_cut_with_more_tokens_and_nothing_else(project):
    before, asked = project.run(*QUESTIONS)
    assert len(asked) == 4
    output = valact("responses", "retry", "--where", "status = truncated", "--max-tokens", "400").output
    assert "2 answers set aside" in output
    after, asked = project.run(*QUESTIONS)
    assert asked == ["long one", "long two"]
    assert [body["max_tokens"] for body in project.server.bodies[4:]] == [400, 400]
    assert [answer.key for answer in after] == [answer.key for answer in before]
    assert [answer.status for answer in after] == ["ok", "ok", "ok", "refused"]
    assert project.run(*QUESTIONS)[1] == []
    assert "4 answers checked, 0 findings" in valact("responses", "verify").output


def test_what_was_set_aside_stays_to_be_seen(project):
    (answer,), _ = project.run("long one")
    valact("responses", "retry", "--where", "status = truncated", "--max-tokens", "400")
    output = valact("responses", "show", answer.key[:12]).output
    assert "truncated" in output
    assert "so far" in output
    assert "up to 400 tokens" in output
    project.run("long one")
    output = valact("responses", "show", answer.key[:12]).output
    assert "answer: ok" in output
    assert "so far" in output


def test_both_askings_are_in_the_spend(project):
    project.run("long one")
    valact("responses", "retry", "--where", "status = truncated")
    project.run("long one")
    with project.store as store:
        assert sum(row.calls for row in store.spend()) == 2


def test_retry_of_one_model_leaves_the_others(project):
    for model in ("m", "n"):
        project.run("long one", model=model)
    for model in ("n", "gpt-test"):
        assert (
            "1 answers set aside"
            in valact("responses", "retry", "--where", "status = truncated", "--model", model).output
        )
    assert "0 answers set aside" in valact("responses", "retry", "--where", "status = truncated").output


def test_a_retry_without_a_limit_takes_the_last_one_back(project):
    project.run("long one")
    for limit in (["--max-tokens", "400"], []):
        valact("responses", "retry", "--where", "stage = judge", *limit)
        project.run("long one")
    assert [body["max_tokens"] for body in project.server.bodies] == [50, 400, 50]


def test_retry_says_that_transcripts_are_read_first(project):
    project.run("long one")
    valact("responses", "export", "recorded/mine.parquet")
    output = valact("responses", "retry", "--where", "status = truncated").output
    assert "it is taken from there" in output
    assert project.run("long one")[1] == []


def test_failed_lists_what_got_no_answer_until_it_has_one(project):
    down = {"q1", "q3", "q5"}

    def said(body, n):
        question = body["messages"][-1]["content"]
        return (500, {"message": "on fire"}) if question in down else "fine"

    project.server.script = said
    project.run(*(f"q{n}" for n in range(6)))
    assert valact("responses", "failed").output.count("HTTP 500: on fire") == 3
    assert "on fire" not in valact("responses", "failed", "--where", "model = gpt-other").output
    down.clear()
    project.run(*(f"q{n}" for n in range(6)))
    assert "on fire" not in valact("responses", "failed").output

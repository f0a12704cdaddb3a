"""`valact batches`: submit today, collect tomorrow."""

import datetime as dt
import json

import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from services.batches import BatchServer, Plan
from services.runs import chat_model, run_params

from pipeline import cli
from pipeline.tables import Candidates, write_table


@pytest.fixture
def server():
    with BatchServer(lambda body, n: '{"vote": "yes"}') as server:
        yield server


@pytest.fixture
def run(tmp_path, server, monkeypatch):
    """Runs `valact batches ...` in a project of 30 candidates and two judges that take batches."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    judges = {
        "judge-1": chat_model(server.base_url, model="one", batch_above=10),
        "judge-2": chat_model(server.base_url, model="two", batch_above=10),
        "judge-3": chat_model(server.base_url, model="three"),
    }
    params = run_params(tmp_path, judges).model_dump(mode="json")
    params["quota"]["per_category"] = 30
    params["judge"] |= {"panel": ["judge-1", "judge-2"], "tie_breaker": "judge-3"}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    rows = [
        {
            "post_id": f"p{n}",
            "category": "Work",
            "rank": n + 1,
            "subreddit": "jobs",
            "created_at": dt.datetime(2020, 1, 2, tzinfo=dt.UTC),
            "text": f"Should I go or stay, for the {n}th time?",
            "words": 50,
            "source_sha256": "0" * 64,
        }
        for n in range(30)
    ]
    frame = pl.DataFrame(rows, schema=Candidates.create_empty().schema)
    write_table(Candidates, frame, tmp_path / "data/filter/candidates.parquet")

    def run(*words, code=0):
        result = CliRunner().invoke(cli.main, ["batches", *words])
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_submit_collect_and_go_on(run, server):
    assert run("status") == "There are no batches\n"
    assert "60 requests are out in 2 batches, 0 of them done, the last one due by" in run("submit", "judge")
    assert (len(server.batches), server.chats) == (2, 0)
    assert run("status").count("30 out") == 2
    server.held = True
    assert "0 came back unanswered; 2 batches are still out" in run("collect")
    assert "60 requests are out in 2 batches" in run("submit", "judge")
    server.held = False
    assert "60 answers recorded, 0 requests turned down, 0 came back" in run("collect")
    assert run("status").count("30 answered") == 2
    assert "judge has all its answers" in run("submit", "judge")
    assert (len(server.batches), len(server.answered), server.chats) == (2, 60, 0)
    models = {json.loads(upload.split(b"\n")[0])["body"]["model"] for upload in server.uploads}
    assert models == {"one", "two"}


def test_collect_says_what_came_back_unanswered(run, server):
    server.plans = [Plan(ends="expired", answered=10), Plan(looks=99)]
    run("submit", "judge")
    output = run("collect")
    assert "batch 1: 20 came back unanswered: batch_expired: This request could not be executed" in output
    assert (
        "10 answers recorded, 0 requests turned down, 20 came back unanswered; 1 batches are still out"
        in output
    )


def test_a_server_that_cannot_be_reached_is_said(run, server, monkeypatch):
    run("submit", "judge")
    monkeypatch.setattr(server, "_look", None)
    output = run("collect", code=1)
    assert output.count("batches cannot be reached") == 2
    assert "2 batches are still out" in output


def test_a_cancelled_batch_keeps_what_it_answered(run, server):
    server.plans = [Plan(looks=99, answered=12)]
    run("submit", "judge")
    assert run("cancel", "1") == "batch 1: cancelling\n"
    server.batches["batch_0"]["plan"].looks = 0
    assert "42 answers recorded, 0 requests turned down, 18 came back unanswered" in run("collect")


def test_a_forgotten_batch_is_asked_again(run, server):
    run("submit", "judge")
    del server.batches["batch_0"]
    assert "the server knows no such batch" in run("collect", code=1)
    run("cancel", "1", code=1)
    assert "given up" in run("cancel", "1", "--forget")
    assert "30 requests are out in 1 batches" in run("submit", "judge")
    assert "30 answers recorded" in run("collect")


def test_what_makes_no_sense_is_said(run):
    assert "no model of generate has batch_above" in run("submit", "generate", code=1)
    assert "not out: batch 7" in run("cancel", "7", code=1)

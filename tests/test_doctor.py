"""`valact doctor`: what would stop a run is found before it starts, said with its remedy, and shows no secret."""

import datetime as dt
import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections import namedtuple

import polars as pl
import pytest
import yaml
from aiohttp import web
from services.folder import valact
from services.loopback import Loopback
from services.project import copy_project

from pipeline.doctor import mounts
from pipeline.tables import Candidates, write_table

SECRET = "sk-a-secret-that-nobody-may-see"
KEYS = ("OPENAI_API_KEY", "DASHSCOPE_API_KEY", "TOGETHER_API_KEY")


class Lists(Loopback):
    """Lists models to who has the right key; ``models`` are entries of the list, None for no such path."""

    def __init__(self, *models):
        super().__init__()
        self.models = models

    async def handle(self, request, body):
        if request.path == "/health":
            return web.Response(text="UP")
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            return web.json_response({"error": {"message": f"bad key {SECRET}"}}, status=401)
        if self.models == (None,):
            return web.json_response({"error": {"message": "no such path"}}, status=404)
        return web.json_response({"object": "list", "data": list(self.models)})


def entry(model, **more):
    return {"id": model, "object": "model", "created": 1, "owned_by": "us"} | more


@pytest.fixture
def project(tmp_path, monkeypatch):
    copy_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "no-token"))
    return tmp_path


def change(project, text_of):
    file = project / "params.yaml"
    file.write_text(text_of(file.read_text()))


def only_model(project, monkeypatch, url, model="gpt-test", key=SECRET, **more):
    """The sample, with one judge asked at ``url``."""
    raw = yaml.safe_load((project / "params.yaml").read_text())
    raw["models"]["sample-judge-1"] = {"provider": "openai", "model": model, "base_url": url, **more}
    (project / "params.yaml").write_text(yaml.safe_dump(raw))
    monkeypatch.setenv("OPENAI_API_KEY", key)


def test_the_sample_in_a_fresh_clone_has_no_problem(project):
    output = valact("doctor").output
    assert "0 problems" in output
    assert "models.sample-judge-1: recorded answers only" in output
    assert not (project / "data/judge").exists()


def test_the_paper_without_dumps_and_keys_has_and_says_what_to_do(project):
    valact("profile", "use", "paper", "--force")
    output = valact("doctor", fails=True).output
    assert "no submission dump was found" in output
    assert all(f"-> export {key}" in output for key in KEYS)


def test_a_recorded_run_needs_no_key(project, monkeypatch):
    """Every answer that the tables ask for is recorded: the key of a live model is not missed."""
    monkeypatch.setattr("pipeline.doctor.run.estimate", lambda *_, **__: no_calls())
    only_model(project, monkeypatch, "http://127.0.0.1:9/v1")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "every answer is recorded, no key is needed" in valact("doctor").output


def no_calls():
    line = namedtuple("Line", "name live assumed most")("sample-judge-1", True, False, 0)
    return namedtuple("Estimate", "lines")([line])


def test_broken_params_are_a_problem_among_the_others(project):
    change(project, lambda text: text.replace("seed: 15000", "seed: x"))
    output = valact("doctor", fails=True).output
    assert "problem  params: params.yaml: seed: 'x' is not allowed" in output
    assert "ok       python" in output


def test_a_package_that_is_missing_or_too_old_is_a_problem(project, monkeypatch):
    wanted = ["no-such-package>=1", "click>=99", "polars>=2.1", "pytest>=99; extra == 'test'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: wanted)
    output = valact("doctor", fails=True).output
    assert "no-such-package>=1 is needed, none is here" in output
    assert "click>=99 is needed" in output
    assert "polars" not in output
    assert "pytest" not in output


def test_a_full_disk_is_a_problem_and_a_small_one_a_warning(project, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 2**29))
    assert "problem  disk: 0.5 GiB free" in valact("doctor", fails=True).output
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 2**32))
    assert "warning  disk: 4.0 GiB free" in valact("doctor").output


def test_outside_a_repository_it_says_so(project, monkeypatch):
    shutil.rmtree(project / ".dvc")
    assert "there is no .dvc here" in valact("doctor", fails=True).output
    shutil.rmtree(project / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    assert "no git repository" in valact("doctor", fails=True).output


def test_a_damaged_store_is_a_problem(project):
    (project / ".responses").mkdir()
    (project / ".responses/store.sqlite").write_bytes(b"SQLite format 3\x00" + bytes(4000))
    output = valact("doctor", fails=True).output
    assert "problem  store: .responses/store.sqlite" in output


def test_a_store_on_a_disk_of_several_machines_is_a_problem(project, monkeypatch):
    assert "lies on" not in valact("doctor").output
    monkeypatch.setattr(mounts, "kind", lambda path: "nfs4" if ".responses" in str(path) else "ext4")
    output = valact("doctor", fails=True).output
    assert "problem  store: .responses/store.sqlite lies on nfs4" in output
    assert "responses merge" in output


def test_missing_recorded_answers_are_a_problem(project):
    """The sample with another prompt, judged before: no record fits any more."""
    row = {
        "post_id": "p1",
        "category": "Ethics",
        "rank": 1,
        "subreddit": "askphilosophy",
        "created_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
        "text": "A text that no record knows",
        "words": 50,
        "source_sha256": "0" * 64,
    }
    write_table(Candidates, pl.DataFrame([row]), project / "data/filter/candidates.parquet")
    output = valact("doctor", fails=True).output
    assert "problem  models.sample-judge-1: 1 recorded answers are missing" in output


def test_nobody_is_asked_unless_told_to(project, monkeypatch):
    with Lists(entry("gpt-test")) as server:
        only_model(project, monkeypatch, f"{server.url}/v1")
        monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
        valact("doctor")
        assert server.paths == []


def test_online_the_endpoint_is_asked_for_its_models(project, monkeypatch):
    with Lists(entry("gpt-test")) as server:
        only_model(project, monkeypatch, f"{server.url}/v1")
        output = valact("doctor", "--online").output
        assert server.paths == ["/v1/models"]
    assert "accepts the key and lists gpt-test" in output
    assert SECRET not in output


def test_online_a_refused_key_is_a_problem_and_is_not_shown(project, monkeypatch):
    with Lists() as server:
        only_model(project, monkeypatch, f"{server.url}/v1", key=SECRET + "-mistyped")
        output = valact("doctor", "--online", fails=True).output
    assert "refused the key in OPENAI_API_KEY" in output
    assert SECRET not in output


def test_online_an_unlisted_model_is_a_warning(project, monkeypatch):
    with Lists(entry("another")) as server:
        only_model(project, monkeypatch, f"{server.url}/v1")
        assert "does not list gpt-test" in valact("doctor", "--online").output


def test_online_the_providers_own_shutdown_date_is_told(project, monkeypatch):
    with Lists(entry("gpt-test", shutdown_date="2031-02-03")) as server:
        only_model(project, monkeypatch, f"{server.url}/v1")
        assert "gpt-test is shut down on 2031-02-03" in valact("doctor", "--online").output


def test_online_a_server_without_a_list_is_no_problem(project, monkeypatch):
    with Lists(None) as server:
        only_model(project, monkeypatch, f"{server.url}/v1")
        assert "answers, but lists no models" in valact("doctor", "--online").output


def test_online_a_server_that_is_down_is_a_problem(project, monkeypatch):
    only_model(project, monkeypatch, "http://127.0.0.1:9/v1")
    output = valact("doctor", "--online", fails=True).output
    assert "http://127.0.0.1:9/v1: it does not answer" in output


def test_online_dashscope_is_asked_beside_its_own_api(project, monkeypatch):
    with Lists(entry("qwen2.5-72b-instruct")) as server:
        only_model(project, monkeypatch, f"{server.url}/api/v1", "qwen2.5-72b-instruct", provider="dashscope")
        monkeypatch.setenv("DASHSCOPE_API_KEY", SECRET)
        output = valact("doctor", "--online").output
        assert server.paths == ["/compatible-mode/v1/models"]
    assert "accepts the key and lists qwen2.5-72b-instruct" in output


def test_a_model_that_is_gone_is_a_problem_unless_its_server_has_it(project, monkeypatch):
    with Lists(entry("grok-4-0709")) as server:
        only_model(project, monkeypatch, f"{server.url}/v1", "grok-4-0709")
        assert "problem  models.sample-judge-1: xAI shut grok-4-0709" in valact("doctor", fails=True).output
        assert "warning  models.sample-judge-1: xAI shut grok-4-0709" in valact("doctor", "--online").output


def test_names_that_move_and_schemas_that_nobody_enforces_are_warnings(project, monkeypatch):
    only_model(project, monkeypatch, "http://127.0.0.1:9/v1", "gpt-4o-mini")
    assert "name gpt-4o-mini-2024-07-18" in valact("doctor").output
    only_model(project, monkeypatch, "http://127.0.0.1:9/v1", "claude-sonnet-4-20250514")
    assert "Anthropic does not enforce JSON schemas" in valact("doctor", fails=True).output
    only_model(project, monkeypatch, "http://127.0.0.1:9/v1", "claude-sonnet-4-20250514", strict_schema=False)
    assert "does not enforce" not in valact("doctor", fails=True).output


def test_an_unknown_price_is_a_problem_under_a_budget(project, monkeypatch):
    only_model(project, monkeypatch, "http://127.0.0.1:9/v1")
    assert "note     models.sample-judge-1: the price of gpt-test is not known" in valact("doctor").output
    change(project, lambda text: text.replace("mode: live", "mode: live\n  budget_usd: 5"))
    output = valact("doctor", fails=True).output
    assert "problem  models.sample-judge-1: the price of gpt-test is not known" in output


def test_label_studio_where_it_is_named(project, monkeypatch):
    with Lists() as server:
        monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
        output = valact("doctor", "--online").output
        assert "LABEL_STUDIO_API_KEY is not set" in output
        assert f"{server.url} is up" in output
    assert "does not answer" in valact("doctor", "--online").output


def test_tokens_are_noticed_and_not_shown(project, monkeypatch):
    assert "no token; only publishing needs one" in valact("doctor").output
    monkeypatch.setenv("HF_TOKEN", SECRET)
    output = valact("doctor").output
    assert "Hugging Face: a token is set" in output
    assert SECRET not in output


def test_the_command_itself_ends_with_one_or_zero(project):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(project), os.environ["PYTHONPATH"]])}
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "doctor"]
    sound = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    (project / "params.yaml").unlink()
    broken = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert broken.returncode == 1
    assert "Traceback" not in broken.stderr

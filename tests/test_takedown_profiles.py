"""A take-down after a change of profile: dvc.lock then has stages that dvc.yaml has no more."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from services.finished_run import WRITERS, finished_run, run_params
from services.folder import write_params

from pipeline import params as settings
from pipeline.core.errors import InputError, ParamsError
from pipeline.takedown import act, freeze, pending
from pipeline.withdrawn.register import Loss

DAY = dt.date(2026, 11, 21)
RECIPE = """
stages:
  scrape: {cmd: "true", deps: [annotations/takedowns.yaml], outs: [data/scrape]}
  filter: {cmd: "true", deps: [data/scrape], outs: [data/filter]}
  judge: {cmd: "true", deps: [data/filter], outs: [data/judge], params: [quota]}
  generate:
    matrix: {generator: "${generate.generators}"}
    cmd: "true"
    deps: [data/judge]
    outs: ["data/generate/${item.generator}"]
  assemble: {cmd: "true", deps: [data/generate], outs: [data/assemble]}
"""
BEFORE = ["sample-writer-1", "sample-writer-2"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run, with its tables and params.yaml."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    finished_run(folder / "data", run_params())
    write_params(folder, run_params())
    return folder


def dvc(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], check=True, capture_output=True, text=True
    ).stdout


def a_post(project: Path) -> str:
    return str(pl.read_parquet(project / "data/assemble/scenarios.parquet")["post_id"][0])


def holders(project: Path, post: str) -> list[str]:
    """Tables that still know the post."""
    return [
        str(path)
        for path in sorted((project / "data").rglob("*.parquet"))
        if "post_id" in (table := pl.read_parquet(path)).columns and post in table["post_id"]
    ]


def test_stages_of_another_profile_do_not_stop_it_nor_a_kill_in_between(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dvc("init", "--no-scm", "--quiet")
    act.enter(project, {"1another": Loss("requested", "post")}, DAY)
    Path("dvc.yaml").write_text(RECIPE)
    for writers in (BEFORE, WRITERS):
        for writer in writers:
            Path("data/generate", writer).mkdir(parents=True, exist_ok=True)
        write_params(project, run_params(writers=writers))
        dvc("commit", "--force", "--quiet")
    locked = Path("dvc.lock").read_text()
    assert all(f"generate@{writer}:" in locked for writer in (*BEFORE, *WRITERS))
    params, post = settings.load(), a_post(project)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(freeze, "accept", killed)
        with pytest.raises(KeyboardInterrupt):
            act.take_down(project, {post: Loss("requested", "scenario")}, DAY, params)
    assert holders(project, post) == []
    # Versions before this one wrote such names down.
    left = json.loads(pending.FILE.read_text())
    pending.FILE.write_text(json.dumps(left | {"stages": [f"generate@{BEFORE[0]}", *left["stages"]]}))

    done = act.take_down(project, {}, DAY, params)
    assert {*done.kept} == {"scrape", "filter", "judge", *(f"generate@{w}" for w in WRITERS), "assemble"}
    assert not pending.FILE.exists()
    assert json.loads(dvc("status", "--json")) == {}
    with pytest.raises(InputError, match="'nonsense' does not exist"):
        freeze.accept(project, ["nonsense"])  # it failed without a word


def test_nothing_is_erased_before_the_next_version_can_be_written(project: Path) -> None:
    release = project / act.RELEASE
    release.mkdir(parents=True)
    (release / "croissant.json").write_text(json.dumps({"version": "9.0.0"}))
    whole = Path("params.yaml").read_text()
    nested = whole.replace("release:\n  version: ", "release:\n  ? version\n  : ")
    assert nested != whole
    Path("params.yaml").write_text(nested)
    post = a_post(project)
    held = holders(project, post)
    with pytest.raises(ParamsError, match=r"set it to 9\.0\.1 by hand"):
        act.take_down(project, {post: Loss("requested", "scenario")}, DAY, settings.load())
    assert holders(project, post) == held != []
    Path("params.yaml").write_text(whole)
    assert act.take_down(project, {}, DAY, settings.load()).version == "9.0.1"
    assert holders(project, post) == []

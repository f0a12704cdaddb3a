"""The release as a benchmark of the Hub: `inspect eval hf/OWNER/NAME` needs no file of ours but what the Hub has."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from services.built_release import seal
from services.chat import ChatServer
from services.finished_run import finished_run
from services.harnesses import BIN
from services.hub import OWNER, connected
from services.project import ROOT
from services.released import REPOSITORY, build, release_params
from services.values import TEN

from pipeline import verify as verification
from pipeline.answers.readers import inspect_log
from pipeline.publish import bundle as bundles
from pipeline.publish.publish import publish
from pipeline.release import authored, benchmark, tasks
from pipeline.release.dealt import Dealt

EVAL = """
import json, sys
from inspect_ai import eval
log = eval("hf/" + sys.argv[1], model="openai-api/loop/m", temperature=0.0, log_dir=sys.argv[2], display="none")[0]
assert log.status == "success", log.error
print(json.dumps({key: metric.value for key, metric in log.results.scores[0].metrics.items()}))
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of real posts, whose texts are withheld, with six questions about invented ones."""
    params = release_params(real=True)
    run = finished_run(tmp_path_factory.mktemp("run"), params, prefix="x")
    few = authored.of_the_sample(ROOT, Dealt.of(params)).head(6)
    return build(run, params, tmp_path_factory.mktemp("release") / "valact-15k", authored=few)


def test_it_holds_what_is_asked_as_such_runners_read_it(release: Path) -> None:
    asked, questions = (
        pl.read_parquet(release / name / "test.parquet").sort("question_id")
        for name in ("benchmark", "authored")
    )
    assert asked["question_id"].to_list() == questions["question_id"].to_list()
    ours = tasks.shared(TEN)
    for row, question in zip(asked.iter_rows(named=True), questions.iter_rows(named=True), strict=True):
        right = question["options"][question["target_position"] - 1]
        # A is the first; ``target_position`` counts from 1.
        assert row["choices"]["ABCD".index(row["target"])] == right["text"]
        listed = "\n".join(f"{letter}) {text}" for letter, text in zip("ABCD", row["choices"], strict=True))
        assert f"{row['question']}\n\n{listed}" == ours["selection_prompt"](question)
        assert row["prompt"] == ours["asked"]("selection")
    told = yaml.safe_load((release / "eval.yaml").read_text())
    (task,) = told["tasks"]
    assert set(task["field_spec"]["metadata"]) <= set(asked.columns)
    assert benchmark.of(pl.read_parquet(release / "authored/test.parquet").clear(), TEN).is_empty()


def test_a_release_without_invented_scenarios_is_none(tmp_path: Path) -> None:
    params = release_params(real=True)
    folder = build(finished_run(tmp_path / "run", params, prefix="x"), params, tmp_path / "valact-15k")
    assert not (folder / "eval.yaml").exists()
    assert "inspect eval hf/" not in (folder / "README.md").read_text()


def test_another_question_than_the_one_in_authored_is_found(release: Path) -> None:
    asked, questions = (
        pl.read_parquet(release / name / "test.parquet") for name in ("benchmark", "authored")
    )
    assert not [*benchmark.faults(asked, questions)]
    for forged in (
        asked.with_columns(target=pl.col("target").replace_strict(dict(zip("ABCD", "BCDA", strict=True)))),
        asked.with_columns(choices=pl.col("choices").list.reverse()),
        asked.with_columns(question=pl.lit("Answer A.")),
        asked.clear(),
    ):
        (fault,) = benchmark.faults(forged, questions)
        assert "(6 in all)" in fault


def test_what_a_runner_is_told_to_do_is_looked_at(release: Path) -> None:
    file = release / "eval.yaml"
    kept = file.read_text()
    file.write_text(kept.replace("choice\n", "model_graded_qa\n"))
    seal(release)
    (wrong,) = [r for r in verification.verify(release) if not r.passed]
    assert wrong.name == "evaluators"
    file.write_text(kept)
    seal(release)


@pytest.mark.slow(after="sample")
@pytest.mark.skipif(
    not (BIN / "inspect").exists(), reason="the harnesses are not installed: make .venv-evaluators/stamp"
)
def test_inspect_runs_it_from_the_hub(release: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(release / "benchmark/test.parquet")
    asked: list[str] = []

    def always_a(body: dict[str, Any], n: int) -> str:
        said = body["messages"][-1]["content"]
        asked.append(said if isinstance(said, str) else said[0]["text"])
        return "ANSWER: A"

    params = release_params(real=True, private=False)
    with pytest.MonkeyPatch.context() as patch, connected(patch) as hub, ChatServer(always_a) as chat:
        publish(bundles.load(release, params), params, OWNER)
        done = subprocess.run(
            [str(BIN / "python"), "-c", EVAL, f"{REPOSITORY}@v1.0.0", str(tmp_path / "logs")],
            cwd=tmp_path,
            env=os.environ
            | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "XDG_CACHE_HOME": str(tmp_path / "c")}
            | {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "XDG_DATA_HOME": str(tmp_path)}
            # `datasets` would tell a server of its authors.
            | {"HF_UPDATE_DOWNLOAD_COUNTS": "0"}
            | {"LOOP_BASE_URL": chat.base_url, "LOOP_API_KEY": "none"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["accuracy"] == pytest.approx((rows["target"] == "A").mean())
    ours = tasks.shared(TEN)
    questions = pl.read_parquet(release / "authored/test.parquet").iter_rows(named=True)
    assert sorted(asked) == sorted(ours["selection_prompt"](question) for question in questions)

    tables = inspect_log.read(tmp_path / "logs").tables
    choices = tables["choices"]
    assert set(choices["question_id"]) == set(rows["question_id"])
    assert set(choices["mode"]) == {"selection"}
    assert set(choices["letter"]) == {"A"}
    assert tables["respondents"]["prompts"].to_list() == [f"selection={rows['prompt'][0]}"]

"""The main job, end to end: `dvc repro` on the sample and on loopback models, killed and gone on with."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
import yaml
from services import release_hashes
from services.chat import ChatServer
from services.dashscope import DashScopeServer
from services.models import chat_server, dashscope_server
from services.project import ROOT, copy_project, digests, loopback_keys, repro, run_environment, stages
from services.sample_run import built, copy_built, sample_run

from pipeline import recipe

RELEASE = "data/release/valact-15k"
# From the first stage that a kill interrupts to the release.
TO_GENERATE = recipe.STEPS[: recipe.STEPS.index("generate")]
GENERATE, *TO_RELEASE = recipe.STEPS[recipe.STEPS.index("generate") : recipe.STEPS.index("release") + 1]


@pytest.fixture(scope="session")
def sample() -> Path:
    """The sample release, built in a fresh copy of the repository; for reading only."""
    return built()


def test_the_sample_run_gives_150_questions(sample):
    questions = pl.read_parquet(sample / "data/assemble/questions.parquet")
    assert questions.height == 150
    scenarios = pl.read_parquet(sample / "data/assemble/scenarios.parquet")
    assert dict(scenarios.group_by("category").len().iter_rows()) == {
        "Career & work": 6,
        "Financial & investment": 6,
        "Education & academy": 6,
        "Relationships": 6,
        "Ethics": 6,
    }


def test_the_sample_release_holds_the_rows_that_are_on_record(sample):
    """``tests/services/release_hashes.py`` says how to record others, where they are meant to change."""
    on_record = json.loads(release_hashes.STORED.read_text(encoding="utf-8"))
    assert release_hashes.row_hashes(sample / RELEASE) == on_record
    recorded = pl.read_parquet(release_hashes.AUTHORED)
    assert recorded.equals(pl.read_parquet(sample / RELEASE / "authored/test.parquet"))


def test_every_sample_post_ends_where_its_source_says(sample, root):
    sources = [yaml.safe_load(path.read_text()) for path in (root / "data/sample/source").glob("*.yaml")]
    expected = {post["id"]: post["expect"] for source in sources for post in source.get("posts", [])}
    ends = dict.fromkeys(pl.read_parquet(sample / "data/assemble/scenarios.parquet")["post_id"], "scenario")
    for stage in ("filter", "judge", "assemble"):
        ledger = pl.read_parquet(sample / f"data/{stage}/ledger.parquet")
        ends.update(ledger.select("post_id", "reason").iter_rows())
    assert ends == expected
    assert len(ends) == 100


def test_texts_before_masking_stand_in_the_first_two_steps_alone(sample):
    """Candidates are not masked yet: what masking takes out is in no table, page or metric behind them."""
    candidates = pl.read_parquet(sample / "data/filter/candidates.parquet")
    addresses = set(candidates["text"].str.extract_all(r"\b\S+@example\.\w+").explode().drop_nulls())
    assert addresses, "the sample has addresses that are to be masked"
    later = [
        path
        for path in (sample / "data").rglob("*")
        if path.is_file() and path.relative_to(sample / "data").parts[0] not in ("sample", "scrape", "filter")
    ]
    for path in later:
        if path.suffix == ".parquet":
            text = pl.read_parquet(path).write_ndjson()
        else:
            text = path.read_bytes().decode(errors="replace")
        assert not [address for address in addresses if address in text], path


def test_the_sample_fails_every_filter_reason_and_every_check_and_breaks_ties(sample):
    votes = pl.read_parquet(sample / "data/judge/votes.parquet")
    assert votes.filter(role="tie_breaker").height >= 10
    assert votes["vote"].null_count() == 2
    from pipeline.tables import ACTION_CHECKS

    ledger = pl.read_parquet(sample / "data/generate/ledger.parquet")
    assert set(ledger["reason"]) == {*ACTION_CHECKS, "gives_value_away", "invalid", "misread", "refused"}
    scrape = pl.read_parquet(sample / "data/scrape/ledger.parquet")
    assert scrape.height == 4


def test_a_second_build_from_scratch_gives_the_same_bytes(sample, tmp_path):
    # Built on its own, its release withheld the text; with params as here it has to be the same.
    again = sample_run(tmp_path / "valact")
    for name in ("params.yaml", "profiles/sample.yaml"):
        shutil.copyfile(sample / name, again / name)
    done = repro(again, "--no-run-cache", "release")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Running stage 'release'" in done.stdout
    for stage in set(recipe.STEPS) - {"release"}:
        assert f"Running stage '{stage}" not in done.stdout
    assert digests(again / RELEASE) == digests(sample / RELEASE)
    assert digests(again / "data/metrics") == digests(sample / "data/metrics")
    assert digests(again / "data/plots") == digests(sample / "data/plots")


def test_nothing_runs_when_nothing_changed(tmp_path):
    done = repro(copy_built(built(), tmp_path / "valact"))
    assert done.returncode == 0
    assert "Running stage" not in done.stdout
    assert "up to date" in done.stdout


def test_the_release_loads_as_the_readme_says(sample, tmp_path):
    code = """
from datasets import load_dataset
questions = load_dataset("valact-15k", split="test")
assert len(questions) == 150
assert len({o["value"] for o in questions[0]["options"]}) == 4
assert questions[0]["text"]
print([(o["label"], o["value"], o["text"]) for o in questions[0]["options"]])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=sample / "data/release",
        env=os.environ | {"HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_changed_prompt_without_its_recorded_answers_is_one_error_that_says_what_is_missing(
    sample, tmp_path
):
    project = copy_built(sample, tmp_path / "valact")
    prompt = project / "pipeline/prompts/judge/paper.md"
    prompt.write_text(prompt.read_text().replace("You screen posts", "You sift posts"))
    done = repro(project)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "make sample" in done.stderr


def small_paper_run(project):
    """The paper's profile, cut down: the sample's posts, loopback models, one scenario a category and a reserve."""
    params = yaml.safe_load((project / "profiles/paper.yaml").read_text())
    params["scrape"] = {"source": "sample"}
    params["quota"] = {"per_category": 3, "reserve": 1, "strict": False}
    params["responses"]["concurrency"] = 4
    params["respondents"] = {
        "gpt-4o": {"kind": "model", "model": "gpt-4o", "modes": ["default"], "subset": 2}
    }
    params["administer"] |= {"wordings": 2}
    params["instruments"]["pvq40"]["shuffles"] = 1
    (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def conversations(*servers):
    return [
        json.dumps(body.get("messages") or body["input"]["messages"], sort_keys=True) + body["model"]
        for server in servers
        for body in server.bodies
    ]


@dataclass(frozen=True)
class PaperRun:
    """A finished run against servers that still run, and what it took: conversations from judge to release, in order.
    ``judged`` is a copy of it from when judge was done."""

    project: Path
    judged: Path
    chat: ChatServer
    dashscope: DashScopeServer
    keys: dict[str, str]
    needed: list[str]


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Iterator[PaperRun]:
    """The small paper run up to the release and the scores; for reading only."""
    folder = tmp_path_factory.mktemp("paper")
    project = copy_project(folder / "valact")
    small_paper_run(project)
    with chat_server(latency=0.05) as chat, dashscope_server(latency=0.05) as dashscope:
        keys = loopback_keys(chat.base_url, dashscope.base_url)
        done = repro(project, "judge", **keys)
        assert done.returncode == 0, done.stdout + done.stderr
        judged = copy_built(project, folder / "judged")
        chat.bodies.clear()
        dashscope.bodies.clear()
        done = stages(project, GENERATE, *TO_RELEASE, **keys)
        assert done.returncode == 0, done.stdout + done.stderr
        needed = sorted(conversations(chat, dashscope))
        assert len(needed) == len(set(needed))
        done = stages(project, "administer@gpt-4o", "score", **keys)
        assert done.returncode == 0, done.stdout + done.stderr
        yield PaperRun(project, judged, chat, dashscope, keys, needed)


@pytest.mark.slow
def test_kill_9_during_generate_asks_nothing_answered_again_and_changes_no_byte(paper, tmp_path):
    broken = copy_built(paper.judged, tmp_path / "broken")
    chat, dashscope = paper.chat, paper.dashscope
    chat.bodies.clear()
    dashscope.bodies.clear()
    dice = random.Random(4)
    kills = 0
    while kills < 3:
        process = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", GENERATE],
            cwd=broken,
            env=run_environment(broken) | paper.keys,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        asked = len(chat.bodies) + len(dashscope.bodies)
        while process.poll() is None and len(chat.bodies) + len(dashscope.bodies) == asked:
            time.sleep(0.01)
        if process.poll() is not None:
            break
        time.sleep(dice.uniform(0, 0.3))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
    assert kills >= 2, "the run was over before it could be killed twice"
    for done in (repro(broken, GENERATE, **paper.keys), stages(broken, *TO_RELEASE, **paper.keys)):
        assert done.returncode == 0, done.stdout + done.stderr
    asked = conversations(chat, dashscope)
    assert set(asked) == set(paper.needed)
    # Only what was in the air at a kill (four at a time) may have been asked twice.
    assert len(asked) - len(paper.needed) <= kills * 4
    assert digests(broken / RELEASE) == digests(paper.project / RELEASE)


@pytest.mark.slow
def test_a_released_run_is_rebuilt_from_its_transcripts_without_a_key(paper, tmp_path):
    first, second = paper.project, copy_project(tmp_path / "second")
    small_paper_run(second)
    for number, path in enumerate(sorted((first / "data").glob("**/transcripts.parquet"))):
        (second / f"data/recorded/{number}.parquet").write_bytes(path.read_bytes())
    text = (second / "params.yaml").read_text().replace("mode: live", "mode: replay")
    (second / "params.yaml").write_text(text)
    addresses = {name: value for name, value in paper.keys.items() if name.endswith("_BASE_URL")}
    done = stages(second, *TO_GENERATE, GENERATE, *TO_RELEASE, "administer@gpt-4o", "score", **addresses)
    assert done.returncode == 0, done.stdout + done.stderr
    # The card tells that these answers were brought, and so does the column; all else is the same.
    rows = {name: digest for name, digest in digests(first / RELEASE).items() if name.endswith(".parquet")}
    assert rows
    assert {name: digests(second / RELEASE)[name] for name in rows} == rows
    assert "| votes | live |" in (first / RELEASE / "CODEBOOK.md").read_text()
    assert "| votes | recorded: data/recorded/" in (second / RELEASE / "CODEBOOK.md").read_text()
    for name in ("choices", "instrument_answers"):
        ours, brought = (pl.read_parquet(root / f"data/score/{name}.parquet") for root in (first, second))
        assert brought.drop("origin").equals(ours.drop("origin"))


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda p: p.update(seed="x"), ["seed", "'x'"]),
        (
            lambda p: p["scrape"].update(source="archive", archive={"paths": ["data/inputs/none.zst"]}),
            ["none.zst"],
        ),
        (lambda p: p["scrape"]["sample"].update(dump="README.md"), ["README.md"]),
        (lambda p: p["judge"].update(prompt="jugde"), ["jugde"]),
        (lambda p: p["quota"].update(per_category=50, strict=True), ["quota.strict", "scenarios missing"]),
        (lambda p: p["dates"].update(first="2024-12-01"), ["no candidate"]),
    ],
    ids=["wrong param", "no such source", "not a dump", "no such prompt", "strict shortage", "empty source"],
)
def test_a_strangers_mistake_ends_in_one_readable_error(sample, tmp_path, monkeypatch, capsys, mistake, said):
    params = yaml.safe_load((sample / "params.yaml").read_text())
    mistake(params)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    (tmp_path / "README.md").write_text("No dump.\n")
    assert "Traceback" not in (error := failing(tmp_path, monkeypatch, capsys))
    assert all(part in error for part in said), error


def test_a_missing_key_is_one_error_that_names_its_variable(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    small_paper_run(tmp_path)
    error = failing(tmp_path, monkeypatch, capsys)
    assert "OPENAI_API_KEY" in error or "DASHSCOPE_API_KEY" in error


def failing(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the first steps say in a folder with these params, in the order of the recipe: one of them has to end with
    its message. How DVC passes it on is seen where a prompt has changed."""
    shutil.copytree(ROOT / "data/sample", project / "data/sample")
    monkeypatch.chdir(project)
    with pytest.raises(SystemExit) as ended:
        scrape_filter_and_judge()
    assert ended.value.code == 1
    return capsys.readouterr().err


def scrape_filter_and_judge() -> None:
    for name in recipe.STEPS[:3]:
        import_module(f"stages.{name}").main()

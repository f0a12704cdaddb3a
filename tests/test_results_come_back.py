"""A release goes out without its texts, and what a model answered on a hydrated copy with holes comes back: published
on a loopback Hub, hydrated, run in both harnesses, imported, analysed, and shown by the next release."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from services.chat import ChatServer
from services.finished_run import finished_run
from services.harnesses import BIN, INSPECT, harness, lm_eval
from services.hub import OWNER, Hub, connected
from services.released import REPOSITORY, build, release_params
from services.values import SLUGS, TEN

from pipeline.analyse import step as analyse
from pipeline.answers import imports
from pipeline.answers.readers import READERS
from pipeline.hydrate.folder import write
from pipeline.params.analysis import Analysis
from pipeline.publish import bundle as bundles
from pipeline.publish.publish import publish
from pipeline.release import results
from pipeline.report import rows as report_rows
from pipeline.score import step as score
from pipeline.step import Job
from pipeline.tables import AskedQuestions, Questions, Respondents, Scenarios, places, read_table

pytestmark = [
    pytest.mark.slow(after="sample"),
    pytest.mark.skipif(
        not (BIN / "inspect").exists(), reason="the harnesses are not installed: make .venv-evaluators/stamp"
    ),
]
ONLY = "benevolence"
INSPECTED, LM_EVALUATED = "openai-api/loop/m", "m"


def benevolent(body: dict[str, Any], n: int) -> str:
    """Chooses the action of Benevolence, and nothing where there is none."""
    said = body["messages"][-1]["content"]
    text = said if isinstance(said, str) else said[0]["text"]
    options = re.findall(
        r"^([A-D])\) Do what writer-\d has in mind for number (\d+) here\.$", text, re.MULTILINE
    )
    assert len(options) == 4
    letters = [letter for letter, number in options if SLUGS[int(number)] == ONLY]
    return f"ANSWER: {letters[0]}" if letters else "None of these."


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The makers' run, whose posts are real."""
    root = tmp_path_factory.mktemp("run")
    finished_run(root / "data", release_params(real=True), prefix="r")
    return root


def downloaded(hub: Hub, home: Path) -> Path:
    """Where a user's client put the published version."""
    environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}
    script = f"from pipeline.hydrate.source import locate; print(locate('{REPOSITORY}@v1.0.0'))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environment | {"HF_HUB_DISABLE_XET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def copy(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's hydrated copy of what the makers published; the post of every sixth scenario is gone."""
    params = release_params(real=True, private=False)
    folder = build(root / "data", params, tmp_path_factory.mktemp("release") / "valact-15k")
    with pytest.MonkeyPatch.context() as patch, connected(patch) as hub:
        publish(bundles.load(folder, params), params, OWNER)
        published = downloaded(hub, tmp_path_factory.mktemp("hf"))
    texts = (
        read_table(Scenarios, root / "data/assemble/scenarios.parquet").sort("scenario_id").with_row_index()
    )
    here = pl.col("index") % 6 != 0
    settled = texts.select(
        "scenario_id",
        "post_id",
        status=pl.when(here).then(pl.lit("ok")).otherwise(pl.lit("deleted")),
        text=pl.when(here).then("text"),
    )
    out = tmp_path_factory.mktemp("copy") / "valact-15k"
    write(published, out, pl.read_parquet(published / "scenarios/test.parquet"), settled)
    return out


@pytest.fixture(scope="module")
def logs(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What both harnesses left behind, by the name of the study."""
    home = tmp_path_factory.mktemp("home")
    with ChatServer(benevolent) as chat:
        asked = (str(copy), INSPECTED, str(home / "logs"))
        inspected = harness(copy, home, chat, "python", "-c", INSPECT, *asked)
        assert inspected.returncode == 0, inspected.stdout + inspected.stderr
        evaluated = lm_eval(copy, home, chat)
        assert evaluated.returncode == 0, evaluated.stdout + evaluated.stderr
    assert "present" in inspected.stdout
    (home / "inspected.json").write_text(inspected.stdout.splitlines()[-1])
    return {"inspected": home / "logs", "evaluated": home / "out", "scores": home / "inspected.json"}


@pytest.fixture(scope="module")
def expected(copy: Path) -> dict[str, float]:
    """The figures, counted in the copy by hand."""
    here = pl.read_parquet(copy / "questions/test.parquet").drop_nulls("text")
    offers = here.filter(pl.col("options").list.eval(pl.element().struct.field("value") == ONLY).list.any())
    assert 0 < offers.height < here.height < 30
    right = offers.filter(pl.col("target_value") == ONLY).height
    return {
        "answered": offers.height / here.height,
        "accuracy": right / offers.height,
        "present": here.height / 30,
    }


def test_the_copy_s_card_says_what_the_copy_holds(copy: Path) -> None:
    card = (copy / "README.md").read_text(encoding="utf-8")
    body = " ".join(card.split())
    assert "**This copy holds the texts of 5 of 6 scenarios**" in body
    assert "The text of the posts is withheld" not in body
    assert "A row of `questions` has the scenario (`text`, where its status" in body
    assert "Both run in this folder." in body
    assert "whose text is withheld" not in body
    assert "<!--" not in body


def test_both_harnesses_count_alike_on_a_copy_with_holes(
    logs: dict[str, Path], expected: dict[str, float]
) -> None:
    scores = json.loads(logs["scores"].read_text())
    (path,) = logs["evaluated"].rglob("results_*.json")
    content = json.loads(path.read_text())
    found = {
        task: {name.removesuffix(",none"): value for name, value in figures.items()}
        for task, figures in content["results"].items()
    }
    for task in ("valact_selection", "valact_default"):
        for name in ("answered", "present"):
            assert scores[task][name] == pytest.approx(found[task][name]) == pytest.approx(expected[name])
    assert scores["valact_selection"]["accuracy"] == pytest.approx(expected["accuracy"])
    assert found["valact_selection"]["acc"] == pytest.approx(expected["accuracy"])
    for profile in (scores["valact_default"], found["valact_default"]):
        shares = {value: profile[value] for value in SLUGS if profile.get(value) is not None}
        assert shares.pop(ONLY) == 1
        assert set(shares.values()) == {0}
    assert content["higher_is_better"]["valact_default"][ONLY] is None


def test_answers_come_back_as_results_of_the_next_release(
    root: Path, logs: dict[str, Path], expected: dict[str, float], tmp_path: Path
) -> None:
    params = release_params("1.0.1", real=True).model_copy(update={"analysis": Analysis(draws=200)})
    data = root / "data"
    scenarios = read_table(Scenarios, data / "assemble/scenarios.parquet").select("scenario_id", "category")
    asked = read_table(Questions, data / "assemble/questions.parquet").join(scenarios, on="scenario_id")
    options = places.OPTIONS.path(root)
    ours = (read_table(places.OPTIONS.schema, options), asked.select(AskedQuestions.column_names()))
    for study in ("inspected", "evaluated"):
        reader = next(reader for reader in READERS.all().values() if reader.knows(logs[study]))
        tables = imports.import_answers(
            reader.read(logs[study]), lambda: ours, values=TEN, name=study, seed=params.seed
        )
        assert tables["ledger"].is_empty()
        imports.write(tables, data / "imported" / study)
    (data / "metrics").mkdir(exist_ok=True)
    score.STEP.make(Job(score.STEP, params, root=root))
    analyse.STEP.make(Job(analyse.STEP, params, root=root))

    found = results.read(data / "analyse")
    models = found.select("respondent", "prompts", "mode").unique()
    assert set(models["respondent"]) == {INSPECTED, LM_EVALUATED}
    # One prompt a mode, whichever harness asked; the day is that of the logs.
    assert models.group_by("mode").agg(pl.col("prompts").n_unique())["prompts"].to_list() == [1, 1]
    assert found["prompts"].null_count() == 0
    assert found["answered_on"].null_count() == 0
    for who in (INSPECTED, LM_EVALUATED):
        mine = {
            (row["mode"], row["measure"], row["value"]): row["estimate"]
            for row in found.filter(respondent=who).iter_rows(named=True)
        }
        assert mine["default", "share", ONLY] == 1
        assert mine["default", "answered", "all"] == pytest.approx(expected["answered"])
        assert mine["selection", "accuracy", "all"] == pytest.approx(expected["accuracy"])

    analysed = {name: pl.read_parquet(place.path(root)) for name, place in places.ANALYSIS.items()}
    analysed["respondents"] = read_table(Respondents, data / "score/respondents.parquet")
    assert set(report_rows.enacted(analysed)["respondent"]) == {INSPECTED, LM_EVALUATED}

    release = build(data, params, tmp_path / "valact-15k", results=found)
    page = (release / "leaderboard/index.html").read_text(encoding="utf-8")
    card = (release / "README.md").read_text(encoding="utf-8")
    for who in (INSPECTED, LM_EVALUATED):
        assert f'<td data-sort="{who}">{who}</td>' in page
        assert f"| {who} | model | Benevolence 100 %" in card
    assert page.count('<td data-sort="1.000000">100 %') == 2

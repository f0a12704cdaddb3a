"""The tasks that a release carries, run by inspect_ai and lm-evaluation-harness on a scripted model."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from services.chat import ChatServer
from services.finished_run import finished_run
from services.harnesses import BIN, INSPECT, harness, lm_eval
from services.project import ROOT
from services.released import build, release_params
from services.values import SLUGS

from pipeline import verify as verification
from pipeline.answers.harness import chosen
from pipeline.answers.readers import READERS
from pipeline.hydrate.folder import write
from pipeline.release import authored
from pipeline.release.dealt import Dealt
from pipeline.verify import checksums

pytestmark = [
    pytest.mark.slow(after="sample"),
    pytest.mark.skipif(
        not (BIN / "inspect").exists(), reason="the harnesses are not installed: make .venv-evaluators/stamp"
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = finished_run(tmp_path_factory.mktemp("run"), release_params())
    return build(run, release_params(), tmp_path_factory.mktemp("release") / "valact-15k")


@pytest.fixture(scope="module")
def withheld(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = finished_run(tmp_path_factory.mktemp("run"), release_params())
    params = release_params(real=True)
    return build(run, params, tmp_path_factory.mktemp("withheld") / "valact-15k")


def respond(numbers: dict[str, int]) -> str:
    """What the scripted model says of options, each with its value's place on the circle: the last one on it, but
    nothing of use where universalism is among them, and the bare letter where hedonism is."""
    if SLUGS.index("universalism") in numbers.values():
        return "Either A or B, ANSWER: none of them."
    letter = max(numbers, key=lambda label: numbers[label])
    return letter if SLUGS.index("hedonism") in numbers.values() else f"ANSWER: {letter}"


def scripted(body: dict[str, Any], n: int) -> str:
    asked = body["messages"][-1]["content"]
    text = asked if isinstance(asked, str) else asked[0]["text"]
    assert re.search(r"<post-[0-9a-f]{16}>\n", text)
    assert "A body of post" in text
    options = re.findall(
        r"^([A-D])\) Do what writer-\d has in mind for number (\d+) here\.$", text, re.MULTILINE
    )
    assert [label for label, _ in options] == list("ABCD")
    return respond({label: int(number) for label, number in options})


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    """The figures, reckoned from the long config by hand: accuracy and value shares of the scripted model."""
    options = pl.read_parquet(folder / "options/test.parquet").with_columns(
        place=pl.col("value").map_elements(SLUGS.index, return_dtype=pl.Int64)
    )
    chosen, offered, right, answered = Counter(), Counter(), 0, 0
    for _, question in options.group_by("question_id"):
        if "universalism" in question["value"]:
            continue
        choice = question.sort("place").tail(1)
        answered += 1
        chosen[choice["value"].item()] += 1
        offered.update(question["value"])
        right += choice["is_target"].item()
    total = options["question_id"].n_unique()
    assert 0 < right < answered < total
    return {
        "accuracy": right / answered,
        "accuracy_of_asked": right / total,
        "answered": answered / total,
        "profile": {value: chosen[value] / offered[value] for value in SLUGS if offered[value]},
    }


def test_inspect_ai(folder: Path, expected: dict[str, Any], tmp_path: Path) -> None:
    with ChatServer(scripted) as chat:
        done = harness(
            folder,
            tmp_path,
            chat,
            "python",
            "-c",
            INSPECT,
            str(folder),
            "openai-api/loop/m",
            str(tmp_path / "logs"),
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])

    selection, default = found["valact_selection"], found["valact_default"]
    assert selection["accuracy"] == pytest.approx(expected["accuracy"])
    assert selection["accuracy_of_asked"] == pytest.approx(expected["accuracy_of_asked"])
    assert selection["answered"] == pytest.approx(expected["answered"])
    assert selection["present"] == 1
    assert 0 < selection["standard_error"] < 0.5
    assert len(selection.keys() & set(SLUGS)) > 5, "the accuracy for each target value that was answered"
    assert {v: s for v, s in default.items() if v in SLUGS and s is not None} == pytest.approx(
        expected["profile"]
    )
    assert default["answered"] == pytest.approx(expected["answered"])
    _imported(tmp_path / "logs", expected)


def _imported(path: Path, expected: dict[str, Any]) -> None:
    """The logs as rows of a respondent say what the harness counted."""
    reader = next(reader for reader in READERS.all().values() if reader.knows(path))
    choices = reader.read(path).tables["choices"]
    for mode in ("selection", "default"):
        rows = choices.filter(mode=mode)
        assert (rows["status"] == "answered").mean() == pytest.approx(expected["answered"])
    assert choices.filter(mode="selection")["target_value"].null_count() == 0


def test_lm_evaluation_harness(folder: Path, expected: dict[str, Any], tmp_path: Path) -> None:
    with ChatServer(scripted) as chat:
        done = lm_eval(folder, tmp_path, chat)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (tmp_path / "out").rglob("results_*.json")
    found = {
        task: {name.removesuffix(",none"): value for name, value in figures.items()}
        for task, figures in json.loads(path.read_text())["results"].items()
    }

    assert found["valact_selection"]["acc"] == pytest.approx(expected["accuracy"])
    assert found["valact_selection"]["acc_of_asked"] == pytest.approx(expected["accuracy_of_asked"])
    assert found["valact_selection"]["answered"] == pytest.approx(expected["answered"])
    assert found["valact_selection"]["present"] == 1
    default = found["valact_default"]
    assert {v: default[v] for v in SLUGS if v in default} == pytest.approx(expected["profile"])
    assert default["answered"] == pytest.approx(expected["answered"])
    _imported(tmp_path / "out", expected)


def test_a_hydrated_copy_with_holes_is_asked_what_it_has(
    folder: Path, withheld: Path, tmp_path: Path
) -> None:
    """One scenario's post is gone. Both harnesses take the questions from the same function."""
    copy = hydrated(withheld, pl.read_parquet(folder / "scenarios/test.parquet"), tmp_path / "copy")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import valact; rows = valact.questions();"
        "print(len(rows), rows[0]['present'])"
    )
    done = harness(copy, tmp_path, None, "python", "-c", script, str(copy / "evaluators"))
    total = pl.read_parquet(folder / "questions/test.parquet").height
    asked, present = done.stdout.split()
    assert (int(asked), float(present)) == (total - 5, pytest.approx(1 - 5 / total))
    assert f"5 of {total} questions have no text here and are not asked" in done.stderr

    results = verification.verify(copy)
    assert {result.name: result.problems for result in results if not result.passed} == {}
    (copy / "evaluators/__pycache__").mkdir()
    (copy / "evaluators/__pycache__/valact.cpython-311.pyc").touch()
    (copy / "logs").mkdir()
    (copy / "logs/2026.eval").touch()
    assert all(result.passed for result in verification.verify(copy))
    assert checksums.left_there(copy) == [
        "evaluators/__pycache__/valact.cpython-311.pyc",
        "logs/2026.eval",
    ]


def hydrated(release: Path, scenarios: pl.DataFrame, out: Path) -> Path:
    """A hydrated copy of the release with the texts of these scenarios, but for the first one."""
    gone = scenarios["scenario_id"].sort()[0]
    here = pl.col("scenario_id") != gone
    settled = scenarios.select(
        "scenario_id",
        "post_id",
        status=pl.when(here).then(pl.lit("ok")).otherwise(pl.lit("deleted")),
        text=pl.when(here).then("text"),
    )
    write(release, out, pl.read_parquet(release / "scenarios/test.parquet"), settled)
    return out


def test_without_text_both_say_what_is_missing(withheld: Path, tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import inspect_tasks; inspect_tasks.valact_default()"
    )
    done = harness(withheld, tmp_path, None, "python", "-c", script, str(withheld / "evaluators"))
    assert "valact hydrate" in done.stderr
    done = lm_eval(withheld, tmp_path, None)
    assert done.returncode != 0
    assert "valact hydrate" in done.stderr


def test_both_run_the_authored_part_without_hydration(tmp_path: Path) -> None:
    params = release_params(real=True)
    run = finished_run(tmp_path / "run", params, prefix="x")
    few = authored.of_the_sample(ROOT, Dealt.of(params)).head(6)
    release = build(run, params, tmp_path / "valact-15k", authored=few)
    right = (few["target_position"] == 1).mean()
    with ChatServer(lambda body, n: "ANSWER: A") as chat:
        tasks = ("valact_authored_selection", "valact_authored_default")
        done = lm_eval(release, tmp_path, chat, ",".join(tasks))
        assert done.returncode == 0, done.stdout + done.stderr
        script = INSPECT.replace("eval(f", "eval(task_args={'config': 'authored'}, tasks=f")
        logs = str(tmp_path / "logs")
        asked = harness(
            release, tmp_path, chat, "python", "-c", script, str(release), "openai-api/loop/m", logs
        )
        assert asked.returncode == 0, asked.stdout + asked.stderr
    (path,) = (tmp_path / "out").rglob("results_*.json")
    found = json.loads(path.read_text())["results"]
    assert found[tasks[0]]["acc,none"] == pytest.approx(right)
    assert found[tasks[1]]["answered,none"] == 1
    of_inspect = json.loads(asked.stdout.splitlines()[-1])
    assert of_inspect["valact_selection"]["accuracy"] == pytest.approx(right)
    assert of_inspect["valact_default"]["answered"] == 1


def test_answers_are_read_as_asked_for_or_not_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder / "evaluators"))
    import valact

    for response, letter in {
        "ANSWER: B": "B",
        "answer: (c)": "C",
        "I think so.\n\nANSWER: D": "D",
        "A": "A",
        " (b). ": "B",
        "ANSWER: **D**": "D",
        "**ANSWER: C**": "C",
        "The answer is: C.": "C",
        "ANSWER: \\boxed{B}": "B",
        "ANSWER: D) Call her and ask.": "D",
        "ANSWER:\n\nC": "C",
        "<think>At first, ANSWER: A</think>\nANSWER: D": "D",
        "<think>ANSWER: A": None,
        "ANSWER: A and B": None,
        "ANSWER: A, B": None,
        "ANSWER: (A) and (B)": None,
        "ANSWER: A friend would know": None,
        "ANSWER: A or ANSWER: B": None,
        "ANSWER: E": None,
        "A is best": None,
        "Because of the answer": None,
        "": None,
    }.items():
        assert valact.answered(response, 4) == letter, response
        # Logs of the harnesses are read alike.
        assert chosen(response, 4)[1] == letter, response

"""The tasks that a release of the lens carries, run by both harnesses on a scripted model."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from services.chat import ChatServer
from services.harnesses import BIN, harness, lm_eval

from pipeline.lens.verify import verify

ASKED = ("lens_unnamed", "lens_named")
INSPECT = """
import json, sys
from inspect_ai import eval
folder, model, logs = sys.argv[1:]
out = {}
for name in ("lens_unnamed", "lens_named"):
    log = eval(f"{folder}/evaluators/inspect_tasks.py@{name}", model=model, log_dir=logs, display="none")[0]
    assert log.status == "success", log.error
    out[name] = {key: metric.value for score in log.results.scores for key, metric in score.metrics.items()}
print(json.dumps(out))
"""
needs_harnesses = pytest.mark.skipif(
    not (BIN / "inspect").exists(), reason="the harnesses are not installed: make .venv-evaluators/stamp"
)


@pytest.fixture
def folder(lens_run: Path, tmp_path: Path) -> Path:
    """A release of its own for each test: harnesses leave files in it."""
    return Path(shutil.copytree(lens_run / "lens/data/release/valact-lens", tmp_path / "valact-lens"))


class Scripted:
    """Takes the action for a value of an even number, the first option of one of an odd number, and says nothing of
    use about tradition."""

    def __init__(self, folder: Path) -> None:
        self.pairs = pl.read_parquet(folder / "pairs/test.parquet")
        self.slugs = sorted(self.pairs["value"].unique())
        texts = self.pairs.select("expresses", "opposes", "value").iter_rows()
        self.told = {text: (value, text == one) for one, other, value in texts for text in (one, other)}

    def __call__(self, body: dict[str, Any], n: int) -> str:
        asked = body["messages"][-1]["content"]
        text = asked if isinstance(asked, str) else asked[0]["text"]
        shown = [self.told[option] for option in re.findall(r"^[AB]\) (.*)$", text, re.MULTILINE)]
        (value, _), _ = shown
        assert ("Think of this value" in text) == ("that value?" in text)
        if value == "tradition":
            return "Either of them."
        first = self.slugs.index(value) % 2 == 1 or shown[0][1]
        return f"ANSWER: {'A' if first else 'B'}"

    @property
    def expected(self) -> dict[str, float]:
        """The figures, counted from the pairs: either order of an odd value's pair gives one of each."""
        counts = dict(self.pairs["value"].value_counts().iter_rows())
        given = {value: n for value, n in counts.items() if value != "tradition"}
        odd = sum(n for value, n in given.items() if self.slugs.index(value) % 2)
        total = sum(given.values())
        return {
            "expressing": (total - odd / 2) / total,
            "first": (total / 2 + odd / 2) / total,
            "answered": total / self.pairs.height,
            **{value: 0.5 if self.slugs.index(value) % 2 else 1.0 for value in given},
        }


@pytest.mark.slow
@needs_harnesses
def test_inspect_ai(folder: Path, tmp_path: Path) -> None:
    scripted = Scripted(folder)
    with ChatServer(scripted) as chat:
        command = ("python", "-c", INSPECT, str(folder), "openai-api/loop/m", str(tmp_path / "logs"))
        done = harness(folder, tmp_path, chat, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    for name in ASKED:
        figures = found[name]
        assert {key: figures[key] for key in scripted.expected} == pytest.approx(scripted.expected)
        assert figures.get("tradition") is None
        assert 0 < figures["standard_error"] < 0.2
    _still_passes(folder)


@pytest.mark.slow
@needs_harnesses
def test_lm_evaluation_harness(folder: Path, tmp_path: Path) -> None:
    scripted = Scripted(folder)
    with ChatServer(scripted) as chat:
        done = lm_eval(folder, tmp_path, chat, "lens")
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (tmp_path / "out").rglob("results_*.json")
    results = json.loads(path.read_text())["results"]
    for name in ASKED:
        figures = {key.removesuffix(",none"): figure for key, figure in results[name].items()}
        assert {key: figures[key] for key in scripted.expected} == pytest.approx(scripted.expected)
    _still_passes(folder)


def _still_passes(folder: Path) -> None:
    results = verify(folder)
    assert {result.name: result.problems for result in results if result.problems} == {}


def test_altered_and_strange_code_is_named(folder: Path) -> None:
    tasks = folder / "evaluators"
    (tasks / "valact_lens.py").write_text("import os\n")
    (tasks / "other.py").write_text("")
    (tasks / "lens.yaml").unlink()
    (found,) = (result.problems for result in verify(folder) if result.name == "evaluators")
    assert [problem.split(" is ")[0] for problem in found or ()] == [
        "evaluators/lens.yaml",
        "evaluators/other.py",
        "evaluators/valact_lens.py",
    ]

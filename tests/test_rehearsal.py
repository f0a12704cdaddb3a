"""The paper's profile at a tiny scale, with models that misbehave as real ones were measured to.

`python -m benchmarks.rehearsal` is the same at full size, with DVC, kills and a take-down.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from services.measured_models import MeasuredModels
from services.project import ROOT, loopback_keys

from pipeline import params as settings
from pipeline import recipe
from pipeline.core.errors import ShortageError
from pipeline.params import Params
from pipeline.step.run import carry_out
from pipeline.step.step import Job

sys.path.insert(0, str(ROOT))
from benchmarks import rehearsal

STEPS = ("scrape", "filter", "judge", "generate", "assemble")
SIZE = rehearsal.Size(posts=1500, quota=6, reserve=4)


def run(*names: str) -> dict[str, Job]:
    params = settings.load()
    return {name: carry_out(recipe.step(name), params) for name in names}


def sizes(*names: str) -> list[int]:
    return [pl.read_parquet(f"data/{name}.parquet").height for name in names]


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[MeasuredModels]:
    with MeasuredModels() as served:
        for name, value in loopback_keys(served.chat, served.dashscope).items():
            monkeypatch.setenv(name, value)
        yield served


def prepared(folder: Path, monkeypatch: pytest.MonkeyPatch, **dump: object) -> Params:
    params = rehearsal.prepare(folder, SIZE, **dump)
    monkeypatch.chdir(folder)
    return params


def test_quotas_fill_with_judges_and_writers_as_they_are(
    tmp_path: Path, models: MeasuredModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = prepared(tmp_path / "project", monkeypatch)
    done = run(*STEPS)
    assert {name: job.error for name, job in done.items() if job.error} == {}
    rehearsal.check(Path(), SIZE, params)
    posts, candidates, filtered = sizes("scrape/posts", "filter/candidates", "filter/ledger")
    assert posts == candidates + filtered
    scenarios, turned_down = sizes("judge/scenarios", "judge/ledger")
    assert candidates == scenarios + turned_down
    chosen, not_needed = sizes("assemble/scenarios", "assemble/ledger")
    assert scenarios == chosen + not_needed
    assert rehearsal.failures(Path())["value_not_named"] > 10
    assert models.turned_away > 0
    assert rehearsal.twice(models) == 0, "a question was paid for twice"

    calls = models.calls
    tables = {file: file.read_bytes() for file in Path("data").rglob("*.parquet")}
    run("judge", "generate", "assemble")
    assert models.calls == calls, "recorded answers were asked for again"
    assert all(file.read_bytes() == content for file, content in tables.items())


def test_a_source_that_cannot_fill_a_category_says_what_is_missing_and_what_helps(
    tmp_path: Path, models: MeasuredModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(tmp_path / "project", monkeypatch, scarce={"AmItheAsshole": 0.02})
    judged = run("scrape", "filter", "judge")["judge"]
    told = "\n".join([*judged.notes, str(judged.error or "")])
    assert "short of the quota: Ethics" in told
    assert all(remedy in told for remedy in ("more posts", "other criteria", "smaller quota.per_category"))
    chosen = pl.read_parquet("data/judge/scenarios.parquet")
    assert chosen.filter(pl.col("category") != "Ethics").height == 4 * (SIZE.quota + SIZE.reserve)
    calls = models.calls
    params = settings.load()
    strict = params.model_copy(update={"quota": params.quota.model_copy(update={"strict": True})})
    assert isinstance(carry_out(recipe.step("judge"), strict).error, ShortageError)
    assert models.calls == calls

"""Questions about invented scenarios go along with every release, and with their text: nothing has to be hydrated."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from services.built_release import seal
from services.finished_run import finished_run
from services.project import ROOT
from services.released import build, release_params

from pipeline import verify as verification
from pipeline.core.errors import InputError, ValActError
from pipeline.params import Params
from pipeline.publish import bundle as bundles
from pipeline.release import authored
from pipeline.release.dealt import Dealt
from pipeline.release.files import arrow, write_parquet


@pytest.fixture(scope="module")
def params() -> Params:
    return release_params(real=True)


@pytest.fixture(scope="module")
def release(params: Params, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of real posts, whose text is withheld."""
    run = finished_run(tmp_path_factory.mktemp("run"), params, prefix="x")
    theirs = authored.of_the_sample(ROOT, Dealt.of(params))
    return build(run, params, tmp_path_factory.mktemp("v1") / "valact-15k", authored=theirs)


def test_a_release_of_real_posts_has_the_samples_questions_with_their_text(
    release: Path, params: Params
) -> None:
    questions, invented = (
        pl.read_parquet(release / name / "test.parquet") for name in ("questions", "authored")
    )
    assert questions["text"].null_count() == questions.height
    assert invented["text"].null_count() == 0
    assert invented.height == 150
    assert not set(invented["question_id"]) & set(questions["question_id"])
    assert {r.name: r.problems for r in verification.verify(release) if not r.passed} == {}
    bundles.load(release, params)


def test_the_sample_is_such_a_part_itself(tmp_path: Path) -> None:
    params = release_params()
    folder = build(finished_run(tmp_path / "run", params), params, tmp_path / "valact-15k")
    questions, invented = (
        pl.read_parquet(folder / name / "test.parquet") for name in ("questions", "authored")
    )
    assert invented.select(questions.columns).equals(questions)


def test_text_of_a_real_post_is_found_there(release: Path, params: Params) -> None:
    file = release / "authored/test.parquet"
    kept, real = pl.read_parquet(file), pl.read_parquet(release / "scenarios/test.parquet")["scenario_id"][0]
    first = pl.int_range(pl.len()) == 0
    forged = kept.with_columns(
        scenario_id=pl.when(first).then(pl.lit(real)).otherwise("scenario_id"),
        question_id=pl.when(first).then(pl.lit(f"{real}.q9")).otherwise("question_id"),
    )
    write_parquet(arrow(forged), file)
    seal(release)
    found = {r.name: r.problems for r in verification.verify(release) if not r.passed}
    assert found["authored"] == [f"{real} is in config authored, and is no invented scenario (1 in all)"]
    assert set(found) == {"authored", "benchmark"}
    with pytest.raises(ValActError, match="text that may be of real posts"):
        bundles.load(release, params)
    write_parquet(arrow(kept.with_columns(text=pl.lit("Another text"))), file)
    seal(release)
    assert {r.name for r in verification.verify(release) if not r.passed} == {"authored", "benchmark"}
    write_parquet(arrow(kept), file)
    seal(release)


def test_other_values_or_options_have_none(params: Params, tmp_path: Path) -> None:
    dealt = Dealt.of(params)
    assert authored.of_the_sample(ROOT, Dealt(dealt.values[1:], dealt.design)).is_empty()
    with pytest.raises(InputError, match="does not exist"):
        authored.of_the_sample(tmp_path, dealt)

"""`valact compare` beside a release: its respondents and one's own, on the questions that both answered."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from services.finished_run import finished_run
from services.released import build, release_params
from services.results import MODEL, answers, results

from pipeline.cli import main
from pipeline.compare import released
from pipeline.core.errors import InputError
from pipeline.tables import Questions, bounded, read_table

OTHER = "other-model"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the answers of two respondents: one always takes A in default mode, the other B."""
    params = release_params(real=True)
    run = finished_run(tmp_path_factory.mktemp("run"), params, prefix="x")
    questions = read_table(Questions, run / "assemble/questions.parquet")
    return build(
        run,
        params,
        tmp_path_factory.mktemp("release") / "valact-15k",
        results=pl.concat([results(), results(who=OTHER)]),
        answers=pl.concat([answers(questions), answers(questions, OTHER, lambda asked: 2)]),
    )


@pytest.fixture
def project(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = (root / "profiles/sample.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("draws: 2000", "draws: 200"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compare(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ["compare", *arguments, "--out", "found.csv"])
    assert done.exit_code == 0, done.output
    return done


def logged(folder: Path, release: Path) -> Path:
    """What one's own model answered, as tables: A throughout, and to every third question nothing. One question reads
    otherwise than the release's of its name."""
    questions = pl.read_parquet(release / "questions/test.parquet").sort("question_id").with_row_index()
    changed = pl.col("index") == 1
    choices = questions.filter(pl.col("index") % 3 != 0).select(
        "question_id",
        respondent=pl.lit("mine"),
        mode=pl.lit("default"),
        letter=pl.lit("A"),
        content_sha256=pl.when(changed).then(pl.lit("0" * 64)).otherwise("content_sha256"),
    )
    folder.mkdir()
    choices.write_csv(folder / "choices.csv")
    (folder / "respondents.csv").write_text(f"respondent,kind,prompts\nmine,model,default={'f' * 16}\n")
    return folder


def test_two_respondents_of_a_release(release: Path, project: Path) -> None:
    done = compare(f"{release}:{MODEL}", f"{release}:{OTHER}")
    assert f"{release}:{OTHER} against {release}:{MODEL}" in done.output
    found = pl.read_csv("found.csv")
    options = pl.read_parquet(release / "options/test.parquet")
    for row in found.filter(measure="share_of_choices").iter_rows(named=True):
        offered = options.filter(value=row["value"])
        a, b = ((offered["position"] == position).sum() / 30 for position in (1, 2))
        assert (row["n"], row["estimate_a"], row["estimate_b"]) == (30, pytest.approx(a), pytest.approx(b))
        assert row["difference"] == pytest.approx(b - a)
    assert found.filter(measure="same_answer")["difference"].to_list() == [0]
    selection = found.filter(measure="selection_accuracy", value="all").row(0, named=True)
    targets = pl.read_parquet(release / "questions/test.parquet")["target_position"]
    assert (selection["estimate_a"], selection["estimate_b"]) == (1, pytest.approx((targets == 2).mean()))


def test_ones_own_logs_beside_all_of_a_release_on_the_same_questions(release: Path, project: Path) -> None:
    done = compare(str(release), str(logged(project / "mine", release)))
    assert done.output.count(" against ") == 2
    assert "question_changed" in done.output
    assert "asked with other prompts (0123456789abcdef, ffffffffffffffff)" in done.output
    # Of 30 questions 20 were answered, and one of these reads otherwise.
    same = pl.read_csv("found.csv").filter(measure="same_answer").sort("a")
    assert same["n"].to_list() == [19, 19]
    assert same["difference"].to_list() == [1, 0]


def test_a_release_that_was_taken_from_the_hub_is_named_as_such(
    release: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("pipeline.hydrate.source._download", lambda *name: asked.append(name) or release)
    done = compare("owner/name@v1.0.0:" + MODEL, "owner/name@v1.0.0:" + OTHER)
    assert set(asked) == {("owner/name", "v1.0.0")}
    assert f"owner/name@v1.0.0:{OTHER} against owner/name@v1.0.0:{MODEL}" in done.output


def test_what_cannot_be_compared_is_said(release: Path, project: Path, tmp_path: Path) -> None:
    mine = str(logged(project / "mine", release))
    for arguments, said in (
        ((mine, mine), "logs say nothing of their questions"),
        ((str(release), f"{release}:nobody"), f"there is no respondent 'nobody'; known are {MODEL}, {OTHER}"),
    ):
        done = CliRunner().invoke(main, ["compare", *arguments])
        assert done.exit_code == 1
        assert said in done.output
    without = tmp_path / "without"
    shutil.copytree(release, without)
    table = pl.read_parquet(without / "answers/test.parquet")
    table.clear().write_parquet(without / "answers/test.parquet")
    with pytest.raises(InputError, match="no respondent's answers are part of this release"):
        released.read(without)
    shutil.rmtree(without / "answers")
    with pytest.raises(InputError, match="the release has no config answers"):
        released.read(without)


def test_a_table_that_would_take_gigabytes_is_not_read(
    release: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "MOST_BYTES", 1_000)
    score = project / "elsewhere"
    score.mkdir()
    pl.DataFrame({"respondent": ["x" * 2_000]}).write_parquet(score / "choices.parquet")
    for place in (f"{release}:{MODEL}", f"{score}:x"):
        done = CliRunner().invoke(main, ["compare", place, f"{release}:{OTHER}"])
        assert done.exit_code == 1
        assert "in memory" in done.output

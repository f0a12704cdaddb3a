"""Hand-over between machines as docs/handover.md has it: push, clone, pull, and `dvc repro` has nothing to do."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from services.project import digests
from services.sample_run import commit, copy_built, run, sample_run

from pipeline.withdrawn.register import KEY

pytestmark = pytest.mark.slow

RELEASE = "data/release/valact-15k"
TRANSCRIPTS = ("judge", "generate")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine that built the release and pushed it, its recorded transcripts and all, to a remote."""
    folder = tmp_path_factory.mktemp("first")
    project = sample_run(folder / "valact")
    # Recorded transcripts of the user's own, as a paid run has them, which git does not hold.
    shutil.copyfile(
        project / "data/sample/transcripts/sample.parquet", project / "data/recorded/paid.parquet"
    )
    for name in ("params.yaml", "profiles/sample.yaml"):
        text = (project / name).read_text()
        (project / name).write_text(
            text.replace("transcripts: data/sample/transcripts", "transcripts: data/recorded")
        )
    run(project, "dvc", "add", "--quiet", "data/recorded/paid.parquet")
    # The same answers from another folder: nothing has to be built anew, but DVC does not know that.
    changed = json.loads(run(project, "dvc", "status", "--json", "--with-deps"))
    own = [stage for stage in changed if not stage.startswith("lens/")]
    run(project, "dvc", "commit", "--quiet", "--force", *own)
    run(project, "dvc", "remote", "add", "--default", "shared", str(folder / "remote"))
    run(project, "dvc", "push", "--quiet")
    commit(project, "handed over")
    return project


def clone(first: Path, to: Path) -> Path:
    run(first, "git", "clone", "--quiet", str(first), str(to))
    run(to, "dvc", "pull", "--quiet", "--allow-missing")
    return to


@pytest.fixture(scope="module")
def second(first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another machine that has pulled; for reading only."""
    return clone(first, tmp_path_factory.mktemp("second") / "valact")


def test_a_second_clone_pulls_and_repro_does_nothing(first: Path, second: Path) -> None:
    done = run(second, "dvc", "repro")
    assert "Running stage" not in done
    assert "up to date" in done
    assert digests(second / RELEASE) == digests(first / RELEASE)
    for stage in TRANSCRIPTS:
        transcript = pl.read_parquet(second / f"data/{stage}/transcripts.parquet")
        assert transcript.height > 30
        assert transcript.equals(pl.read_parquet(first / f"data/{stage}/transcripts.parquet"))
    assert run(second, "git", "status", "--short") == ""
    assert not (second / ".responses").exists(), "a model was asked, or might have been"


def test_dumps_stay_behind_when_scrape_is_frozen(second: Path, tmp_path: Path) -> None:
    second = copy_built(second, tmp_path / "second")
    (second / "data/inputs/RS_2023-03.zst").write_bytes(b"a dump that the first machine did not have")
    assert "data/inputs" in run(second, "dvc", "status", "scrape")
    run(second, "dvc", "freeze", "scrape")
    assert "Running stage" not in run(second, "dvc", "repro")


def test_a_takedown_reaches_the_other_machine_and_the_remote(first: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(first, tmp_path / "first", symlinks=True))
    remote = Path(shutil.copytree(first.parent / "remote", tmp_path / "remote"))
    run(home, "dvc", "remote", "modify", "shared", "url", str(remote))
    commit(home, "another remote")
    second = clone(home, tmp_path / "second")
    post, scenario = pl.read_parquet(home / "data/assemble/scenarios.parquet").row(0)[1::-1]
    before = transcripts_about(remote, post, scenario)
    assert before > 2, "the search is blind"

    run(home, "valact", "takedown", post, "--yes")
    assert not re.search("Running stage '(judge|generate)", run(home, "dvc", "repro"))
    commit(home, "taken back")
    run(home, "dvc", "push", "--quiet")
    run(home, "dvc", "gc", "--workspace", "--cloud", "--force")
    assert transcripts_about(remote, post, scenario) == 0

    run(second, "git", "pull", "--quiet")
    run(second, "dvc", "pull", "--quiet", "--force", "--allow-missing")
    assert not (second / KEY).exists()
    assert "Running stage" not in run(second, "dvc", "repro", "release")
    assert post not in pl.read_parquet(second / "data/scrape/posts.parquet")["post_id"]
    assert digests(second / RELEASE) == digests(home / RELEASE)


def transcripts_about(remote: Path, *names: str) -> int:
    """Rows in the remote's tables that are about the post or its scenario."""
    rows = 0
    for path in remote.rglob("*"):
        if path.is_file() and path.read_bytes()[:4] == b"PAR1":
            table = pl.read_parquet(path)
            for column in ("subject", "post_id", "scenario_id"):
                if column in table.columns:
                    rows += table.filter(pl.col(column).is_in(names)).height
    return rows

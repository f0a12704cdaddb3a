"""Hand-over between machines as docs/handover.md has it: push, clone, pull, and `dvc repro` has nothing to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from services.project import digests
from services.sample_run import commit, copy_built, handed_over, run, taken_back, victim

from pipeline.withdrawn.register import KEY

# The whole chain of builds may be one test's to wait for, on a machine that is busy.
pytestmark = [pytest.mark.slow(after="sample"), pytest.mark.timeout(1200)]

RELEASE = "data/release/valact-15k"
TRANSCRIPTS = ("judge", "generate")


@pytest.fixture(scope="module")
def first() -> Path:
    """The machine that built the release and pushed it, its recorded transcripts and all, to a remote; for reading
    only."""
    return handed_over()


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


def test_a_takedown_reaches_the_other_machine_and_the_remote(
    first: Path, second: Path, tmp_path: Path
) -> None:
    remote = Path(shutil.copytree(first.parent / "remote", tmp_path / "remote"))
    row = victim(first)
    post, scenario = row["post_id"], row["scenario_id"]
    before = transcripts_about(remote, post, scenario)
    assert before > 2, "the search is blind"

    home, second = copy_built(taken_back(), tmp_path / "first"), copy_built(second, tmp_path / "second")
    assert post in pl.read_parquet(second / "data/scrape/posts.parquet")["post_id"]
    run(home, "dvc", "remote", "modify", "shared", "url", str(remote))
    commit(home, "taken back")
    run(home, "dvc", "push", "--quiet")
    run(home, "dvc", "gc", "--workspace", "--cloud", "--force")
    assert transcripts_about(remote, post, scenario) == 0

    run(second, "git", "remote", "set-url", "origin", str(home))
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

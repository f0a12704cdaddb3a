"""`valact release prune`: after a take-down no ref of the Hub leads to what was taken back, whatever breaks."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from click.testing import CliRunner
from huggingface_hub import HfApi
from huggingface_hub.utils import _http
from services.finished_run import finished_run
from services.hub import OWNER, READER, Hub, connected
from services.released import REPOSITORY, build, release_params

from pipeline import prune
from pipeline.commands.release import release as command
from pipeline.core.errors import CredentialsError, InputError, ProviderError
from pipeline.params import Params
from pipeline.publish import bundle as bundles
from pipeline.publish.hub import connect, readable_errors
from pipeline.publish.publish import publish
from pipeline.withdrawn.register import Takedown

TAKEN = Takedown(f"{1:032x}", dt.date(2026, 1, 2), "deleted", "scenario")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("run"), release_params())


@pytest.fixture(scope="module")
def versions(run: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Params]]:
    """1.0.0; 1.0.1, without a scenario that was taken back; 1.0.2, with other documents only."""
    found: list[tuple[Path, Params]] = []
    gone: list[str] = []
    for number, taken in enumerate(([], [TAKEN], [TAKEN])):
        params = release_params(f"1.0.{number}", found[-1][0] if found else None)
        folder = build(
            run,
            params,
            tmp_path_factory.mktemp("v") / "valact-15k",
            without=gone if taken else [],
            takedowns=taken,
        )
        gone = gone or pl.read_parquet(folder / "scenarios/test.parquet")["scenario_id"][:1].to_list()
        found.append((folder, params))
    return found


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(_http, "time", SimpleNamespace(**{**vars(time), "sleep": lambda seconds: None}))
    with connected(monkeypatch) as hub:
        yield hub


@pytest.fixture
def published(hub: Hub, versions: list[tuple[Path, Params]]) -> Hub:
    for folder, params in versions:
        publish(bundles.load(folder, params), params, OWNER)
    return hub


def pruned() -> list[str]:
    with readable_errors(REPOSITORY):
        remote = connect(REPOSITORY, OWNER)
        return prune.carry_out(remote, prune.plan(remote))


def check(hub: Hub, files: dict[str, dict[str, bytes]]) -> None:
    """No ref and no stored file leads to 1.0.0, and the others are what they were."""
    repo = hub.repos[REPOSITORY]
    assert set(repo.tags) == {"v1.0.1", "v1.0.2"}
    assert not repo.branches
    for ref in ("v1.0.1", "v1.0.2", "main"):
        assert hub.files(REPOSITORY, ref) == files[ref]
        assert len(repo.history(ref)) == 1
    kept = {blob.sha256 for ref in (*repo.tags, "main") for blob in repo.at(ref).tree.values() if blob.lfs}
    assert set(hub.objects) == kept


def test_tags_that_hold_what_was_taken_back_go_with_history_and_files(published: Hub) -> None:
    files = {ref: published.files(REPOSITORY, ref) for ref in ("v1.0.1", "v1.0.2", "main")}
    before = set(published.objects)
    assert pruned() == []
    check(published, files)
    assert before - set(published.objects), "the tables of 1.0.0 were stored"
    # The two that stay, one for each tag and the branch.
    assert len(published.repos[REPOSITORY].reachable()) == 3
    assert prune.plan(connect(REPOSITORY, OWNER)).nothing


@pytest.mark.parametrize("fault", ["drop", "lost"])
def test_a_run_that_is_stopped_anywhere_is_run_again(published: Hub, fault: str) -> None:
    files = {ref: published.files(REPOSITORY, ref) for ref in ("v1.0.1", "v1.0.2", "main")}
    stopped = 0
    for at in range(1, 200):
        published.fail(fault, at=at)
        try:
            pruned()
        except ProviderError:
            stopped += 1
            published.mend()
            # What stays can be had at any time, under its tag or the branch that stands for it.
            repo = published.repos[REPOSITORY]
            for tag in ("v1.0.1", "v1.0.2"):
                ref = tag if tag in repo.tags else f"{prune.BRANCH}{tag}"
                assert published.files(REPOSITORY, ref) == files[tag]
            continue
        break
    published.mend()
    pruned()
    assert stopped > 5
    check(published, files)


def test_nothing_is_done_where_nothing_was_taken_back(hub: Hub, versions: list[tuple[Path, Params]]) -> None:
    folder, params = versions[0]
    publish(bundles.load(folder, params), params, OWNER)
    assert prune.plan(connect(REPOSITORY, OWNER)).nothing
    assert len(hub.repos[REPOSITORY].history("main")) == 2


def test_what_cannot_be_done_is_said(published: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    api = HfApi(endpoint=published.url, token=OWNER)
    api.upload_file(
        path_or_fileobj=b"x", path_in_repo="a.md", repo_id=REPOSITORY, repo_type="dataset", create_pr=True
    )
    found = prune.plan(connect(REPOSITORY, OWNER))
    assert found.pulls == ("refs/pr/1",)
    assert "only the Hub can delete: refs/pr/1" in ".".join(found.sentences())
    monkeypatch.setattr(HfApi, "list_lfs_files", _refused)
    (said,) = pruned()
    assert "delete them on the repository's settings page" in said


def _refused(self: HfApi, name: str, **options: object) -> Iterator[object]:
    """As the Hub answers somebody who may not."""
    HfApi(endpoint=self.endpoint, token=READER).delete_tag(name, tag="v1.0.1", repo_type="dataset")
    return iter(())


def test_a_branch_that_is_not_the_newest_version_is_left_alone(published: Hub) -> None:
    api = HfApi(endpoint=published.url, token=OWNER)
    api.delete_file("tombstones.json", REPOSITORY, repo_type="dataset")
    with pytest.raises(InputError, match=r"other tombstones than v1\.0\.2"):
        prune.plan(connect(REPOSITORY, OWNER))


def test_the_command_says_what_it_would_do_and_does_it_on_order(
    published: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", OWNER)
    said = CliRunner().invoke(command, ["prune", REPOSITORY]).output
    assert "v1.0.0 holds posts that were taken back since: the tag is deleted" in said
    assert "Nothing was done" in said
    assert set(published.repos[REPOSITORY].tags) == {"v1.0.0", "v1.0.1", "v1.0.2"}
    assert "Done." in CliRunner().invoke(command, ["prune", REPOSITORY, "--yes"]).output
    assert set(published.repos[REPOSITORY].tags) == {"v1.0.1", "v1.0.2"}
    assert "nothing to do" in CliRunner().invoke(command, ["prune", REPOSITORY]).output


def test_who_may_not_write_is_told_so(published: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    published.repos[REPOSITORY].private = False
    monkeypatch.setenv("HF_TOKEN", READER)
    with pytest.raises(CredentialsError, match="does not let this token write"):
        CliRunner().invoke(command, ["prune", REPOSITORY, "--yes"], catch_exceptions=False)
    assert set(published.repos[REPOSITORY].tags) == {"v1.0.0", "v1.0.1", "v1.0.2"}

"""Publishing with the real client against a loopback Hub: one commit, one tag, whatever breaks on the way."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import polars as pl
import pytest
from huggingface_hub import HfApi, constants
from huggingface_hub.utils import _http
from services.finished_run import SECRET, finished_run
from services.hub import FAULTS, OWNER, READER, Hub, connected
from services.released import REPOSITORY, build, release_params

from pipeline.core.errors import CredentialsError, InputError, ProviderError, ValActError
from pipeline.params import Params
from pipeline.publish import bundle as bundles
from pipeline.publish import hub as our_hub
from pipeline.publish.publish import publish
from pipeline.publish.receipt import Receipt
from pipeline.release.files import write_checksums
from pipeline.withdrawn.register import Takedown


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("run"), release_params())


@pytest.fixture(scope="module")
def first(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(run, release_params(), tmp_path_factory.mktemp("v1") / "valact-15k")


@pytest.fixture(scope="module")
def second(run: Path, first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patch of ``first``: one scenario less."""
    gone = pl.read_parquet(first / "scenarios/test.parquet")["scenario_id"][:1]
    folder = tmp_path_factory.mktemp("v2") / "valact-15k"
    taken = Takedown(f"{1:032x}", dt.date(2026, 1, 2), "deleted", "scenario")
    return build(run, release_params("1.0.1", first), folder, without=gone, takedowns=[taken])


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub that this process's client may use, with plain LFS uploads."""
    with connected(monkeypatch) as hub:
        yield hub


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's pauses between its own retries are none."""
    monkeypatch.setattr(_http, "time", SimpleNamespace(**{**vars(time), "sleep": lambda seconds: None}))


def put(folder: Path, params: Params | None = None, token: str = OWNER) -> Receipt:
    params = params or release_params()
    return publish(bundles.load(folder, params), params, token)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_one_commit_holds_the_release_and_the_tag_stands_on_it(hub: Hub, first: Path) -> None:
    found = put(first)

    repo = hub.repos[REPOSITORY]
    assert hub.files(REPOSITORY) == hub.files(REPOSITORY, "v1.0.0") == contents(first)
    assert len(repo.seen) == 2, "the Hub's own first commit, and ours"
    assert repo.tags == {"v1.0.0": found.commit}
    assert repo.commits[repo.head].title == "Release v1.0.0"
    assert (found.status, found.tag, found.repository) == ("published", "v1.0.0", REPOSITORY)
    assert found.address == f"{hub.url}/datasets/{REPOSITORY}/tree/v1.0.0"
    assert found.sha256.keys() == contents(first).keys()
    assert repo.private is True


def test_the_commit_names_its_parent(hub: Hub, first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody commits between our look and our commit: nothing is overwritten, and the next run takes it in."""
    HfApi(endpoint=hub.url, token=OWNER).create_repo(REPOSITORY, repo_type="dataset")
    look = our_hub.Remote.commit

    def late(self: our_hub.Remote, *arguments: object, **options: object) -> object:
        monkeypatch.setattr(our_hub.Remote, "commit", look)
        HfApi(endpoint=hub.url, token=OWNER).upload_file(
            path_or_fileobj=b"mine", path_in_repo="notes.txt", repo_id=REPOSITORY, repo_type="dataset"
        )
        return look(self, *arguments, **options)

    monkeypatch.setattr(our_hub.Remote, "commit", late)
    with pytest.raises(ProviderError, match="somebody else committed"):
        put(first)
    assert hub.files(REPOSITORY) == {"notes.txt": b"mine"}
    assert not hub.repos[REPOSITORY].tags

    put(first)
    assert hub.files(REPOSITORY, "v1.0.0") == contents(first) | {"notes.txt": b"mine"}


def test_a_second_run_changes_nothing(hub: Hub, first: Path) -> None:
    before = put(first)
    uploads, repo = len(hub.uploads), hub.repos[REPOSITORY]
    seen = list(repo.seen)

    assert put(first) == before
    assert (repo.seen, len(hub.uploads)) == (seen, uploads)


def test_the_next_version_replaces_its_files_and_leaves_others_and_the_old_tag(
    hub: Hub, first: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(first)
    folder = HfApi(endpoint=hub.url, token=OWNER)
    folder.upload_file(
        path_or_fileobj=b"x", path_in_repo="old/notes.md", repo_id=REPOSITORY, repo_type="dataset"
    )
    put(second, release_params("1.0.1", first))

    others = {"old/notes.md": b"x"}
    assert hub.files(REPOSITORY) == hub.files(REPOSITORY, "v1.0.1") == contents(second) | others
    assert hub.files(REPOSITORY, "v1.0.0") == contents(first)
    assert "old/notes.md" in capsys.readouterr().err


def test_a_file_of_others_is_not_replaced_by_one_of_ours(hub: Hub, first: Path) -> None:
    """Whoever registers a benchmark puts an eval.yaml there."""
    theirs = HfApi(endpoint=hub.url, token=OWNER)
    theirs.create_repo(REPOSITORY, repo_type="dataset")
    for name in ("eval.yaml", "README.md"):
        theirs.upload_file(
            path_or_fileobj=b"---\nlicense: mit\n---\n",
            path_in_repo=name,
            repo_id=REPOSITORY,
            repo_type="dataset",
        )
    with pytest.raises(InputError, match=r"would be replaced by files of this one: eval\.yaml;"):
        put(first)
    assert set(hub.files(REPOSITORY)) == {"eval.yaml", "README.md"}
    theirs.delete_file("eval.yaml", REPOSITORY, repo_type="dataset")
    put(first)
    assert hub.files(REPOSITORY) == contents(first)


def test_a_file_that_a_release_no_longer_has_leaves(
    hub: Hub, first: Path, second: Path, tmp_path: Path
) -> None:
    more = Path(shutil.copytree(first, tmp_path / "more"))
    (more / "extra.txt").write_text("of the first version only\n")
    write_checksums(more)
    put(more)
    put(second, release_params("1.0.1", first))
    assert hub.files(REPOSITORY) == contents(second)


def test_a_tag_is_never_moved(hub: Hub, run: Path, first: Path, tmp_path: Path) -> None:
    commit = put(first).commit
    gone = pl.read_parquet(first / "scenarios/test.parquet")["scenario_id"][:1]
    other = build(run, release_params(), tmp_path / "valact-15k", without=gone)

    with pytest.raises(InputError, match=r"v1\.0\.0 is on the Hub with other contents"):
        put(other)
    assert hub.repos[REPOSITORY].tags == {"v1.0.0": commit}
    assert hub.files(REPOSITORY) == contents(first)


def test_a_version_needs_the_changelog_since_the_last_one_and_comes_after_it(
    hub: Hub, run: Path, first: Path, second: Path, tmp_path: Path
) -> None:
    put(first)
    alone = build(run, release_params("1.0.1"), tmp_path / "valact-15k")
    with pytest.raises(InputError, match=r"CHANGELOG\.md does not say what changed since"):
        put(alone, release_params("1.0.1"))
    put(second, release_params("1.0.1", first))

    earlier = build(run, release_params("0.9.0"), tmp_path / "earlier")
    with pytest.raises(InputError, match=r"v1\.0\.1 is on the Hub already"):
        put(earlier, release_params("0.9.0"))
    assert hub.files(REPOSITORY) == contents(second)


@pytest.mark.parametrize("gated", ["auto", "manual", False])
@pytest.mark.parametrize("private", [True, False])
def test_visibility_and_gating_are_those_of_params_and_then_their_owners(
    hub: Hub, first: Path, private: bool, gated: str | bool, capsys: pytest.CaptureFixture[str]
) -> None:
    params = release_params(private=private, gated=gated)
    found = put(first, params)
    repo = hub.repos[REPOSITORY]
    assert (repo.private, repo.gated) == (private, gated) == (found.private, found.gated)

    other = release_params(private=not private, gated="auto")
    found = put(first, other)
    assert (repo.private, repo.gated) == (private, gated) == (found.private, found.gated)
    assert "left as it is (`valact release publish --settings`" in capsys.readouterr().err
    publish(bundles.load(first, other), other, OWNER, change_settings=True)
    assert (repo.private, repo.gated) == (not private, "auto")


def test_gating_is_on_before_there_is_anything_to_read(hub: Hub, first: Path) -> None:
    put(first, release_params(private=False, gated="manual"))
    settings = hub.paths.index(f"/api/datasets/{REPOSITORY}/settings")
    commit = hub.paths.index(f"/api/datasets/{REPOSITORY}/commit/main")
    assert settings < commit


def test_a_pull_request_waits_for_its_merge_and_is_opened_once(hub: Hub, first: Path, second: Path) -> None:
    put(first, release_params(private=False))
    repo = hub.repos[REPOSITORY]
    params = release_params("1.0.1", first, pull_request=True)

    for _ in range(2):  # somebody without the right to write proposes, and runs again
        found = put(second, params, token=READER)
        assert found.status == "pull request"
        assert found.pull_request == f"{hub.url}/datasets/{REPOSITORY}/discussions/1"
        assert hub.files(REPOSITORY) == contents(first)
        assert hub.files(REPOSITORY, "refs/pr/1") == contents(second)
    assert list(repo.pulls) == [1]
    assert list(repo.tags) == ["v1.0.0"]

    repo.merge(1)
    with pytest.raises(CredentialsError):
        put(second, params, token=READER)
    found = put(second, params)
    assert found.status == "published"
    assert hub.files(REPOSITORY, "v1.0.1") == contents(second)


def test_a_pull_request_needs_a_repository(hub: Hub, first: Path) -> None:
    with pytest.raises(InputError, match="no such repository to propose"):
        put(first, release_params(pull_request=True))
    assert not hub.repos


@pytest.mark.parametrize("token", ["hf_nobody", READER])
def test_a_token_without_rights_is_one_error(hub: Hub, first: Path, token: str) -> None:
    with pytest.raises(CredentialsError, match="does not let this token write") as caught:
        put(first, token=token)
    assert token not in str(caught.value)
    assert not hub.repos


def test_the_hub_refuses_a_bad_card_before_anything_is_uploaded(
    hub: Hub, first: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "valact-15k"
    shutil.copytree(first, bad)
    card = bad / "README.md"
    card.write_text(card.read_text().replace("license: cc0-1.0", "license: mine"))
    write_checksums(bad)

    with pytest.raises(InputError, match=r"(?s)refuses the card.*license"):
        put(bad)
    assert not hub.uploads
    assert hub.files(REPOSITORY) == {}


def requests_of_a_clean_run(first: Path) -> int:
    with pytest.MonkeyPatch.context() as patch, connected(patch) as hub:
        put(first)
        return hub.count


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_breaks_at_whichever_request_the_next_run_completes_it(
    kind: str, first: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the Nth request on everything breaks, for every N; then the run is run again."""
    needed = requests_of_a_clean_run(first)
    assert needed >= 12
    whole = contents(first)
    patience = our_hub.PATIENCE
    for at in range(1, needed + 1):
        hub.repos.clear()
        hub.objects.clear()
        hub.uploads.clear()
        monkeypatch.setattr(our_hub, "PATIENCE", 0.05 if kind == "timeout" else patience)
        hub.fail(kind, at)
        with pytest.raises((ProviderError, CredentialsError)) as caught:
            put(first)
        assert OWNER not in str(caught.value)
        stored = set(hub.objects)

        monkeypatch.setattr(our_hub, "PATIENCE", patience)
        hub.mend()
        found = put(first)

        repo = hub.repos[REPOSITORY]
        assert hub.files(REPOSITORY, "v1.0.0") == whole
        assert repo.tags == {"v1.0.0": found.commit}
        for commit in repo.seen[1:]:
            seen = {p: b.content for p, b in repo.commits[commit].tree.items() if p != ".gitattributes"}
            assert seen == whole, "the default branch was half a release"
        assert len(repo.seen) == 2, "a commit that was made is not made again"
        if kind == "drop":
            assert len(hub.uploads) == len(set(hub.uploads)), "an object that is there is not sent again"
        assert stored <= set(hub.uploads)


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("kind", ["drop", "500", "lost"])
def test_one_broken_upload_of_a_file_is_retried_in_the_same_run(hub: Hub, first: Path, kind: str) -> None:
    put(first)
    number = next(n for n, path in enumerate(hub.paths, start=1) if path.startswith("/lfs/"))
    hub.repos.clear()
    hub.objects.clear()
    hub.fail(kind, number, times=1)

    assert put(first).status == "published"
    assert hub.files(REPOSITORY, "v1.0.0") == contents(first)


def test_xet_uploads_and_downloads(
    hub: Hub, first: Path, second: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    monkeypatch.setattr(constants, "HF_XET_CACHE", str(tmp_path / "xet"))
    put(first)
    put(second, release_params("1.0.1", first))

    assert not hub.uploads, "no file went by plain LFS"
    assert hub.xet.uploads
    assert hub.files(REPOSITORY, "v1.0.0") == contents(first)
    assert hub.files(REPOSITORY, "v1.0.1") == contents(second)
    path = huggingface_hub.hf_hub_download(
        REPOSITORY,
        "questions/test.parquet",
        repo_type="dataset",
        revision="v1.0.0",
        cache_dir=tmp_path / "cache",
        endpoint=hub.url,
        token=OWNER,
    )
    assert Path(path).read_bytes() == (first / "questions/test.parquet").read_bytes()
    assert hub.xet.fetched


# --- what is not published ---


def test_a_folder_that_is_not_as_listed_is_refused(first: Path, tmp_path: Path) -> None:
    for number, (harm, said) in enumerate(
        [
            (lambda f: (f / "LICENSE").write_text("mine"), "LICENSE is not the file that was released"),
            (lambda f: (f / "notes.txt").write_text("mine"), r"notes\.txt is there, but not listed"),
            (lambda f: (f / "CODEBOOK.md").unlink(), r"CODEBOOK\.md is listed, but not there"),
            (lambda f: (f / "SHA256SUMS").unlink(), "SHA256SUMS is missing"),
        ]
    ):
        folder = tmp_path / str(number)
        shutil.copytree(first, folder)
        harm(folder)
        with pytest.raises(InputError, match=said):
            bundles.load(folder, release_params())


def test_another_version_than_params_say_is_refused(first: Path) -> None:
    with pytest.raises(InputError, match=r"holds version 1\.0\.0, params say 2\.0\.0"):
        bundles.load(first, release_params("2.0.0"))


@pytest.mark.parametrize("config", ["scenarios", "questions"])
def test_text_of_real_posts_is_refused_whatever_the_manifest_says(
    run: Path, tmp_path: Path, config: str
) -> None:
    params = release_params(real=True)
    folder = build(run, params, tmp_path / "valact-15k")
    real = {"scenarios": pl.col("post_id").str.replace("valact", "1a2b3")}
    for name in ("scenarios", "questions"):
        path = folder / name / "test.parquet"
        table = (
            pl.read_parquet(path).with_columns(real.get(name, pl.lit(0).alias("x"))).drop("x", strict=False)
        )
        if name == config:
            table = table.with_columns(text=pl.lit("somebody's words"))
        table.write_parquet(path)
    write_checksums(folder)
    with pytest.raises(ValActError, match="text of real posts"):
        bundles.load(folder, params)

    manifest = folder / "release.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sample": True}))
    write_checksums(folder)
    with pytest.raises(InputError, match="sample: true, the ids of the posts say otherwise"):
        bundles.load(folder, params)


def test_objections_need_their_overrides(first: Path) -> None:
    ready = bundles.load(first, release_params())
    assert bundles.objections(ready, release_params()) == []
    (sample,) = bundles.objections(ready, release_params(allow_sample=False))
    assert "built-in sample" in sample
    (unvalidated,) = bundles.objections(ready, release_params(allow_unvalidated=False))
    assert "not validated" in unvalidated


def test_no_text_of_a_withheld_release_reaches_the_hub(hub: Hub, run: Path, tmp_path: Path) -> None:
    """The run's posts carry a mark; their ids are made real ones, as far as the gate can see."""
    params = release_params(real=True)
    folder = build(run, params, tmp_path / "valact-15k")
    path = folder / "scenarios/test.parquet"
    pl.read_parquet(path).with_columns(
        post_id=pl.col("post_id").str.replace("valact", "1a2b3")
    ).write_parquet(path)
    write_checksums(folder)
    put(folder, params)
    assert not any(SECRET.encode() in content for content in hub.files(REPOSITORY).values())
    assert pl.read_parquet(hub.objects[bundles.load(folder, params).files["scenarios/test.parquet"].sha256])[
        "text"
    ].null_count()

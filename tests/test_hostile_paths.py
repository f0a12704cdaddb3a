"""Names that others give us (versions, configs, links, prompts) never become a path outside the place they are for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import polars as pl
import pytest
from huggingface_hub import constants
from huggingface_hub.utils._shared_blobs import SHARED_BLOBS_MARKER_NAME
from services.built_release import built_release
from services.finished_run import run_params
from services.folder import valact, write_params
from services.hub import Hub
from services.hub_repo import Blob, Repo

from pipeline import prompts
from pipeline.annotation import projects
from pipeline.core.errors import InputError, ParamsError
from pipeline.hydrate import folder as hydrated
from pipeline.hydrate import source
from pipeline.hydrate.source import locate, revision
from pipeline.release import changes, manifest

REPOSITORY = "stranger/valact-15k"
VALACT = (sys.executable, "-c", "from pipeline.cli import main; main()")
VERSIONS = [
    "0/../../../pipeline",
    "../1.0.0",
    "1.0.0/..",
    "/etc",
    "1.0",
    "v1.0.0",
    "1.0.0\n",
    "١.0.0",
    "",
    1,
    None,
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    return built_release(folder / "run", folder / "valact-15k", run_params())


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "theirs"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a package that must stay what it is."""
    folder = tmp_path / "project"
    (folder / "pipeline").mkdir(parents=True)
    (folder / "data/previous").mkdir(parents=True)
    (folder / "pipeline/cli.py").write_text("ours")
    write_params(folder, run_params())
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def hub(sound: Path) -> Iterator[Hub]:
    """A Hub that gives whatever files a stranger put under a tag."""
    with Hub() as hub:
        yield hub
        huggingface_hub.close_session()


def put(hub: Hub, folder: Path, tag: str) -> None:
    repo = hub.repos.setdefault(REPOSITORY, Repo(REPOSITORY, private=False))
    tree = {p.relative_to(folder).as_posix(): Blob(p.read_bytes()) for p in folder.rglob("*") if p.is_file()}
    repo.commit("main", [{"value": {"summary": tag}}], tree, False)
    repo.tag(tag, "main")


def set_manifest(folder: Path, **fields: Any) -> None:
    path = folder / manifest.FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def left(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_that_is_none_is_refused_and_nothing_is_replaced(
    version: Any, copy: Path, home: Path
) -> None:
    set_manifest(copy, version=version)
    before = left(home)
    told = valact("release", "fetch", str(copy), fails=True).stderr
    assert "version" in told
    assert left(home) == before


def test_a_stranger_on_the_hub_replaces_nothing(hub: Hub, copy: Path, home: Path) -> None:
    before = left(home)
    for version, tag in (("0/../../../pipeline", "v1.0.0"), ("0.2.0", "v9.9.9")):
        set_manifest(copy, version=version)
        put(hub, copy, tag)
        done = subprocess.run(
            [*VALACT, "release", "fetch", f"{REPOSITORY}@{tag}"],
            cwd=home,
            env=os.environ
            | {
                "HF_ENDPOINT": hub.url,
                "HF_HOME": str(home.parent / tag),
                "HF_HUB_OFFLINE": "0",
                "HF_HUB_DISABLE_XET": "1",
                "PYTHONPATH": os.pathsep.join(
                    [str(Path(source.__file__).parents[2]), os.environ["PYTHONPATH"]]
                ),
                "PYTHONSAFEPATH": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        assert "version" in done.stderr if tag == "v1.0.0" else "v9.9.9 was asked for" in done.stderr
        assert left(home) == before


def test_a_target_that_leads_elsewhere_is_refused(copy: Path, home: Path) -> None:
    elsewhere = home / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("ours")
    version = manifest.read(copy).version
    (home / f"data/previous/v{version}").symlink_to(elsewhere)
    assert "directly below data/previous" in valact("release", "fetch", str(copy), fails=True).stderr
    assert (elsewhere / "kept").read_text() == "ours"


@pytest.mark.parametrize("name", ["../../secrets", "/etc", "a/b", "..", "", "Questions"])
def test_the_name_of_a_config_is_no_path(name: str, copy: Path, sound: Path) -> None:
    configs = json.loads((copy / manifest.FILE).read_text())["configs"]
    set_manifest(copy, configs=configs | {name: {"rows": 1, "sha256": "0" * 64}})
    with pytest.raises(InputError, match="configs"):
        changes.compare(sound, copy)


def test_a_config_without_a_file_is_one_error(copy: Path, sound: Path) -> None:
    configs = json.loads((copy / manifest.FILE).read_text())["configs"]
    set_manifest(copy, configs=configs | {"other": {"rows": 1, "sha256": "0" * 64}})
    with pytest.raises(InputError, match="no release has its file"):
        changes.compare(sound, copy)


def test_rows_that_cannot_be_told_apart_are_one_error(copy: Path, sound: Path) -> None:
    file = copy / "actions/test.parquet"
    pl.concat([pl.read_parquet(file)] * 2).write_parquet(file)
    for old, new in ((sound, copy), (copy, sound)):
        with pytest.raises(InputError, match="two rows of config actions have one key"):
            changes.compare(old, new)
    pl.DataFrame({"scenario_id": [["a"]]}).write_parquet(copy / "scenarios/test.parquet")
    with pytest.raises(InputError):
        changes.compare(sound, copy)


@pytest.mark.parametrize(
    "described", ["[]", "null", '{"recordSet": 1}', '{"recordSet": [{"@id": "other", "key": 5}]}']
)
def test_a_key_that_nobody_names_is_one_error(described: str, copy: Path, sound: Path) -> None:
    configs = json.loads((copy / manifest.FILE).read_text())["configs"]
    set_manifest(copy, configs=configs | {"other": {"rows": 1, "sha256": "0" * 64}})
    (copy / "other").mkdir()
    pl.DataFrame({"a": [1]}).write_parquet(copy / "other/test.parquet")
    both = Path(shutil.copytree(copy, copy.with_name("both")))
    (both / "croissant.json").write_text(described)
    with pytest.raises(InputError, match="key of config other"):
        changes.compare(copy, both)


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "a/../../evil", "..", ".hidden"])
def test_the_name_of_a_round_on_a_server_is_no_path(name: str) -> None:
    """Who may edit a project's description could otherwise have keys and judgements written anywhere."""
    for known in ("check=0123456789", f"key={'0' * 32}"):
        assert projects.MARK.search(f"[valact round={name} config=0123456789ab {known}]") is None
        assert projects.MARK.search(f"[valact round=round-1 config=0123456789ab {known}]")


@pytest.mark.parametrize("target", ["secret", "../project/params.yaml", "/etc/hostname"])
def test_links_that_lead_out_of_a_release_are_not_followed(target: str, copy: Path, home: Path) -> None:
    """`fetch` and `hydrate` copy what a link leads to: into a folder that its user may pass on."""
    (home.parent / "secret").write_text("a password")
    (copy / "notes.txt").symlink_to(target if target.startswith("/") else Path("..") / target)
    with pytest.raises(InputError, match="leads out of the release"):
        locate(str(copy))
    assert "leads out" in valact("release", "fetch", str(copy), fails=True).stderr
    assert "leads out" in valact("hydrate", str(copy), "--out", "mine", fails=True).stderr
    assert not (home / "mine").exists()
    assert hydrated.TABLE not in os.listdir(home)


def test_the_links_of_the_hubs_client_are_its_own(sound: Path, tmp_path: Path) -> None:
    snapshot, blobs = tmp_path / "datasets--a--b/snapshots/0123", tmp_path / "datasets--a--b/blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "one").write_text("content")
    (snapshot / "README.md").symlink_to("../../blobs/one")
    assert locate(str(snapshot)) == snapshot
    # What came through Xet lies in a store that all repositories of the cache share.
    store = tmp_path / "blobs"
    (store / "ab").mkdir(parents=True)
    (store / "ab/abcd").write_text("content")
    (blobs / "two").symlink_to("../../blobs/ab/abcd")
    (snapshot / "test.parquet").symlink_to("../../blobs/two")
    with pytest.raises(InputError, match="leads out"):
        locate(str(snapshot))
    (store / SHARED_BLOBS_MARKER_NAME).write_text("1\n")
    assert locate(str(snapshot)) == snapshot
    (snapshot / "stolen").symlink_to(constants.HF_HOME)
    with pytest.raises(InputError, match="leads out"):
        locate(str(snapshot))


@pytest.mark.parametrize(
    "name", ["../../../secrets", "/etc/passwd", "administer/../../../x", "", "a//b", ".hidden", "judge\n"]
)
def test_the_name_of_a_prompt_is_no_path(name: str) -> None:
    with pytest.raises(ParamsError, match="no name of a prompt"):
        prompts.load(name)


def test_what_is_asked_for_is_told_apart(sound: Path) -> None:
    assert revision(str(sound)) is None
    assert revision("owner/name@v1.0.0") == "v1.0.0"
    assert revision("owner/name") == ""
    for odd in ("owner/name@../../x", "../..", "owner/name@v1/../.."):
        assert revision(odd) is None
        if not Path(odd).is_dir():
            with pytest.raises(InputError, match="neither a folder"):
                locate(odd)

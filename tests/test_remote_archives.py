"""Dumps behind addresses: the same bytes as from a disk, each read once, and errors that name the address."""

from __future__ import annotations

import datetime as dt
import io
import sys
import zlib

import fsspec
import pytest
import yaml
from fsspec.implementations.memory import MemoryFileSystem
from huggingface_hub import constants
from services import dumps
from services.hub import OWNER, Hub, connected
from services.hub_repo import Blob, Repo

from pipeline import params as settings
from pipeline.core.errors import InputError
from pipeline.doctor.run import checks
from pipeline.reddit import remote, saved
from pipeline.reddit.parts import PARTS
from pipeline.scrape.scrape import scrape
from pipeline.takedown.erase import erase
from pipeline.takedown.shown import Shown

TABLES = ("posts.parquet", "ledger.parquet")
HOME = "memory://bucket/dumps"


def dump(number: int, posts: int = 20) -> bytes:
    """Lines of a dump, compressed, with one that is no post."""
    pack = zlib.compressobj(wbits=31)
    return pack.compress(dumps.text(dumps.posts(number, posts), dumps.BROKEN).encode()) + pack.flush()


@pytest.fixture
def store(monkeypatch):
    """fsspec's store in memory, as if it were one that is read, with three dumps and what is none."""
    monkeypatch.setitem(remote.SCHEMES, "memory", "")
    memory = fsspec.filesystem("memory")
    for number in range(3):
        memory.pipe(f"/bucket/dumps/deep/RS_{number}.gz", dump(number))
    memory.pipe("/bucket/dumps/RC_1.gz", b"x")
    memory.pipe("/bucket/dumps/README.md", b"x")
    yield memory
    memory.rm("/bucket", recursive=True)


@pytest.fixture
def disk(tmp_path):
    """The same on a disk."""
    folder = tmp_path / "disk/dumps/deep"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"RS_{number}.gz").write_bytes(dump(number))
    (folder.parent / "RC_1.gz").write_bytes(b"x")
    (folder.parent / "README.md").write_bytes(b"x")
    return folder.parent


@pytest.fixture
def project(root):
    def made(*paths, processes=1, **run):
        raw = yaml.safe_load((root / "params.yaml").read_text())
        raw["scrape"] = {
            "source": "archive",
            "archive": {"paths": [*map(str, paths)], "processes": processes},
        }
        return settings.parse(raw | {"run": run}, where="params.yaml")

    return made


@pytest.fixture
def read(monkeypatch):
    """The names of the dumps that were read, as they are begun."""
    names = []
    monkeypatch.setattr(
        saved, "scan", lambda file, *rest, scan=saved.scan: names.append(file.name) or scan(file, *rest)
    )
    return names


def made(params, folder, keep=False):
    scrape(params, folder, keep=keep)
    return [(folder / name).read_bytes() for name in TABLES]


@pytest.mark.parametrize("where", ["", "/deep/RS_*.gz", "/deep/RS_0.gz"])
def test_a_store_gives_the_bytes_of_a_disk(store, disk, project, tmp_path, where):
    ours = made(project(f"{disk}{where}"), tmp_path / "here")
    theirs = made(project(f"{HOME}{where}"), tmp_path / "there")
    assert theirs[0] == ours[0]
    if where:  # the ledger of a folder names what is no dump by its address
        assert theirs[1] == ours[1]


def test_a_file_is_read_again_only_when_its_mark_changes(store, project, tmp_path, read):
    params, folder = project(HOME), tmp_path / "out"
    made(params, folder, keep=True)
    assert len(read) == 3
    read.clear()
    made(params, folder, keep=True)
    assert read == []
    store.pipe("/bucket/dumps/deep/RS_1.gz", dump(1))  # the same bytes at another time
    made(params, folder, keep=True)
    assert read == ["RS_1.gz"]


def test_a_stream_that_breaks_is_no_end_of_a_file(store, project, tmp_path, read, monkeypatch):
    params, folder = project(HOME), tmp_path / "out"
    whole = made(project(HOME), tmp_path / "whole")
    read.clear()

    class Breaking(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 100:
                raise OSError("the line is dead: https://store.example/x?X-Amz-Signature=abc123")
            return super().read(min(size, 60) if size > 4 else size)

    usual = MemoryFileSystem.open

    def opened(self, path, *arguments, **options):
        breaks = path.endswith("RS_1.gz")
        return Breaking(self.cat(path)) if breaks else usual(self, path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "open", opened)
        with pytest.raises(InputError, match="the line is dead") as caught:
            scrape(params, folder)
    assert caught.value.where == f"{HOME}/deep/RS_1.gz".replace("memory://", "memory:///")
    assert "abc123" not in str(caught.value)
    assert made(params, folder) == whole
    assert read == ["RS_0.gz", "RS_1.gz", "RS_1.gz", "RS_2.gz"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://bucket/RS_1.zst", "pip install 'valact[s3]'"),
        ("gs://bucket/*.zst", "pip install 'valact[gs]'"),
        ("ftp://host/RS_1.zst", "ftp:// is not read"),
        ("simplecache::s3://host/RS_1.zst", "simplecache::s3:// is not read"),
        ("s3://key:geheim@bucket/RS_1.zst", "must not hold a password"),
        ("memory://bucket/nothing.zst", "no such file, folder or match"),
        ("memory://bucket/nothing-*.zst", "no such file, folder or match"),
    ],
)
def test_what_cannot_be_read_is_one_error(store, project, tmp_path, monkeypatch, address, said):
    for module in ("s3fs", "gcsfs"):
        monkeypatch.setitem(sys.modules, module, None)  # as where they are not installed
    monkeypatch.setattr(sys.modules["fsspec.registry"], "_registry", {"memory": MemoryFileSystem})
    with pytest.raises(InputError) as caught:
        scrape(project(address), tmp_path / "out")
    assert said in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_doctor_looks_into_stores_only_when_it_may(store, project, root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raw = yaml.safe_load((root / "params.yaml").read_text())
    raw["scrape"] = {"source": "archive", "archive": {"paths": [f"{HOME}/deep"]}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))

    def source(online):
        found = checks(online=online, today=dt.date(2026, 12, 1))
        return next(check for check in found if check.what == "source")

    assert "not looked at" in source(online=False).found
    assert "3 dumps of" in source(online=True).found
    raw["scrape"]["archive"]["paths"] = ["s4://bucket"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))
    assert source(online=False).state == "problem"


def test_the_hub_is_a_store_for_several_processes(disk, project, tmp_path, monkeypatch):
    here = made(project(disk / "deep"), tmp_path / "here")
    with monkeypatch.context() as patch, connected(patch) as hub:
        patch.setattr(constants, "ENDPOINT", hub.url)
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        told = {"HF_TOKEN": OWNER, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
        for name, value in (told | {"HF_HUB_DISABLE_XET": "1"}).items():
            patch.setenv(name, value)
        put(hub, "me/dumps", {path.name: path.read_bytes() for path in (disk / "deep").iterdir()})
        there = made(project("hf://datasets/me/dumps/*.gz", processes=2), tmp_path / "there")
    assert there == here


def put(hub: Hub, name: str, files: dict[str, bytes]) -> None:
    """A data set with files on the Hub."""
    repo = hub.repos[name] = Repo(name)
    repo.seen.append(repo._write(repo.head, {path: Blob(data) for path, data in files.items()}, "dumps").oid)


def test_what_is_read_waits_where_all_machines_see_it(disk, project, tmp_path, monkeypatch):
    shared, folder = tmp_path / "shared", tmp_path / "out"
    params = project(disk / "deep", shared=str(shared))
    assert made(params, folder, keep=True) == made(project(disk / "deep"), tmp_path / "alone")
    assert len(list((shared / PARTS).glob("*.parquet"))) == 3
    assert not (folder / PARTS).exists()
    # A take-down reaches it.
    erase(tmp_path, ["p0x1"], Shown(), params)
    assert not (shared / PARTS).exists()

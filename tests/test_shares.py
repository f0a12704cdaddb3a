"""Dumps are read by as many processes and runs as there are, each file once whatever is killed, with the same bytes."""

import multiprocessing
import os

import pytest
import yaml
from services import dumps as dumps_of
from services import dying
from services.folder import valact

from pipeline import params as settings
from pipeline import shares
from pipeline.core.errors import InputError
from pipeline.core.pool import TRIES, Killed, LocalPool
from pipeline.reddit import archive, saved
from pipeline.reddit.dumps import find_dumps
from pipeline.reddit.parts import PARTS, join
from pipeline.reddit.scan import Wanted
from pipeline.scrape.scrape import scrape

WANTED = Wanted({"askhr": "AskHR"})
TABLES = ("posts.parquet", "ledger.parquet")


@pytest.fixture
def dumps(tmp_path):
    """Five dumps of different sizes, with lines that are no posts and a post that two of them have."""
    folder = tmp_path / "dumps"
    folder.mkdir()
    for number in range(5):
        posts = dumps_of.posts(number, 20 + 10 * number)
        lines = dumps_of.text([*posts, {**posts[1], "id": "shared"}], dumps_of.BROKEN)
        (folder / f"RS_{number}.ndjson").write_text(lines)
    return folder


def project(root, tmp_path, dumps):
    """Params of a project in ``tmp_path`` whose source are the dumps."""
    raw = yaml.safe_load((root / "params.yaml").read_text())
    raw["scrape"] = {"source": "archive", "archive": {"paths": [str(dumps)], "processes": 1}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))
    return settings.parse(raw, where="params.yaml")


def made(folder):
    return [(folder / name).read_bytes() for name in TABLES]


def whole(dumps, folder):
    """The tables of one run that nothing happens to."""
    work = folder / PARTS
    work.mkdir(parents=True)
    join(*archive.read([str(dumps)], WANTED, work, 1), folder)
    return made(folder)


def test_a_worker_that_is_killed_costs_its_file_once(tmp_path, dumps):
    log, out = tmp_path / "log", tmp_path / "out"
    (out / PARTS).mkdir(parents=True)
    pools = []

    def pool():
        pools.append(LocalPool(2, "reading", dying.prepare, (str(log), "RS_3.ndjson")))
        return pools[0]

    join(*archive.read([str(dumps)], WANTED, out / PARTS, 0, pool), out)
    names = [f"RS_{number}.ndjson" for number in range(5)]
    assert sorted(log.read_text().split()) == sorted([*names, "RS_3.ndjson"])
    assert made(out) == whole(dumps, tmp_path / "alone")


def test_a_run_that_is_killed_goes_on_with_the_files_that_are_missing(tmp_path, dumps, monkeypatch):
    out = tmp_path / "out"
    (out / PARTS).mkdir(parents=True)
    log = tmp_path / "log"
    process = multiprocessing.get_context("spawn").Process(
        target=dying.read_alone, args=(str(log), "RS_2.ndjson", [str(dumps)], WANTED, out / PARTS)
    )
    process.start()
    process.join()
    assert process.exitcode == -9
    read = []
    monkeypatch.setattr(
        saved, "scan", lambda file, *rest, scan=saved.scan: read.append(file.name) or scan(file, *rest)
    )
    parts = archive.read([str(dumps)], WANTED, out / PARTS, 1)
    assert read == ["RS_2.ndjson", "RS_3.ndjson", "RS_4.ndjson"]
    join(*parts, out)
    assert made(out) == whole(dumps, tmp_path / "alone")


def test_what_was_read_belongs_to_the_file_and_to_what_is_wanted(tmp_path, dumps, monkeypatch):
    read = []
    monkeypatch.setattr(
        saved, "scan", lambda file, *rest, scan=saved.scan: read.append(file.name) or scan(file, *rest)
    )

    def again(wanted=WANTED):
        read.clear()
        archive.read([str(dumps)], wanted, tmp_path, 1)
        return read

    assert len(again()) == 5
    assert again() == []
    assert len(again(Wanted({"askhr": "AskHR"}, min_score=3))) == 5
    os.utime(dumps / "RS_1.ndjson", (1, 1))
    assert again() == ["RS_1.ndjson"]
    with (dumps / "RS_2.ndjson").open("a") as file:
        file.write("\n")
    os.utime(dumps / "RS_2.ndjson", (2, 2))
    assert again() == ["RS_2.ndjson"]
    found, _ = find_dumps([str(dumps)])
    posts = tmp_path / f"{saved.key(found[0], WANTED)}.parquet"
    posts.write_bytes(posts.read_bytes()[:-100])
    assert again() == ["RS_0.ndjson"]
    posts.with_suffix(".rest").unlink()
    assert again() == ["RS_0.ndjson"]


def test_after_an_error_the_other_files_are_not_read_again(root, tmp_path, dumps, monkeypatch):
    params = project(root, tmp_path, dumps)
    content = (dumps / "RS_4.ndjson").read_bytes()
    (dumps / "RS_4.ndjson").write_bytes(b"no\n" * 1000)
    with pytest.raises(InputError, match="not a submission dump"):
        scrape(params, tmp_path / "out")
    read = []
    monkeypatch.setattr(
        saved, "scan", lambda file, *rest, scan=saved.scan: read.append(file.name) or scan(file, *rest)
    )
    (dumps / "RS_4.ndjson").write_bytes(content)
    scrape(params, tmp_path / "out")
    assert read == ["RS_4.ndjson"]
    assert not (tmp_path / "out" / PARTS).exists()


def test_shares_are_disjoint_cover_all_and_weigh_alike(tmp_path, dumps):
    found, _ = find_dumps([str(dumps)])
    for of in (1, 2, 3, 7):
        parts = [shares.share(found, number, of) for number in range(1, of + 1)]
        assert sorted(dump.source for part in parts for dump in part) == sorted(dump.source for dump in found)
        loads = [sum(dump.file.size for dump in part) for part in parts if part]
        assert max(loads) - min(loads) <= max(dump.file.size for dump in found)


def test_three_runs_and_a_join_make_the_bytes_of_one(root, tmp_path, dumps, monkeypatch):
    params = project(root, tmp_path, dumps)
    scrape(params, tmp_path / "one")
    folder = tmp_path / "data/scrape"
    with LocalPool(3, "shares") as pool:
        runs = [pool.submit(shares.read_share, params, folder, number, 3) for number in (1, 2)]
        assert all(run.result() for run in runs)
        monkeypatch.chdir(tmp_path)
        (tmp_path / "annotations").mkdir()
        unfinished = valact("scrape", "--join", fails=True).output
        assert "dumps are not read yet" in unfinished
        assert "--part" in unfinished
        pool.submit(shares.read_share, params, folder, 3, 3).result()
    with monkeypatch.context() as patch:
        patch.setattr(saved, "scan", None)  # nobody reads a dump any more
        assert "2 dumps are read" in valact("scrape", "--part", "2/3").output
        assert "dvc commit -f scrape" in valact("scrape", "--join").output
        assert made(folder) == made(tmp_path / "one")
        # The stage finds it all read as well, and clears up.
        scrape(params, folder)
    assert made(folder) == made(tmp_path / "one")
    assert not (folder / PARTS).exists()


@pytest.mark.parametrize(
    "given", [("--part", "0/3"), ("--part", "4/3"), ("--part", "a"), (), ("--part", "1/2", "--join")]
)
def test_what_is_no_share_is_refused(root, tmp_path, dumps, monkeypatch, given):
    project(root, tmp_path, dumps)
    monkeypatch.chdir(tmp_path)
    assert "Usage" in valact("scrape", *given, fails=True).output


def test_a_source_without_dumps_has_no_shares(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_bytes((root / "params.yaml").read_bytes())
    assert "'sample' has no dumps to share out" in valact("scrape", "--part", "1/2", fails=True).output


def test_a_task_over_which_every_process_dies_is_given_up(capsys):
    with LocalPool(2, "dying") as pool:
        doomed, fine = pool.submit(os._exit, 1), pool.submit(abs, -3)
        with pytest.raises(Killed, match=f"{TRIES} processes"):
            doomed.result()
        assert fine.result() == 3
        assert pool.submit(abs, -4).result() == 4
    assert "by 1 process" in capsys.readouterr().err

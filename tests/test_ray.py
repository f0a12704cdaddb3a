"""A Ray cluster gives the same bytes as processes of this machine; what is wrong with one is said, and soon.

Needs `pip install 'valact[ray]'`, 240 MB that the test environment does without.
"""

import json
import os
import signal
import socket
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from pipeline import params as settings
from pipeline.core.errors import InputError, ParamsError
from pipeline.filter import screen
from pipeline.pools import Work, opener
from pipeline.reddit.parts import PARTS
from pipeline.scrape.scrape import scrape
from pipeline.tables import Posts, scan_table

TABLES = ("posts.parquet", "ledger.parquet")
needs_ray = pytest.mark.skipif(
    find_spec("ray") is None,
    reason="Ray is not installed: pip install 'valact[ray]'",
)


@pytest.fixture(scope="module")
def cluster():
    """Two nodes on loopback."""
    with pytest.MonkeyPatch.context() as patch:
        # By this switch Ray stays on loopback.
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        import ray.cloudpickle
        from ray.cluster_utils import Cluster

        # Workers know nothing of the folder of tests.
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])

        node = {"num_cpus": 1, "object_store_memory": 80 << 20, "memory": 4 << 30}
        cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        cluster.add_node(**node)
        yield cluster
        cluster.shutdown()


@pytest.fixture
def project(root, tmp_path, monkeypatch):
    """The params of a project of four dumps, in the current folder."""
    monkeypatch.chdir(tmp_path)
    sample = root / "data/sample/posts.ndjson.zst"
    (tmp_path / "in").mkdir()
    for number in range(4):
        post = {
            "id": f"x{number}",
            "subreddit": "AskHR",
            "created_utc": 1614882000,
            "title": "T",
            "selftext": "Help?",
        }
        (tmp_path / f"in/RS_{number}.ndjson").write_text((json.dumps(post) + "\n") * 5)
    (tmp_path / "in/RS_sample.zst").write_bytes(sample.read_bytes())
    raw = yaml.safe_load((root / "params.yaml").read_text())
    raw["scrape"] = {"source": "archive", "archive": {"paths": ["in"], "processes": 1}}

    def made(**run):
        return settings.parse(raw | {"run": run}, where="params.yaml")

    return made


def tables(params, folder):
    scrape(params, folder)
    found = screen.screen(scan_table(Posts, folder / "posts.parquet"), params)
    return [(folder / name).read_bytes() for name in TABLES], found


@needs_ray
def test_two_nodes_make_the_tables_of_one_process_also_when_a_worker_is_killed(
    project, cluster, tmp_path, monkeypatch
):
    alone, (candidates, ledger) = tables(project(), Path("alone"))
    monkeypatch.setattr(screen, "LEAST_FOR_A_PROCESS", 1)
    monkeypatch.setattr(screen, "TEXTS_A_TASK", 20)
    params = project(engine="ray", address=cluster.address)
    found, (theirs, gone) = tables(params, Path("cluster"))
    assert found == alone
    assert theirs.equals(candidates)
    assert gone.sort("post_id").equals(ledger.sort("post_id"))
    assert candidates.height > 10
    assert not (Path("cluster") / PARTS).exists()
    with opener(params.run, Work("dying", 1 << 20))() as pool:
        assert pool.submit(_die_once, str(tmp_path / "died")).result() == "alive"
        refused = pool.submit(_refuse)
        with pytest.raises(InputError, match="no dump") as caught:
            refused.result()
    assert caught.value.remedy == "mend it"


@needs_ray
def test_what_a_lost_node_was_at_is_done_elsewhere(project, cluster):
    lost = cluster.add_node(num_cpus=1, object_store_memory=80 << 20, memory=4 << 30)
    with opener(project(engine="ray", address=cluster.address).run, Work("waiting", 1 << 20))() as pool:
        waiting = [pool.submit(_waits, number) for number in range(9)]
        waiting[0].result()
        cluster.remove_node(lost, allow_graceful=False)
        assert [one.result() for one in waiting] == list(range(9))


@needs_ray
@pytest.mark.parametrize("wrong", ["nobody", "no Ray", "version", "folder"])
def test_what_is_wrong_with_a_cluster_is_one_error(project, cluster, monkeypatch, wrong):
    address = cluster.address
    silent = socket.create_server(("127.0.0.1", 0))
    if wrong == "nobody":
        silent.close()
    if wrong in ("nobody", "no Ray"):
        address = f"127.0.0.1:{silent.getsockname()[1]}" if wrong == "no Ray" else "127.0.0.1:9"
    if wrong == "version":
        monkeypatch.setattr("pipeline.pools.engines.ray._code", lambda: "another")
    if wrong == "folder":
        monkeypatch.setattr(Path, "touch", lambda path, **options: None)
    try:
        with pytest.raises(InputError) as caught:
            scrape(project(engine="ray", address=address), Path("out"))
    finally:
        silent.close()
    said = {
        "nobody": "nobody answers at",
        "no Ray": "no Ray cluster",
        "version": "has another version",
        "folder": "does not see",
    }
    assert said[wrong] in str(caught.value)
    assert caught.value.where == "run.address"


def test_an_engine_that_is_not_there_is_refused(project):
    with pytest.raises(ParamsError, match=r"run\.engine: 'dask' is not allowed.*known are local, ray"):
        project(engine="dask")
    with pytest.raises(ParamsError, match=r"run\.address"):
        project(engine="ray", address="http://somewhere")


def _die_once(marker):
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def _waits(number):
    time.sleep(0.5)
    return number


def _refuse():
    raise InputError("no dump", remedy="mend it")

"""A Ray cluster of two nodes on this machine beside its own processes: the same bytes, what it costs, and kills.

    pip install 'valact[ray]'
    python -m benchmarks.cluster [--dumps 4] [--megabytes 60] [--kills 20] [--only bytes|kills] [--seed 1]

``bytes``: SHA-256 of the posts, the candidates and both ledgers made by processes of this machine and by two nodes of
one core each; how long it takes until a node has done the first task; and how long the dumps take, as a ratio, both in
one run. ``kills``: the same run killed at moments drawn from the seed, of its driver, a worker or (Ray) a node;
afterwards the bytes are those of a run that nothing happened to, and no file whose part was whole was read again
(tests/services/killed_scrapes.py). Kills of Ray are left out where it is not installed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import yaml
from services import killed_scrapes as killed

from benchmarks import archive, synthetic
from pipeline import params as settings
from pipeline.core.pool import LocalPool
from pipeline.pools import Work, opener
from pipeline.scrape.scrape import scrape

ROOT = Path(__file__).resolve().parent.parent
RESULT = Path(__file__).parent / "results/cluster.json"
NODES = 2
# Each kill comes within this share of a run's time after the one before, so that most runs meet several.
WITHIN = 1 / 3


def write_dumps(folder: Path, dumps: int, megabytes: float) -> None:
    """Dumps of so many uncompressed megabytes: synthetic posts of one subreddit, and a hundred times as many others."""
    folder.mkdir(parents=True)
    params = settings.load(ROOT / "params.yaml")
    for number in range(dumps):
        posts = synthetic.submissions(2000, params, seed=number, wanted=1.0)
        with (folder / f"RS_{number}.ndjson").open("wb") as file:
            for post in posts:
                content = post | {"id": f"d{number}{post['id']}", "subreddit": "AskHR"}
                file.write(json.dumps(content, separators=(",", ":")).encode() + b"\n")
            for line in archive.lines(int(megabytes * 1e6)):
                # Of no subreddit that is wanted.
                file.write(line.replace(b'"subreddit":"', b'"subreddit":"not_'))


@contextlib.contextmanager
def cluster() -> Iterator[Any]:
    """Two nodes on loopback."""
    os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    from ray.cluster_utils import Cluster

    head = node() | {"include_dashboard": False}
    found = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(NODES - 1):
        found.add_node(**node())
    try:
        yield found
    finally:
        found.shutdown()


def node() -> dict[str, int]:
    return {"num_cpus": 1, "object_store_memory": 80 << 20, "memory": 4 << 30}


def local(project: Path) -> dict[str, str]:
    """One run by processes of this machine, and its hashes."""
    found = killed.drill(project, {}, 0, [], killed.pool_workers)
    if found.errors:
        raise SystemExit("\n".join(found.errors))
    return killed.hashes(project / "out")


def times(project: Path, address: str) -> dict[str, float]:
    """Seconds of the scan alone by two processes and by two nodes, and until each has done its first task."""
    os.chdir(project)
    raw = yaml.safe_load(Path("params.yaml").read_text())
    found = {}
    for name, run in (("local", {}), ("ray", {"engine": "ray", "address": address})):
        params = settings.parse(raw | {"run": run}, where="params.yaml")
        open_ = opener(params.run, Work("starting", 1 << 20)) or (lambda: LocalPool(NODES, "starting"))
        began = time.perf_counter()
        with open_() as pool:
            pool.submit(os.getpid).result()
            found[f"{name}_start"] = round(time.perf_counter() - began, 1)
        began = time.perf_counter()
        scrape(params, project / f"timed-{name}")
        found[f"{name}_scan"] = round(time.perf_counter() - began, 1)
    found["ratio"] = round(found["ray_scan"] / found["local_scan"], 2)
    found["ratio_without_start"] = round(
        (found["ray_scan"] - found["ray_start"]) / (found["local_scan"] - found["local_start"]), 2
    )
    return found


def compare(folder: Path, expected: dict[str, str]) -> dict[str, Any]:
    with cluster() as nodes:
        project = folder / "by-ray"
        killed.write_project(project, ROOT, folder / "dumps", run={"engine": "ray", "address": nodes.address})
        began = time.perf_counter()
        theirs = local(project)
        seconds = round(time.perf_counter() - began, 1)
        return {"same": theirs == expected, "seconds": seconds, "sha256": theirs} | times(
            project, nodes.address
        )


def kill(folder: Path, expected: dict[str, str], kills: int, seconds: float, seed: int) -> dict[str, Any]:
    """The drill by both engines."""
    dice, found = random.Random(seed), {}
    project = folder / "killed-local"
    killed.write_project(project, ROOT, folder / "dumps")
    drawn = [dice.choice(("driver", "worker")) for _ in range(kills)]
    found["local"] = killed.drill(project, expected, seconds, drawn, killed.pool_workers, seed=seed).summary()
    print(json.dumps(found, indent=1), flush=True)
    if find_spec("ray") is None:
        return found
    with cluster() as nodes:

        def lose_node() -> None:
            lost = dice.choice([each for each in nodes.list_all_nodes() if each is not nodes.head_node])
            nodes.remove_node(lost, allow_graceful=False)
            nodes.add_node(**node())

        project = folder / "killed-ray"
        killed.write_project(project, ROOT, folder / "dumps", run={"engine": "ray", "address": nodes.address})
        drawn = [dice.choice(("driver", "worker", "node")) for _ in range(kills)]
        found["ray"] = killed.drill(
            project, expected, seconds, drawn, killed.ray_workers, lose_node, seed
        ).summary()
    return found


def told(results: dict[str, Any]) -> str:
    """What docs/scale.md says of the figures."""
    same, lines = results["bytes"], []
    lines.append(
        f"- {same['dumps']} dumps of {same['megabytes']:g} MB at a load of {same['load']:g}: the SHA-256 of all tables "
        f"{'is' if same['same'] else 'is not'} that of\n  this machine's processes. The first task was done after "
        f"{same['ray_start']:g} s; the scan took {same['ray_scan']:g} s with that,\n  and "
        f"{same['local_scan']:g} s here."
    )
    for engine, name in (("local", "Processes of this machine"), ("ray", "Two nodes")):
        if (found := results["kills"].get(engine)) is None:
            continue
        kills = ", ".join(f"{count} of a {kind}" for kind, count in found["kills"].items())
        lines.append(
            f"- {name}, {sum(found['kills'].values())} kills ({kills}): {found['differ']} runs with other bytes,\n  "
            f"{found['read_again']} files read again whose part was whole, "
            f"{found['runs'].get('gave up', 0)} runs that ended with an error and went on when they were started again."
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dumps", type=int, default=4)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["bytes", "kills"], help="the other figures stay as they are")
    options = parser.parse_args()
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    with tempfile.TemporaryDirectory(prefix="valact-cluster-") as name:
        folder = Path(name)
        write_dumps(folder / "dumps", options.dumps, options.megabytes)
        killed.write_project(folder / "alone", ROOT, folder / "dumps")
        began = time.perf_counter()
        expected = local(folder / "alone")
        seconds = time.perf_counter() - began
        about = {
            "dumps": options.dumps,
            "megabytes": options.megabytes,
            "load": round(os.getloadavg()[0], 1),
            "local_seconds": round(seconds, 1),
        }
        if options.only != "kills":
            results["bytes"] = about | {"sha256_local": expected} | compare(folder, expected)
            print(json.dumps(results["bytes"], indent=1), flush=True)
            RESULT.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        if options.only != "bytes":
            results["kills"] = (
                about
                | {"seed": options.seed}
                | kill(folder, expected, options.kills, seconds * WITHIN, options.seed)
            )
    RESULT.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()

"""A scrape that is killed at moments drawn from a seed ends in the same bytes, and reads no file twice that was read.

The whole drill, twenty kills by either engine with the filter behind, is `python -m benchmarks.cluster --only kills`.
"""

from __future__ import annotations

from pathlib import Path

from services import dumps
from services import killed_scrapes as killed


def test_a_killed_scrape_ends_in_the_same_bytes_and_reads_nothing_twice(root, tmp_path):
    folder = tmp_path / "dumps"
    folder.mkdir()
    for number in range(3):
        posts = dumps.posts(number, 40, title="Should I go {n}?")
        (folder / f"RS_{number}.ndjson").write_text(dumps.text(posts))
    for name in ("alone", "killed"):
        killed.write_project(tmp_path / name, root, folder)
    killed.run(tmp_path / "alone", Path("out"), screened=False)
    expected = killed.hashes(tmp_path / "alone/out")
    found = killed.drill(
        tmp_path / "killed", expected, 2.0, ["driver", "worker"], killed.pool_workers, screened=False
    )
    assert found.kills == {"driver": 1, "worker": 1}
    assert (found.read_again, found.differ, found.errors) == (0, 0, [])

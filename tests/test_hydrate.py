"""Hydration: 3,000 ids from a loopback Reddit with realistic rot, and from dumps; only text that matches is taken."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from services import rot
from services.folder import valact
from services.reddit import RedditService

from pipeline import hydrate as hydration
from pipeline.core.errors import InputError
from pipeline.hydrate.check import STATUSES
from pipeline.reddit.client import Client

COUNT = 3_000
SOME = 240


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rot.build(tmp_path_factory.mktemp("large") / "valact-15k", COUNT)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rot.build(tmp_path_factory.mktemp("small") / "valact-15k", SOME)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch):
    """Starts a Reddit with the posts as they are now; sleeping in this process only moves its clock."""
    running: list[RedditService] = []

    def start(count: int) -> RedditService:
        posts = [post for number in range(1, count + 1) if (post := rot.now(number))]
        service = RedditService(posts, closed={rot.CLOSED.lower(): 403})
        service.allowance = 100
        service.__enter__()
        running.append(service)
        for name, value in service.environment().items():
            monkeypatch.setenv(name, value)

        def skip(seconds: float) -> None:
            service.skipped += seconds

        monkeypatch.setattr("time.sleep", skip)
        return service

    yield start
    for service in running:
        service.__exit__()


def fates(count: int, *, closed: bool = True) -> dict[str, int]:
    return dict(Counter(rot.fate(number, closed=closed) for number in range(1, count + 1)))


def asked_ids(service: RedditService) -> list[list[str]]:
    return [query["id"].split(",") for path, query in service.requests if path == "/api/info"]


def texts(folder: Path) -> dict[str, str | None]:
    table = pl.read_parquet(folder / "scenarios/test.parquet")
    return dict(table.select("post_id", "text").iter_rows())


def test_three_thousand_ids_with_rot_within_reddits_limits(release: Path, serve: Any, tmp_path: Path) -> None:
    service = serve(COUNT)
    service.allowance = 20  # fewer than the run needs, so that it has to wait for its turn

    counts = hydration.hydrate(release, tmp_path / "copy", hydration.from_reddit())

    assert counts == fates(COUNT)
    assert set(counts) == {"ok", "edited", "deleted", "removed", "private", "gone"}
    batches = asked_ids(service)
    assert [len(batch) for batch in batches] == [100] * 30
    assert len({name for batch in batches for name in batch}) == COUNT
    assert len(service.requests) == 30 + len(rot.SUBREDDITS), "one look at each subreddit with missing posts"
    assert service.turned_away == 0, "a request was made beyond what the headers allowed"
    assert service.skipped > 50, "nothing was waited for"

    found = texts(tmp_path / "copy")
    for number in range(1, COUNT + 1):
        expected = rot.masked(number) if rot.fate(number) == "ok" else None
        assert found[rot.post(number)["id"]] == expected
    table = pl.read_parquet(tmp_path / "copy/hydration.parquet")
    assert dict(table.group_by("status").len().iter_rows()) == counts
    assert table.columns == ["scenario_id", "post_id", "status"]
    scenarios = pl.read_parquet(tmp_path / "copy/scenarios/test.parquet").drop_nulls("text")
    for text, digest in scenarios.select("text", "text_sha256").iter_rows():
        assert hashlib.sha256(text.encode()).hexdigest() == digest


def test_load_dataset_reads_the_copy_and_its_card_says_what_it_is(
    small: Path, serve: Any, tmp_path: Path
) -> None:
    serve(SOME)
    hydration.hydrate(small, tmp_path / "copy", hydration.from_reddit())
    script = """
from datasets import load_dataset
questions = load_dataset("copy", "questions", split="test")
scenarios = {row["scenario_id"]: row["text"] for row in load_dataset("copy", "scenarios", split="test")}
assert all(row["text"] == scenarios[row["scenario_id"]] for row in questions)
print(len(questions), sum(row["text"] is not None for row in questions))
"""
    environment = os.environ | {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(5 * SOME), str(5 * fates(SOME)["ok"])]
    card = (tmp_path / "copy/README.md").read_text()
    assert "do not redistribute" in card.split("# A release")[0]
    assert "license: other" in card
    assert f"| `edited` | {STATUSES['edited']} | {fates(SOME)['edited']} |" in card
    assert (tmp_path / "copy/.gitignore").read_text() == "*\n"
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "copy", check=False
    )
    assert done.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "hf"], (
        "a second copy of texts was left"
    )


def test_a_stopped_run_goes_on_and_fetches_nothing_twice(
    small: Path, serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve(SOME)
    get = Client.get

    def stop(self: Client, path: str, query: dict[str, Any], note: Any) -> dict[str, Any]:
        if len(service.requests) == 2:
            raise KeyboardInterrupt
        return get(self, path, query, note)

    monkeypatch.setattr(Client, "get", stop)
    with pytest.raises(KeyboardInterrupt):
        hydration.hydrate(small, tmp_path / "copy", hydration.from_reddit())
    assert not (tmp_path / "copy").exists()
    kept = b"".join(file.read_bytes() for file in (tmp_path / ".copy.hydration").iterdir())
    assert b"user12" not in kept, "an author's name was kept"

    monkeypatch.setattr(Client, "get", get)
    counts = hydration.hydrate(small, tmp_path / "copy", hydration.from_reddit())
    assert counts == fates(SOME)
    assert [len(batch) for batch in asked_ids(service)] == [100, 100, 40]
    assert len({name for batch in asked_ids(service) for name in batch}) == SOME


def test_text_that_masking_gives_otherwise_is_not_taken(small: Path, serve: Any, tmp_path: Path) -> None:
    serve(SOME)
    copied = tmp_path / "valact-15k"
    for name in ("questions", "scenarios"):
        table = pl.read_parquet(small / name / "test.parquet")
        if name == "scenarios":
            other = pl.when(pl.col("masked") > 0).then(pl.lit("0" * 64)).otherwise(pl.col("text_sha256"))
            table = table.with_columns(text_sha256=other)
        (copied / name).mkdir(parents=True)
        table.write_parquet(copied / name / "test.parquet")
    for name in ("README.md", "release.json"):
        (copied / name).write_bytes((small / name).read_bytes())

    counts = hydration.hydrate(copied, tmp_path / "copy", hydration.from_reddit())
    altered = [n for n in range(1, SOME + 1) if rot.masked(n) != rot.text(n) and rot.fate(n) == "ok"]
    assert altered
    assert counts["masked_otherwise"] == len(altered)
    assert all(texts(tmp_path / "copy")[rot.post(number)["id"]] is None for number in altered)


def test_texts_are_masked_as_the_release_says(small: Path, serve: Any, tmp_path: Path) -> None:
    serve(SOME)
    copied = Path(shutil.copytree(small, tmp_path / "valact-15k"))
    described = json.loads((copied / "release.json").read_text())
    assert described["masking"]["entities"]
    described["masking"]["entities"] = []
    (copied / "release.json").write_text(json.dumps(described))
    counts = hydration.hydrate(copied, tmp_path / "copy", hydration.from_reddit())
    altered = [n for n in range(1, SOME + 1) if rot.masked(n) != rot.text(n) and rot.fate(n) == "ok"]
    assert counts["masked_otherwise"] == len(altered) > 0


def dump(path: Path, numbers: range) -> None:
    raw = [rot.now(number) for number in numbers]
    others = [rot.post(9000) | {"id": f"other{n}"} for n in range(50)]
    lines = "\n".join(json.dumps(post) for post in [*others, *filter(None, raw)])
    path.write_bytes(zstandard.compress((lines + "\n").encode()))


def test_dumps_on_disk_hydrate_too_and_are_read_once(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    dump(folder / "RS_1.zst", range(1, 101))
    dump(folder / "RS_2.zst", range(101, SOME + 1))
    read: list[str] = []
    original = hydration.sources.archive.read_dumps

    def stop(dumps: list[Any], *rest: Any) -> Any:
        if read:
            raise KeyboardInterrupt
        read.append(dumps[0].source)
        return original(dumps, *rest)

    monkeypatch.setattr(hydration.sources.archive, "read_dumps", stop)
    with pytest.raises(KeyboardInterrupt):
        hydration.hydrate(small, tmp_path / "copy", hydration.from_dumps([str(folder)]))
    read.clear()
    counts = hydration.hydrate(small, tmp_path / "copy", hydration.from_dumps([str(folder)]))
    assert read == ["RS_2.zst"]
    # A dump does not know that a subreddit was closed later: what it holds is what it is.
    assert counts == fates(SOME, closed=False)


def test_a_dump_that_breaks_off_is_an_error_until_it_is_whole(small: Path, tmp_path: Path) -> None:
    file = tmp_path / "dumps/RS_1.zst"
    file.parent.mkdir()
    dump(file, range(1, SOME + 1))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(InputError, match=r"truncated.* posts are not found yet"):
        hydration.hydrate(small, tmp_path / "copy", hydration.from_dumps([str(file)]))
    assert not (tmp_path / "copy").exists()
    file.write_bytes(whole)
    counts = hydration.hydrate(small, tmp_path / "copy", hydration.from_dumps([str(file)]))
    assert counts == fates(SOME, closed=False)


def test_the_command_reports_each_status(small: Path, serve: Any, tmp_path: Path) -> None:
    serve(SOME)
    result = valact("hydrate", str(small), "--out", str(tmp_path / "copy"))
    expected = fates(SOME)
    lines = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()[1 : len(STATUSES) + 1]}
    assert lines == {status: str(expected.get(status, 0)) for status in STATUSES}
    assert "do not pass it on" in result.stdout


def test_nothing_is_overwritten_that_is_no_copy(small: Path, serve: Any, tmp_path: Path) -> None:
    serve(SOME)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="no hydrated copy"):
        hydration.hydrate(small, tmp_path / "mine", hydration.from_reddit())
    assert (tmp_path / "mine/thesis.txt").read_text() == "years of work"
    hydration.hydrate(small, tmp_path / "copy", hydration.from_reddit())
    hydration.hydrate(small, tmp_path / "copy", hydration.from_reddit())
    with pytest.raises(InputError, match="nothing is withheld"):
        hydration.hydrate(tmp_path / "copy", tmp_path / "twice", hydration.from_reddit())


def test_without_credentials_the_command_says_which(small: Path, tmp_path: Path) -> None:
    result = valact("hydrate", str(small), "--out", str(tmp_path / "copy"), fails=True)
    assert "REDDIT_CLIENT_ID" in result.stderr

"""A take-down on a run that used everything: nothing is left in any file, database or server but in what is listed as
out of reach, and where it is killed it ends the same.

`VALACT_DRILL_KILLS=20 pytest tests/test_takedown_drill.py` kills it at twenty moments; the suite does at two.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from services import everything as whole_run
from services.everything import (
    OTHER_COMMENT,
    RELEASE,
    ROUND,
    build_everything,
    contents,
    dvc,
    judge,
    left,
    marks_in,
)
from services.folder import valact
from services.hub import OWNER, Hub, connected
from services.label_studio import Running
from services.project import run_environment
from services.released import REPOSITORY, build

from pipeline import params as settings
from pipeline.annotation import client, projects, sending
from pipeline.annotation.rounds import TAKEN_BACK
from pipeline.engine import identity
from pipeline.params import Params
from pipeline.publish import bundle as bundles
from pipeline.publish.publish import publish
from pipeline.takedown import act, pending
from pipeline.withdrawn.register import Register

DAY = dt.date(2026, 11, 21)
KILLS = int(os.environ.get("VALACT_DRILL_KILLS", "2"))
# Moments at most that only the first take-down has: it makes the key, which the copies to be killed have already.
OF_THE_KEY = 8
# What `dvc repro` builds anew, and what no program can reach (docs/handover.md): versions published before. The cache
# and the remote are cleaned by `dvc gc`.
LATER = ("data/release/", "data/previous/", ".dvc/")
# What differs between two runs and says nothing of a post: locks, days.
VARY = re.compile(r"-wal$|-shm$|lock$|SHA256SUMS$|^annotations/takedowns.yaml$|^\.label-studio/")
STORE = ".responses/store.sqlite"
# A copy of a store has an id of its own.
OWN_ID = re.compile(rf"INSERT INTO \"notes\" VALUES\('{identity.NOTE}'.*")
JUDGED = (f"annotations/rounds/{ROUND}.json", f"annotations/comments/{ROUND}.json")
# Of a judgement: its number on the server, and when it was made.
NUMBERS = ("annotation", "updated_at", "seconds")
# Takes a post down and dies before its nth write, rename, removal, opening of a database, start of a program, or
# request to a server; 0 lives and counts them.
KILLED = """
import datetime, os, sys
from pathlib import Path
import httpx
from pipeline import params
from pipeline.takedown import act
from pipeline.withdrawn.register import Loss
last, count = int(sys.argv[2]), 0
def moment():
    global count
    count += 1
    if count == last:
        os._exit(9)
def audit(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in ("os.rename", "os.remove", "sqlite3.connect", "subprocess.Popen"):
        moment()
settings = params.load()
really = httpx.Client.send
def ask(*arguments, **options):
    moment()
    return really(*arguments, **options)
httpx.Client.send = ask
sys.addaudithook(audit)
act.take_down(Path(), {sys.argv[1]: Loss("requested", "scenario")}, datetime.date(2026, 11, 21), settings)
print(count)
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with pytest.MonkeyPatch.context() as patch, connected(patch) as hub:
        yield hub


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, studio: Running) -> Path:
    folder = tmp_path_factory.mktemp("everything") / "projects/project"
    (folder.parent.parent / whole_run.REMOTE).mkdir(parents=True)
    folder.mkdir(parents=True)
    build_everything(folder, studio)
    return folder


@pytest.fixture
def copy(
    everything: Path, studio: Running, victim: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """Makes a copy of the project, and judgements on the server, as if nothing had happened."""
    monkeypatch.setenv(client.URL, studio.url)
    monkeypatch.setenv(client.KEY, studio.server.key)
    shutil.copytree(everything.parent.parent / whole_run.REMOTE, tmp_path / whole_run.REMOTE)

    def one(name: str) -> Path:
        project = Path(shutil.copytree(everything, tmp_path / "projects" / name, symlinks=True))
        judge(project, studio, victim["lines"][0])
        return project

    return one


@pytest.fixture(scope="module")
def victim(everything: Path) -> dict[str, Any]:
    """A post that raters see, and by what it could be known."""
    scenarios = pl.read_parquet(everything / "data/assemble/scenarios.parquet")
    items = pl.read_parquet(everything / "data/send/items.parquet")
    row = scenarios.filter(pl.col("scenario_id").is_in(items["scenario_id"].implode())).row(0, named=True)
    texts = "\n".join(scenarios["text"])
    lines = [line for line in row["text"].splitlines() if len(line) > 12 and texts.count(line) == 1]
    assert lines
    return row | {"lines": lines, "marks": [row["post_id"], row["scenario_id"], *lines]}


def killed(project: Path, post: str, moment: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED, post, str(moment)],
        cwd=project,
        env=run_environment(Path(act.__file__).parents[2]),
        capture_output=True,
        text=True,
        check=False,
    )


def in_reach(found: dict[str, Any]) -> dict[str, Any]:
    """Of the files of a project, those that a take-down by itself has to have cleaned."""
    return {name: content for name, content in found.items() if not name.startswith(LATER)}


def same(project: Path) -> dict[str, str]:
    """What is to be the same in every project that lost the post."""
    found = {name: text for name, text in in_reach(contents(project)).items() if not VARY.search(name)}
    found[STORE] = OWN_ID.sub("", found[STORE])
    for name in JUDGED:
        found[name] = str(_without_numbers(json.loads(found[name])))
    return found


def _without_numbers(of: Any) -> Any:
    """Judgements in an order that does not go by their numbers; comments are kept by number."""
    if isinstance(of, list):
        return sorted((_without_numbers(one) for one in of), key=str)
    if isinstance(of, dict):
        kept = {key: _without_numbers(value) for key, value in of.items() if key not in NUMBERS}
        return sorted(map(str, kept.values())) if all(key.isdigit() for key in kept) else kept
    return of


def on_server(studio: Running) -> str:
    """All that the project holds, as its own interface tells it."""
    with client.connect(studio.server) as api:
        found = projects.find(api, ROUND)
        assert found is not None
        return json.dumps(sending.read_tasks(api, found), ensure_ascii=False)


def check_all_is_gone(project: Path, studio: Running, marks: list[str]) -> None:
    assert in_reach(left(project, marks)) == {}
    assert left(studio.home, marks) == {}
    assert marks_in([on_server(studio)], marks) == set()


def put(params: Params) -> None:
    assert publish(bundles.load(RELEASE, params), params, OWNER).status == "published"


def test_nothing_is_left_and_kills_end_the_same(
    copy: Callable[[str], Path], victim: dict[str, Any], studio: Running, hub: Hub
) -> None:
    post, marks = victim["post_id"], victim["marks"]
    whole = copy("whole")
    with chdir(whole):
        params = settings.load()
        put(params)
    search = left(whole, marks) | left(studio.home, marks)
    assert set().union(*search.values()) == set(marks), "the search is blind"
    for place in (
        "data/imported/",
        "data/send/",
        ".responses/",
        ".harvest/",
        "forms/pages/",
        "mine/",
        "tracks/weekly/track.json",
        "data/translate/zh.csv",
        "annotations/comments/translation.zh.json",
        ".dvc/cache/",
    ):
        assert any(name.startswith(place) for name in search), f"the run did not use {place}"
    assert {JUDGED[1], "label_studio.sqlite3"} <= search.keys()
    assert left(whole.parents[1] / whole_run.REMOTE, marks)

    done = killed(whole, post, 0)
    assert done.returncode == 0, done.stderr
    moments = int(done.stdout) - OF_THE_KEY
    assert moments > KILLS
    check_all_is_gone(whole, studio, marks)
    expected = same(whole)
    judged = json.loads((whole / JUDGED[0]).read_text())["annotations"]
    assert OTHER_COMMENT in (whole / JUDGED[1]).read_text()
    assert sum(one["item_id"] == TAKEN_BACK for one in judged) >= 2, "judgements were lost"

    _the_next_release_and_what_is_stored_elsewhere(whole, params, hub, victim)

    for number in range(KILLS):
        moment = 1 + (2 * number + 1) * moments // (2 * KILLS)
        project = copy(f"killed-{number}")
        shutil.copytree(whole / ".takedowns", project / ".takedowns", dirs_exist_ok=True)  # the same key
        assert killed(project, post, moment).returncode == 9, moment
        registered = (project / "annotations/takedowns.yaml").exists()
        with chdir(project):
            if registered:
                act.take_down(Path(), {}, DAY, settings.load())
            else:  # nobody was told that it was in the register, and it is asked for again
                valact("takedown", post, "--yes")
        check_all_is_gone(project, studio, marks)
        assert not (project / pending.FILE).exists()
        found = same(project)
        odd = {name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)}
        assert odd == set(), (moment, odd)


def _the_next_release_and_what_is_stored_elsewhere(
    project: Path, before: Params, hub: Hub, victim: dict[str, Any]
) -> None:
    """What docs/handover.md says to do afterwards: build, publish, push, collect garbage."""
    with chdir(project):
        params = settings.load()
        assert (before.release.version, params.release.version) == ("0.2.0", "0.2.1")
        release = params.release.model_copy(update={"previous": "data/previous/v0.2.0"})
        params = params.model_copy(update={"release": release})
        shutil.rmtree(RELEASE)
        build(Path("data"), params, RELEASE, takedowns=Register.open().entries)
        put(params)
        dvc(project, "commit", "--force", "--quiet")
        dvc(project, "push", "--quiet")
        dvc(project, "gc", "--workspace", "--cloud", "--force", "--quiet")
    remote = project.parents[1] / whole_run.REMOTE
    assert left(remote, victim["marks"]) == {}
    assert any(remote.rglob("*"))
    listed = {name for name in left(project, victim["marks"]) if not name.startswith("data/previous/")}
    assert listed == set()
    # The Hub: nothing in what readers get, and in the tag of before the ids, which docs/handover.md names.
    now, then = (_told(hub, project.parent / name, name) for name in ("main", "v0.2.0"))
    assert left(now, victim["marks"]) == {}
    assert any(now.rglob("*.parquet"))
    hits: set[str] = set().union(*left(then, victim["marks"]).values())
    assert hits == {victim["post_id"], victim["scenario_id"]}
    assert REPOSITORY in hub.repos


def _told(hub: Hub, folder: Path, revision: str) -> Path:
    for name, content in hub.files(REPOSITORY, revision).items():
        path = folder.with_name(f"hub-{revision}") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder.with_name(f"hub-{revision}")

"""A take-down on a run that used everything, and killed at twenty moments: it ends the same, and nothing is left."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import chdir, closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from services.finished_run import finished_run, run_params
from services.folder import valact, write_params
from services.project import run_environment
from services.released import build, release_params
from services.runs import example_request

from pipeline import params as settings
from pipeline.annotation.rounds import add, exported
from pipeline.engine.response import Reply, decide
from pipeline.engine.store import Store
from pipeline.hydrate import folder as hydrated
from pipeline.params.people import Forms
from pipeline.reddit.journal import Journal
from pipeline.tables.ids import scenario_id
from pipeline.takedown import act, pending, places

DAY = dt.date(2026, 11, 21)
KILLS = 20
# What `dvc repro` builds anew, and what no program can reach (docs/handover.md).
LATER = ("data/release", "data/previous")
# Takes a post down and dies before its nth write, rename, removal or opening of a database; 0 lives and counts them.
KILLED = """
import datetime, os, sys
from pathlib import Path
from pipeline import params
from pipeline.takedown import act, erase, places, pending
from pipeline.withdrawn.register import Loss
last, count = int(sys.argv[2]), 0
def moment(event, arguments):
    global count
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in ("os.rename", "os.remove", "sqlite3.connect"):
        count += 1
        if count == last:
            os._exit(9)
settings = params.load()
sys.addaudithook(moment)
act.take_down(Path(), {sys.argv[1]: Loss("requested", "scenario")}, datetime.date(2026, 11, 21), settings)
print(count)
"""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables, a release, answers, fetched posts, judgements with comments, forms, and a hydrated copy."""
    folder = tmp_path_factory.mktemp("everything") / "project"
    folder.mkdir()
    forms = Forms(questions=10)
    params = run_params(source="archive", text="withhold", licence="cc-by-4.0").model_copy(
        update={"forms": forms}
    )
    finished_run(folder / "data", params)
    write_params(folder, params)
    with chdir(folder):
        released = build(
            folder / "data", release_params("0.2.0", real=True), folder / "data/release/valact-15k"
        )
        shutil.copytree(released, "data/previous/v0.2.0")
        valact("forms", "--n", "3", "--out", "forms")
        scenarios = pl.read_parquet(released / "scenarios/test.parquet")
        texts = dict(
            pl.read_parquet("data/assemble/scenarios.parquet").select("scenario_id", "text").iter_rows()
        )
        status = pl.lit("ok").alias("status")
        settled = scenarios.select("scenario_id", "post_id", status).with_columns(
            text=pl.Series([texts[one] for one in scenarios["scenario_id"]], dtype=pl.String)
        )
        hydrated.write(released, Path("mine"), scenarios, settled)
        places.remember("copies", Path("mine"))
        posts = scenarios["post_id"].to_list()
        with closing(Store(params.responses.store)) as store:
            for post in posts:
                for number, subject in enumerate((post, scenario_id(post), f"{scenario_id(post)}.q1")):
                    request = example_request(subject=subject, model=f"m{posts.index(post)}-{number}")
                    response = decide(request, Reply(text=f"About {texts[scenario_id(post)]}"))
                    store.record([(request, response)], stage="judge")
        with Journal(Path(".harvest")) as journal:
            journal.add_answers({post: {"id": post, "title": texts[scenario_id(post)]} for post in posts})
        items = pl.read_parquet("data/send/items.parquet").select("item_id", "scenario_id")
        tasks = [
            {
                "data": {"item_id": item, "scenario": texts[scenario]},
                "annotations": [_judged(item, texts[scenario])],
            }
            for item, scenario in items.iter_rows()
            if scenario in texts
        ]
        Path("data/send/tasks.json").write_text(json.dumps(tasks))
        add(exported(tasks, params.validation.round, "a key", where="test"))
    return folder


def _judged(item: str, text: str) -> dict[str, Any]:
    chosen = {"from_name": "answer", "to_name": "t", "type": "choices", "value": {"choices": ["power"]}}
    typed = {"from_name": "comment", "to_name": "t", "type": "textarea", "value": {"text": [text]}}
    return {"id": f"a-{item}", "completed_by": 1, "updated_at": f"2026-{item}", "result": [chosen, typed]}


@pytest.fixture(scope="module")
def victim(everything: Path) -> dict[str, Any]:
    """A post that was judged, and by what it could be known."""
    scenarios = pl.read_parquet(everything / "data/assemble/scenarios.parquet")
    items = pl.read_parquet(everything / "data/send/items.parquet")
    row = scenarios.filter(pl.col("scenario_id").is_in(items["scenario_id"].implode())).row(0, named=True)
    all_texts = "\n".join(scenarios["text"])
    lines = [line for line in row["text"].splitlines() if len(line) > 12 and all_texts.count(line) == 1]
    assert lines
    return row | {"marks": [row["post_id"], row["scenario_id"], *lines]}


def contents(folder: Path) -> dict[str, str]:
    """Every file as what it holds, tables and databases as their rows."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (
            not path.is_file()
            or name.startswith(LATER)
            or name.endswith(("-wal", "-shm", "lock", "SHA256SUMS"))
        ):
            continue
        if path.suffix == ".parquet":
            found[name] = str(pl.read_parquet(path).to_dicts())
        elif path.suffix == ".sqlite":
            with closing(sqlite3.connect(path)) as database:
                found[name] = "\n".join(database.iterdump())
        else:
            found[name] = path.read_text(encoding="utf-8", errors="replace")
    return found


def left(folder: Path, marks: list[str]) -> set[tuple[str, str]]:
    """Files that hold a mark, in what they say or in their bytes."""
    pattern = re.compile("|".join(map(re.escape, marks)))
    hits = {(name, hit) for name, text in contents(folder).items() for hit in pattern.findall(text)}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(LATER):
            hits |= {(name, hit) for hit in pattern.findall(path.read_bytes().decode(errors="replace"))}
    return hits


def killed(project: Path, post: str, moment: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED, post, str(moment)],
        cwd=project,
        env=run_environment(Path(act.__file__).parents[2]),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_nothing_is_left_and_twenty_kills_end_the_same(
    everything: Path, victim: dict[str, Any], tmp_path: Path
) -> None:
    assert {mark for _, mark in left(everything, victim["marks"])} == set(victim["marks"]), (
        "the search is blind"
    )
    whole = Path(shutil.copytree(everything, tmp_path / "whole"))
    done = killed(whole, victim["post_id"], 0)
    assert done.returncode == 0, done.stderr
    moments = int(done.stdout)
    assert moments > KILLS
    assert left(whole, victim["marks"]) == set()
    expected = contents(whole)
    for number in range(KILLS):
        moment = 1 + number * moments // KILLS
        project = Path(shutil.copytree(everything, tmp_path / f"killed-{number}"))
        shutil.copytree(whole / ".takedowns", project / ".takedowns", dirs_exist_ok=True)  # the same key
        (project / "annotations/takedowns.yaml").unlink(missing_ok=True)
        assert killed(project, victim["post_id"], moment).returncode == 9, moment
        with chdir(project):
            act.take_down(Path(), {}, DAY, settings.load())
            if not left(project, victim["marks"]):
                found = contents(project)
            else:  # died before it was in the register: nobody was told that it was, and it is asked for again
                assert not (project / "annotations/takedowns.yaml").exists(), (
                    moment,
                    left(project, victim["marks"]),
                )
                valact("takedown", victim["post_id"], "--yes")
                found = contents(project)
            assert left(project, victim["marks"]) == set(), moment
            assert not (project / pending.FILE).exists()
        odd = {name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)}
        assert odd <= {"annotations/takedowns.yaml"}, (moment, odd)

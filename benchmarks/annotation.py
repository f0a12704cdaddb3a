"""A round of 2,000 tasks and three raters: what sending and collecting take, and whether the counts agree.

Against a real Label Studio server on loopback (SQLite). Sending and collecting are what the stages do. In between, the
tasks are taken out and imported again in bulk with the annotations of three accounts: judging one by one would take
longer than all the rest, and is the raters' time.

python -m benchmarks.annotation [--tasks 2000] [--raters 3] [--to benchmarks/results/annotation.json]
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import polars as pl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from services.label_studio import Answer, Running, label_studio  # noqa: E402

from pipeline.annotation import exports, labelling, rounds, sending  # noqa: E402
from pipeline.annotation.client import connect  # noqa: E402
from pipeline.annotation.sending import BATCH  # noqa: E402
from pipeline.collect.judgements import judgements  # noqa: E402
from pipeline.send.tasks import tasks as make_tasks  # noqa: E402
from pipeline.values import load as load_inventory  # noqa: E402

TEN = load_inventory("schwartz10")

ROUND = "benchmark"
WORDS = "should leave stay money family job move friend because never always later house city offer".split()


@click.command()
@click.option("--tasks", "count", default=2_000, show_default=True)
@click.option("--raters", default=3, show_default=True)
@click.option("--to", default="benchmarks/results/annotation.json", show_default=True, type=Path)
def main(count: int, raters: int, to: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="valact-annotation-") as folder:
        started = time.monotonic()
        with label_studio(Path(folder) / "server") as studio:
            result = {"tasks": count, "raters": raters, "first_start_s": _since(started)}
            result |= run(studio, count, raters, Path(folder))
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(result, indent=1))


def run(studio: Running, count: int, raters: int, folder: Path) -> dict[str, Any]:
    """Seconds of each step; ends the program unless both sides hold the same."""
    tasks = [_task(number, raters) for number in range(count)]
    config, instructions = labelling.labelling_config(), labelling.guidelines(TEN)
    page = {"round_": ROUND, "title": "ValAct", "config": config, "instructions": instructions}
    result: dict[str, Any] = {}
    with connect(studio.server) as client:
        started = time.monotonic()
        project = sending.send(client, tasks, **page).project
        result["send_s"] = _since(started)
        started = time.monotonic()
        again = sending.send(client, tasks, **page)
        result["send_again_s"] = _since(started)
        if again.added or again.removed:
            sys.exit(f"a second sending changed something: {again}")

    people = [studio.rater(f"rater-{number}") for number in range(raters)]
    numbers = {one["email"]: one["id"] for one in people[0].web.get("/api/users/").json()}
    with connect(studio.server) as client:
        client.tasks.delete_all_tasks(project.id)
        for start in range(0, count, BATCH):
            some = [
                _judged(task, [numbers[one.email] for one in people]) for task in tasks[start : start + BATCH]
            ]
            client.projects.import_tasks(project.id, request=some)

    with connect(studio.server) as client:
        started = time.monotonic()
        new = exports.exported(sending.read_tasks(client, project), ROUND, project.key, where=studio.url)
        result["export_s"] = _since(started)
        whole, changed = rounds.add(new, folder / "rounds")
        asked = {task["data"]["item_id"]: ROUND for task in tasks}
        saved = rounds.read(rounds.path_of(ROUND, folder / "rounds"))
        found, ledger = judgements([("file", saved)], tasks, config, asked)
        result["collect_s"] = _since(started)
        again = sending.send(client, tasks, **page)
    wanted = count * raters
    with sqlite3.connect(f"file:{studio.database}?mode=ro", uri=True) as database:
        [(held,)] = database.execute("select count(*) from task_completion")
    if not (held == changed == len(whole.annotations) == found.height == wanted and ledger.is_empty()):
        sys.exit(
            f"{held} on the server, {len(whole.annotations)} in the file, {found.height} judgements of {wanted}"
        )
    if again.added or again.removed:
        sys.exit(f"sending again changed a judged project: {again}")
    result |= {"on_the_server": held, "in_the_tables": found.height, "in_the_ledger": ledger.height}
    result["file_mb"] = round(rounds.path_of(ROUND, folder / "rounds").stat().st_size / 1e6, 2)
    return result


def _task(number: int, raters: int) -> dict[str, Any]:
    """A value item of a post's usual length, in one of six orders."""
    words = random.Random(number)
    item = {
        "item_id": f"i{number:019x}",
        "task": "value",
        "block": number % 6,
        "scenario_id": f"s{number:010x}",
        "action_id": f"s{number:010x}.power.bench",
        "round": ROUND,
        "raters": raters,
    }
    scenarios = pl.DataFrame(
        {"scenario_id": [item["scenario_id"]], "text": [" ".join(words.choices(WORDS, k=220))]}
    )
    actions = pl.DataFrame({"action_id": [item["action_id"]], "text": [" ".join(words.choices(WORDS, k=20))]})
    options = pl.DataFrame(schema={"question_id": pl.String, "position": pl.Int8, "action_id": pl.String})
    [task] = make_tasks(pl.DataFrame([item]), scenarios, actions, options, TEN, seed=1)
    return task


def _judged(task: dict[str, Any], people: list[int]) -> dict[str, Any]:
    choose = random.Random(task["data"]["item_id"])
    made = [
        {"completed_by": person, "result": Answer(choose.choice(TEN.slugs)).result(), "lead_time": 20.0}
        for person in people
    ]
    return {**task, "annotations": made}


def _since(started: float) -> float:
    return round(time.monotonic() - started, 1)


if __name__ == "__main__":
    main()

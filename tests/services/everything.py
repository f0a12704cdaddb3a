"""A run of real posts that used everything: its tables under DVC with a remote, a published release, recorded answers,
fetched posts, judgements on a Label Studio server and in a round, forms, people's answers, and a hydrated copy."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import chdir, closing
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipeline.annotation import exchange, projects, rounds, sending
from pipeline.annotation.client import connect
from pipeline.annotation.labelling import CONFIG, GUIDELINES
from pipeline.engine.response import Reply, decide
from pipeline.engine.store import Store
from pipeline.hydrate import folder as hydrated
from pipeline.local import label_studio as local
from pipeline.params import Params
from pipeline.params.people import Forms
from pipeline.publish.valact import VALACT
from pipeline.reddit.journal import Journal
from pipeline.send import examples
from pipeline.send.push import push
from pipeline.series import folder as tracks
from pipeline.tables import write_table
from pipeline.tables.ids import scenario_id
from pipeline.tables.translate import Translations
from pipeline.takedown import places
from pipeline.translate.sheet import sheets
from services.finished_run import finished_run
from services.folder import valact, write_params
from services.label_studio import Answer, Running
from services.project import ROOT, run_environment
from services.released import build, release_params
from services.runs import example_request
from services.study import TOLD, Study
from services.translated import table_of
from stages import send

# Other rounds on the same server have other names.
ROUND = "taken-back"
OTHER_COMMENT = "of another post"
REMOTE = "remote"
# Stages that only say what belongs to whom: the drill writes their tables itself.
STAGES = ("scrape", "filter", "judge", "generate", "assemble", "send", "release")


RELEASE = VALACT.folder


def build_everything(folder: Path, studio: Running) -> Params:
    """Fills the folder, which has the files of a project; what is on the server is not there yet (``judge``)."""
    params = release_params("0.2.0", real=True)
    validation = params.validation.model_copy(update={"round": ROUND})
    params = params.model_copy(update={"forms": Forms(questions=10, consent=TOLD), "validation": validation})
    finished_run(folder / "data", params, prefix="1qk7")
    write_params(folder, params)
    for path in (CONFIG, GUIDELINES, examples.FILE):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    (folder / local.HOME).symlink_to(studio.home)
    with chdir(folder):
        build(Path("data"), params, RELEASE)
        shutil.copytree(RELEASE, "data/previous/v0.2.0")
        texts = _texts()
        _answers_and_posts(params, texts)
        _people(folder, params)
        _hydrated(texts)
        _beside(texts)
        send.main()
        _under_dvc(folder)
    return params


def judge(folder: Path, studio: Running, about: str) -> None:
    """Puts the sample of the project in ``folder`` on the server, anew; two raters judge the items whose text has
    ``about``, and one judges some others. What they did is collected, but for what the second rater did."""
    with chdir(folder):
        params = _params()
        with connect(studio.server) as client:
            if found := projects.find(client, ROUND):
                client.projects.delete(id=found.id)
        push(studio.server, params)
        with connect(studio.server) as client:
            found = projects.find(client, ROUND)
            assert found is not None
            tasks = sending.read_tasks(client, found)
            b"".join(client.projects.exports.as_file(found.id, export_type="JSON"))  # the button Export
        theirs = [task for task in tasks if about in json.dumps(task["data"])]
        others = [task for task in tasks if task not in theirs][-3:]
        anna, ben = studio.rater("anna"), studio.rater("ben")
        for task in theirs:
            anna.judge(task, Answer(task["data"]["choices"][0]["alias"], comment=f"as {about} says"))
        for task in others:
            anna.judge(task, Answer(task["data"]["choices"][0]["alias"], comment=OTHER_COMMENT))
        exchange.pull(studio.server, params)
        for task in theirs:
            ben.judge(task, Answer(task["data"]["choices"][0]["alias"]))


def dvc(project: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=project,
        env=run_environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(folder: Path) -> dict[str, str]:
    """Every file by what it holds: tables and databases, whatever they are called, as their rows."""
    return {
        path.relative_to(folder).as_posix(): _content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def marks_in(texts: Iterable[str | bytes], marks: Iterable[str]) -> set[str]:
    """Those of the marks that stand in one of the texts."""
    pattern = re.compile("|".join(map(re.escape, marks)))
    whole = (text.decode(errors="replace") if isinstance(text, bytes) else text for text in texts)
    return {hit for text in whole for hit in pattern.findall(text)}


def left(folder: Path, marks: Iterable[str]) -> dict[str, set[str]]:
    """Files of a folder that hold a mark, in what they say, in their bytes or in their name, and which."""
    said, marks = contents(folder), [*marks]
    hits = {name: marks_in([name, text, (folder / name).read_bytes()], marks) for name, text in said.items()}
    return {name: found for name, found in hits.items() if found}


def _content(path: Path) -> str:
    data = path.read_bytes()
    if data[:4] == b"PAR1":
        return str(pl.read_parquet(path).to_dicts())
    if data[:15] == b"SQLite format 3":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return "\n".join(database.iterdump())
    return data.decode(errors="replace")


def _params() -> Params:
    return Params.model_validate(yaml.safe_load(Path("params.yaml").read_text()))


def _texts() -> dict[str, str]:
    table = pl.read_parquet("data/assemble/scenarios.parquet")
    return dict(table.select("scenario_id", "text").iter_rows())


def _answers_and_posts(params: Params, texts: dict[str, str]) -> None:
    posts = pl.read_parquet(RELEASE / "scenarios/test.parquet")["post_id"].to_list()
    with closing(Store(params.responses.store)) as store:
        for place, post in enumerate(posts):
            for number, subject in enumerate((post, scenario_id(post), f"{scenario_id(post)}.q1")):
                request = example_request(subject=subject, model=f"m{place}-{number}")
                response = decide(request, Reply(text=f"About {texts[scenario_id(post)]}"))
                store.record([(request, response)], stage="judge")
    with Journal(Path(".harvest")) as journal:
        journal.add_answers({post: {"id": post, "title": texts[scenario_id(post)]} for post in posts})


def _people(folder: Path, params: Params) -> None:
    valact("forms", "--n", "3", "--out", "forms")
    study, answers = Study(folder, params), Path("answers")
    answers.mkdir()
    forms = sorted(set(study.key["form"]))
    files = [study.save(study.record(form, f"person-{form}"), f"answers/{form}.json") for form in forms]
    study.take_in(*files)


def _hydrated(texts: dict[str, str]) -> None:
    scenarios = pl.read_parquet(RELEASE / "scenarios/test.parquet")
    status = pl.lit("ok").alias("status")
    settled = scenarios.select("scenario_id", "post_id", status).with_columns(
        text=pl.Series([texts[one] for one in scenarios["scenario_id"]], dtype=pl.String)
    )
    hydrated.write(RELEASE, Path("mine"), scenarios, settled)
    places.remember("copies", Path("mine"))


def _beside(texts: dict[str, str]) -> None:
    """What commands write that are no stages: a track, and translations with a sheet for a person to read."""
    questions = pl.read_parquet(RELEASE / "questions/test.parquet")
    asked = dict(questions.select("question_id", "content_sha256").iter_rows())
    home = tracks.HOME / "weekly"
    tracks.begin(home, tracks.Track(respondent="r", wordings=1, baseline=3, arl=200, questions=asked))
    questions.select("question_id", "scenario_id").write_parquet(home / "2026-11-21.parquet")
    translations = table_of((name, name, text, "scenario") for name, text in texts.items())
    folder = Path("data/translate")
    folder.mkdir(exist_ok=True)
    write_table(Translations, translations, folder / "translations.parquet")
    english = pl.DataFrame({"id": [*texts], "english": [*texts.values()]})
    assert [*sheets(translations, english, folder)]
    made = [
        {
            "annotation": str(number),
            "item_id": f"{name}.zh.000000000000",
            "rater": "rater-0000000000",
            "skipped": False,
            "seconds": 1.0,
            "updated_at": "2026-11-21T10:00:00Z",
            "result": [{"from_name": "mended", "type": "textarea", "value": {"text": [text]}}],
        }
        for number, (name, text) in enumerate(texts.items())
    ]
    rounds.add(rounds.Round("translation.zh", "0" * 10, tuple(made)), rounds.TRANSLATIONS)


def _under_dvc(folder: Path) -> None:
    stages: dict[str, Any] = {
        name: {"cmd": "exit 1", "outs": [f"data/{name}"]} for name in STAGES if Path("data", name).exists()
    }
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    dvc(folder, "init", "--no-scm", "--quiet")
    dvc(folder, "config", "core.analytics", "false")
    dvc(folder, "remote", "add", "--default", "shared", os.path.join("..", "..", REMOTE))
    (folder.parent / REMOTE).mkdir()
    dvc(folder, "commit", "--force", "--quiet")
    dvc(folder, "push", "--quiet")

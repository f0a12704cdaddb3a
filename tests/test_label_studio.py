"""Send, judge and collect against a real Label Studio server: nothing lost, nothing doubled, nothing given away."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from services.annotation import annotation_project
from services.folder import valact, write_params
from services.label_studio import SKIP, Answer, PageRater
from services.loopback import Loopback
from services.project import digests

from pipeline.annotation import projects, rounds, sending
from pipeline.annotation.client import connect
from pipeline.annotation.exchange import outgoing
from pipeline.annotation.rater_ids import rater_id
from pipeline.params import Params
from pipeline.tables import Items, JudgementLedger, Judgements, read_table
from stages import collect, send

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path, monkeypatch, studio) -> Callable[..., Params]:
    """Makes the current folder a project whose stages know the server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.server.key)
    return lambda round_, **sample: annotation_project(tmp_path, round_, **sample)


def answers() -> dict[str, Answer]:
    """An answer to every item of the sample, each of another kind where the item allows it."""
    given = {}
    for number, task in enumerate(outgoing().tasks):
        data = task["data"]
        first = data["choices"][number % len(data["choices"])]["alias"]
        second = ""
        if data["second_choices"] and first != "none" and number % 2:
            second = next(c["alias"] for c in data["second_choices"] if c["alias"] != first)
        given[data["item_id"]] = Answer(first, second, f"see {number} & 'it'" if number % 5 == 0 else "")
    return given


def on_server(studio, round_: str) -> list[dict]:
    with connect(studio.server) as client:
        return sending.read_tasks(client, projects.find(client, round_))


def the_project(studio, round_: str) -> projects.Project:
    with connect(studio.server) as client:
        return projects.find(client, round_)


def fails(run: Callable[[], object], capsys) -> str:
    """What a stage says when it ends with an error that its user can mend."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 1
    return capsys.readouterr().err


def collected() -> pl.DataFrame:
    return read_table(Judgements, "data/collect/judgements.parquet")


def ledger() -> dict[str, int]:
    return dict(
        read_table(JudgementLedger, "data/collect/ledger.parquet")["reason"].value_counts().iter_rows()
    )


def test_three_raters_end_to_end(project, studio, browser, capsys):
    project("whole", raters=3)
    send.main()
    given = answers()
    tasks = {task["data"]["item_id"]: task for task in on_server(studio, "whole")}
    assert set(tasks) == set(given) == set(read_table(Items, "data/send/items.parquet")["item_id"])
    kinds = {task["data"]["task"] for task in tasks.values()}
    assert kinds == {"value", "option", "scenario"}

    ada, bob, cyd = (studio.rater(name) for name in ("ada", "bob", "cyd"))
    half = sorted(tasks)[: len(tasks) // 2]
    for item, task in tasks.items():
        ada.judge(task, given[item], seconds=7.5)
    for item in half:
        bob.judge(tasks[item], given[item])
    collect.main()
    assert collected().height == len(tasks) + len(half)

    studio.restart()
    skipped = half[0]
    page = PageRater(browser, studio.url, cyd.email)
    try:
        judged = page.judge(the_project(studio, "whole").id, {**given, skipped: SKIP})
    finally:
        page.close()
    assert sorted(judged) == sorted(tasks)

    collect.main()
    key = the_project(studio, "whole").key
    numbers = {one["email"]: rater_id(key, one["id"]) for one in ada.web.get("/api/users/").json()}
    found = {(row["item_id"], row["rater"]): row for row in collected().iter_rows(named=True)}
    wanted = {(item, numbers[ada.email]): given[item] for item in tasks}
    wanted |= {(item, numbers[bob.email]): given[item] for item in half}
    wanted |= {(item, numbers[cyd.email]): given[item] for item in tasks}
    wanted[skipped, numbers[cyd.email]] = SKIP
    assert {key: said(row) for key, row in found.items()} == wanted
    assert ledger() == {}
    assert {row["seconds"] for key, row in found.items() if key[1] == numbers[ada.email]} == {7.5}
    # No name, address or text of anybody is in what is published.
    published = Path("annotations/rounds/whole.json").read_text()
    assert "example.org" not in published
    assert "Should I" not in published

    before, files = on_server(studio, "whole"), digests(Path("data"))
    capsys.readouterr()
    send.main()
    collect.main()
    assert "as it should be" in capsys.readouterr().err
    assert on_server(studio, "whole") == before
    assert digests(Path("data")) == files

    result = valact("annotate", "status")
    done = 3 * len(tasks) - (len(tasks) - len(half)) - 1
    assert f"{done} of {3 * len(tasks)} judgements" in result.output
    assert "Every judgement on the server is in annotations/rounds/" in result.output


def said(row: dict) -> Answer:
    if row["status"] == "skipped":
        return SKIP
    answer = row["value"] or row["verdict"] or str(row["position"])
    return Answer(answer, row["second_value"] or "", row["comment"] or "")


def test_nothing_intended_is_on_the_server(project, studio):
    project("blind", distractors=0.5)
    send.main()
    items = read_table(Items, "data/send/items.parquet")
    assert items["distractor"].any()
    secrets = {*items["action_id"].drop_nulls(), *items["question_id"].drop_nulls(), *items["scenario_id"]}
    secrets |= {*items["generator"].drop_nulls(), *items["category"], "distractor", "intended"}
    held = everything(studio.database)
    assert all(item in held for item in items["item_id"])
    # Label Studio has words of its own for its columns and templates: ours are looked for in what we sent.
    ours = "\n".join(json.dumps(task) for task in on_server(studio, "blind"))
    for secret in secrets:
        assert secret not in ours
        if "." in secret or secret.startswith("s"):
            assert secret not in held, f"{secret} is on the server"
    for task in on_server(studio, "blind"):
        assert task["meta"] in ({}, None)
        assert task["predictions"] == []
        if task["data"]["task"] == "value":
            # Every value is named as often as every other, so that none stands out.
            names = [choice["alias"] for choice in task["data"]["choices"]]
            assert len(set(names)) == 11
    intended = dict(items.filter(task="value").select("item_id", "intended").iter_rows())
    places = {
        i: [c["alias"] for c in t["data"]["choices"]].index(intended[i])
        for t in on_server(studio, "blind")
        if (i := t["data"]["item_id"]) in intended
    }
    assert len(set(places.values())) > 1


def everything(database: Path) -> str:
    """Every text in every table."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as held:
        tables = [name for (name,) in held.execute("select name from sqlite_master where type = 'table'")]
        return "\n".join(str(row) for name in tables for row in held.execute(f'select * from "{name}"'))


def test_a_changed_sample_keeps_what_is_judged_and_doubles_nothing(project, studio, capsys):
    params = project("moving")
    send.main()
    before = {task["data"]["item_id"]: task for task in on_server(studio, "moving")}
    judged = sorted(before)[:4]
    for item in judged:
        studio.rater("ada").judge(before[item], answers()[item])

    write_params(Path(), params.model_copy(update={"seed": params.seed + 1}))
    send.main()
    after = {task["data"]["item_id"]: task for task in on_server(studio, "moving")}
    drawn = set(read_table(Items, "data/send/items.parquet")["item_id"])
    assert drawn.isdisjoint(before)
    assert set(after) == drawn | set(judged)
    assert len(on_server(studio, "moving")) == len(after)
    assert all(after[item]["id"] == before[item]["id"] for item in judged)
    collect.main()
    assert collected().is_empty()
    assert ledger() == {"unknown_item": 4}
    # The judged ones left the queue: the next rater is not asked for them.
    queue = studio.rater("bob").web.get(f"/api/tasks/{before[judged[0]]['id']}/").json()
    assert queue["is_labeled"]

    write_params(Path(), params)
    capsys.readouterr()
    send.main()
    back = {task["data"]["item_id"]: task for task in on_server(studio, "moving")}
    assert set(back) == set(before)
    assert len(on_server(studio, "moving")) == len(before)
    collect.main()
    assert set(collected()["item_id"]) == set(judged)
    assert ledger() == {}
    # They are wanted again, and so are asked for again.
    queue = studio.rater("bob").web.get(f"/api/tasks/{back[judged[0]]['id']}/").json()
    assert not queue["is_labeled"]


def test_items_get_as_many_raters_as_they_want(project, studio):
    project("overlap", overlap=0.5, raters=2, half_width=0.2)
    send.main()
    wanted = dict(read_table(Items, "data/send/items.parquet").select("item_id", "raters").iter_rows())
    assert set(wanted.values()) == {1, 2}
    tasks = {task["data"]["item_id"]: task for task in on_server(studio, "overlap")}
    web = studio.rater("ada").web
    assert {
        item: web.get(f"/api/tasks/{task['id']}/").json()["overlap"] for item, task in tasks.items()
    } == wanted

    project("overlap", overlap=1.0, raters=3)
    send.main()
    tasks = {task["data"]["item_id"]: task for task in on_server(studio, "overlap")}
    assert {web.get(f"/api/tasks/{task['id']}/").json()["overlap"] for task in tasks.values()} == {3}


def test_changed_and_deleted_judgements(project, studio):
    project("second-thoughts")
    send.main()
    task, other = on_server(studio, "second-thoughts")[:2]
    ada = studio.rater("ada")
    ada.judge(task, answers()[task["data"]["item_id"]])
    ada.judge(other, answers()[other["data"]["item_id"]])
    collect.main()
    assert collected().height == 2
    first = on_server(studio, "second-thoughts")[0]["annotations"][0]
    alias = task["data"]["choices"][-1]["alias"]
    ada.web.patch(
        f"/api/annotations/{first['id']}/", json={"result": Answer(alias, comment="changed").result()}
    )
    [gone] = on_server(studio, "second-thoughts")[1]["annotations"]
    assert ada.web.delete(f"/api/annotations/{gone['id']}/").status_code == 204

    collect.main()
    found = {row["item_id"]: row for row in collected().iter_rows(named=True)}
    assert found[task["data"]["item_id"]]["comment"] == "changed"
    assert other["data"]["item_id"] in found, "what was judged once is kept"


def test_a_label_that_the_config_lacks(project, studio):
    project("labels")
    send.main()
    task, other = on_server(studio, "labels")[:2]
    studio.rater("ada").judge(task, Answer("wisdom"))
    studio.rater("ada").judge(other, answers()[other["data"]["item_id"]])
    collect.main()
    assert collected()["item_id"].to_list() == [other["data"]["item_id"]]
    [row] = read_table(JudgementLedger, "data/collect/ledger.parquet").iter_rows(named=True)
    assert row["reason"] == "not_in_config"
    assert "wisdom" in row["detail"]


def test_a_config_that_was_edited_on_the_server(project, studio, capsys):
    project("edited")
    send.main()
    edited = the_project(studio, "edited").config.replace('name="comment"', 'name="remark"')
    with connect(studio.server) as client:
        client.projects.update(the_project(studio, "edited").id, label_config=edited)
    said = fails(send.main, capsys)
    assert "edited on the server" in said
    assert "--restore" in said
    assert the_project(studio, "edited").config == edited
    # Collecting loses nothing, and says so.
    collect.main()
    assert "was edited on the server" in capsys.readouterr().err

    valact("annotate", "send", "--restore")
    assert not the_project(studio, "edited").edited
    send.main()


def test_a_new_config_of_ours_replaces_the_old_one(project, studio):
    project("improved")
    send.main()
    config = Path("annotations/labelling.xml")
    config.write_text(config.read_text().replace("A comment, if you like", "A remark, if you like"))
    send.main()
    found = the_project(studio, "improved")
    assert "A remark" in found.config
    assert not found.edited


def test_a_project_that_was_deleted(project, studio, capsys):
    project("deleted")
    send.main()
    task = on_server(studio, "deleted")[0]
    with connect(studio.server) as client:
        client.projects.delete(the_project(studio, "deleted").id)
    said = fails(collect.main, capsys)
    assert "no project of round 'deleted'" in said
    assert "valact annotate send" in said
    send.main()  # nothing had been judged: it is simply made again

    task = on_server(studio, "deleted")[0]
    studio.rater("ada").judge(task, answers()[task["data"]["item_id"]])
    collect.main()
    before = digests(Path("annotations"))
    with connect(studio.server) as client:
        client.projects.delete(the_project(studio, "deleted").id)
    for run in (send.main, collect.main):
        said = fails(run, capsys)
        assert "was deleted" in said
        assert "validation.round" in said
    assert the_project(studio, "deleted") is None
    assert digests(Path("annotations")) == before

    # Without the server the stages go on with what is there.
    os.environ.pop("LABEL_STUDIO_URL")
    send.main()
    collect.main()
    assert collected().height == 1


def test_a_project_made_again_by_hand_is_another_one(project, studio, capsys):
    project("again")
    send.main()
    task = on_server(studio, "again")[0]
    studio.rater("ada").judge(task, answers()[task["data"]["item_id"]])
    collect.main()
    before = Path("annotations/rounds/again.json").read_bytes()
    found = the_project(studio, "again")
    with connect(studio.server) as client:
        description = client.projects.get(found.id).description
        client.projects.update(found.id, description=description.replace(found.check, "0" * 10))
    assert "another project" in fails(collect.main, capsys)
    assert Path("annotations/rounds/again.json").read_bytes() == before


def test_the_key_of_rater_ids_is_not_on_the_server(project, studio, capsys):
    """Raters read the description of their project, and who is a member."""
    project("secret")
    send.main()
    task = on_server(studio, "secret")[0]
    studio.rater("ada").judge(task, answers()[task["data"]["item_id"]])
    collect.main()
    raters = set(collected()["rater"])
    found = the_project(studio, "secret")
    with connect(studio.server) as client:
        assert found.key not in client.projects.get(found.id).json()
        # As an earlier version left it: the key is taken over, and taken off the server.
        old = f"[valact round=secret config={found.config_hash} key={found.key}]"
        client.projects.update(found.id, description=old)
        shutil.rmtree(".label-studio/rater_keys")
        send.main()
        assert found.key not in client.projects.get(found.id).json()
    collect.main()
    assert set(collected()["rater"]) == raters

    key = Path(".label-studio/rater_keys/secret")
    assert key.stat().st_mode & 0o077 == 0
    key.unlink()
    assert "is not here" in fails(collect.main, capsys)
    key.write_text("0" * 32)
    assert "another project" in fails(collect.main, capsys)


def test_a_wrong_key(project, studio, monkeypatch, capsys):
    project("key")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "0" * 40)
    said = fails(send.main, capsys)
    assert "refuses the key" in said
    assert "0" * 40 not in said
    monkeypatch.delenv("LABEL_STUDIO_API_KEY")
    assert "no key" in fails(send.main, capsys)


def test_a_server_that_is_down(project, studio, monkeypatch, capsys):
    project("down")
    send.main()
    task = on_server(studio, "down")[0]
    studio.rater("ada").judge(task, answers()[task["data"]["item_id"]])
    collect.main()
    files = digests(Path("annotations"))
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:9")
    for run in (send.main, collect.main):
        assert "no Label Studio server answers" in fails(run, capsys)
    result = valact("annotate", "status", fails=True)
    assert "no Label Studio server answers" in result.stderr
    assert digests(Path("annotations")) == files
    monkeypatch.delenv("LABEL_STUDIO_URL")
    collect.main()
    assert collected().height == 1


class SomethingElse(Loopback):
    async def handle(self, request, body):
        from aiohttp import web

        return web.Response(text="<html>hello</html>", content_type="text/html")


def test_another_web_server(project, monkeypatch, capsys):
    project("else")
    with SomethingElse() as other:
        monkeypatch.setenv("LABEL_STUDIO_URL", other.url)
        assert "not Label Studio" in fails(send.main, capsys)


FOREIGN = """<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="x"/></Choices></View>"""


def test_exports_by_hand(project, studio, monkeypatch, tmp_path):
    """Without an API key: the files of data/send are imported, and the export taken over."""
    project("by-hand")
    monkeypatch.delenv("LABEL_STUDIO_URL")
    send.main()
    with connect(studio.server) as client:
        made = client.projects.create(title="By hand", label_config=outgoing().config)
        client.projects.import_tasks(made.id, request=json.loads(Path("data/send/tasks.json").read_text()))
        foreign = client.projects.create(title="Foreign", label_config=FOREIGN)
        client.projects.import_tasks(foreign.id, request=[{"data": {"text": "hello"}}])
        for project_id, name in ((made.id, "ours.json"), (foreign.id, "foreign.json")):
            tasks = json.load(client.projects.exports.as_file(project_id))
            if name == "ours.json":
                studio.rater("ada").judge(tasks[0], answers()[tasks[0]["data"]["item_id"]])
                tasks = json.load(client.projects.exports.as_file(project_id))
            Path(name).write_text(json.dumps(tasks))

    assert "1 new judgements" in valact("annotate", "import", "ours.json").output
    assert "0 new judgements" in valact("annotate", "import", "ours.json").output
    collect.main()
    assert collected().height == 1
    before = digests(Path("annotations"))
    said = valact("annotate", "import", "foreign.json", fails=True)
    assert "another project" in said.stderr
    assert digests(Path("annotations")) == before

    # A plain export among the rounds would publish who judged: it is refused by name.
    shutil.copy("ours.json", "annotations/rounds/ours.json")
    with pytest.raises(SystemExit):
        collect.main()


def test_collect_runs_what_counts_them(project, studio, monkeypatch):
    project("command")
    send.main()
    task = on_server(studio, "command")[0]
    studio.rater("ada").judge(task, answers()[task["data"]["item_id"]])
    assert "1 judgements are on the server and not yet here" in valact("annotate", "status").output
    assert not rounds.path_of("command").exists()
    assert "1 new judgements" in valact("annotate", "collect", "--no-repro").output
    assert "Every judgement on the server" in valact("annotate", "status").output
    monkeypatch.delenv("LABEL_STUDIO_URL")
    assert re.search(
        r"LABEL_STUDIO_URL: no Label Studio server is set", valact("annotate", "collect", fails=True).stderr
    )

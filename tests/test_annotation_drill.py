"""One round from training to gate in a real browser, with everything that goes wrong: no judgement is lost or doubled.

Training; four raters, of whom one is careless, one leaves half-way and one has a phone; the server killed twice; an
exclusion; a second pass; a repair and its follow-up round; a new round after a text changed; the gate.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from services.annotation import annotation_project
from services.folder import valact, write_params
from services.label_studio import Answer, PageRater
from services.values import TEN
from test_label_studio import on_server, the_project

from pipeline.annotation import rounds
from pipeline.annotation.rater_ids import rater_id
from pipeline.params.validation import Careless
from pipeline.repairs import asked as repairs
from pipeline.send import examples
from pipeline.tables import Actions, ActionVerdicts, Drafts, Items, Judgements, read_table, write_table
from stages import collect, send, validate

# It starts the server three times, and reads pages as people do.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def drill(tmp_path, monkeypatch, studio):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.server.key)
    params = annotation_project(tmp_path, "drill", raters=3)
    # Pages that a program reads are answered in less time than people need.
    rules = params.validation.model_copy(update={"careless": Careless(checks=0.5, seconds=0.1)})
    params = params.model_copy(update={"validation": rules})
    write_params(tmp_path, params)
    send.main()
    return params


def right() -> dict[str, Answer]:
    """What was intended, by item."""
    items = read_table(Items, "data/send/items.parquet")
    options = pl.read_parquet("data/assemble/options.parquet")
    dealt = {
        (q, value): str(p) for q, value, p in options.select("question_id", "value", "position").iter_rows()
    }
    return {
        row["item_id"]: Answer(
            "yes"
            if row["task"] == "scenario"
            else dealt[row["question_id"], row["intended"]]
            if row["task"] == "option"
            else "none"
            if row["distractor"]
            else row["intended"]
        )
        for row in items.iter_rows(named=True)
    }


def gate() -> dict:
    return json.loads(Path("data/validate/gate.json").read_text())


def test_a_round_with_everything_that_goes_wrong(drill, studio, browser):
    items = read_table(Items, "data/send/items.parquet")
    given = Counter()
    answers = right()
    ada, bob, cyd, dan = (studio.rater(f"drill-{name}") for name in ("ada", "bob", "cyd", "dan"))

    # Training: the page tells the answer once one is chosen.
    assert "12 tasks" in valact("annotate", "train").output
    page = PageRater(browser, studio.url, ada.email)
    training = the_project(studio, "drill.training")
    item = page.open(training.id)
    for one in examples.read(TEN).training:
        assert item["action"] == one.action
        page.shown(item)
        page.choose(item["choices"], one.answer, 0)
        told = page.page.get_by_text("The answer is")
        assert told.count() == bool(one.why)
        if one.why:
            on_screen(page.page, told)  # nobody scrolls for what they do not know of
        item = page.give(item, Answer())
        given["drill.training"] += 1
    assert item is None

    # Ada judges two items, the server is killed, and she goes on where she was.
    project = the_project(studio, "drill").id
    first = page.open(project)
    second = page.give(first, answers[first["item_id"]])
    page.give(second, answers[second["item_id"]])
    studio.crash()
    page.judge(project, answers)
    page.close()
    given["drill"] += len(answers)

    # Bob leaves half-way; Cyd presses the first key; Dan has a phone. One action is rejected by all who are careful.
    tasks = {task["data"]["item_id"]: task for task in on_server(studio, "drill")}
    for task in [*tasks.values()][: len(tasks) // 2]:
        bob.judge(task, answers[task["data"]["item_id"]])
        given["drill"] += 1
    for task in tasks.values():
        cyd.judge(task, Answer(wrong(task["data"], answers)), seconds=0.04)
        given["drill"] += 1
    phone = PageRater(browser, studio.url, dan.email, **PHONE)
    item = phone.open(project)
    phone.page.get_by_role("button", name="Instructions").tap()
    on_screen(phone.page, phone.page.locator(".lsf-modal-ls__header"))
    phone.page.keyboard.press("Escape")
    phone.page.locator(".lsf-modal-ls__body").wait_for(state="detached")
    assert phone.page.get_by_text(f" of {len(tasks)} ·").is_visible(), "how far one is"
    while item:
        phone.shown(item)
        tap(phone, item, answers[item["item_id"]].answer)
        item = phone.submit()
        given["drill"] += 1
    phone.close()

    studio.crash()
    assert "new judgements" in valact("annotate", "collect", "--no-repro").output
    key = the_project(studio, "drill").key
    ids = {one["email"]: rater_id(key, one["id"]) for one in ada.web.get("/api/users/").json()}
    collect.main()
    validate.main()
    before = gate()["figures"]
    assert [*before["careless"]] == [ids[cyd.email]]
    status = valact("annotate", "status").output
    assert "less than 0.1 s" in status
    assert "7 of 7" in status, "the training is beside the rater who did it"
    assert cyd.email in valact("annotate", "people").output

    # Cyd is taken out: by hand, the rest is all right.
    valact("annotate", "exclude", ids[cyd.email], "--why", "pressed one key throughout")
    collect.main()
    validate.main()
    figures = gate()["figures"]
    values = items.filter(~pl.col("distractor"), ~pl.col("doubtful"), task="value")
    assert figures["accuracy"]["estimate"] == 1.0
    assert figures["excluded"]["judgements"] == len(tasks)
    assert figures["judgements"] == given["drill"] - len(tasks)
    assert figures["excluded"]["accuracy"]["estimate"] == before["accuracy"]["estimate"] < 1.0

    # Bob comes back. Of two actions they think otherwise now: all alike of one, each another thing of the other ...
    [reject, dispute] = values["item_id"].sort()[:2]
    judged_by_bob = {task["data"]["item_id"] for task in [*tasks.values()][: len(tasks) // 2]}
    change(ada, on_server(studio, "drill"), reject, ids, other(tasks[reject], answers, 1))
    for one in (bob, dan):
        change(one, on_server(studio, "drill"), reject, ids, other(tasks[reject], answers, 1))
    change(ada, on_server(studio, "drill"), dispute, ids, other(tasks[dispute], answers, 2), "too vague")
    given["drill"] += answer_or_change(
        bob, studio, ids, dispute, judged_by_bob, other(tasks[dispute], answers, 3)
    )
    collect.main()
    validate.main()
    verdicts = read_table(ActionVerdicts, "data/validate/actions.parquet")
    of = dict(items.select("item_id", "action_id").iter_rows())
    status_of = dict(verdicts.select("action_id", "status").iter_rows())
    assert status_of[of[reject]] == "rejected"
    assert status_of[of[dispute]] == "disputed"

    # ... and the second pass settles it.
    alpha = gate()["figures"]["alpha"]
    assert "1 items are disputed" in valact("annotate", "adjudicate").output
    [settled] = on_server(studio, "drill.adjudication")
    assert "too vague" in settled["data"]["note"]
    assert not [email for email in ids if email in settled["data"]["note"]]
    bob.judge(settled, answers[dispute])
    given["drill.adjudication"] += 1
    collect.main()
    validate.main()
    verdicts = read_table(ActionVerdicts, "data/validate/actions.parquet")
    assert verdicts.filter(action_id=of[dispute])["status"].item() == "confirmed"
    assert gate()["figures"]["alpha"] == alpha

    # The rejected action is written anew: accuracy stays, and the new text is judged in a round of its own.
    accuracy = gate()["figures"]["accuracy"]
    valact("annotate", "repair")
    assert [one.action_id for one in repairs.read()] == [of[reject]]
    rewrite(of[reject], "Do it in quite another way this time.")
    send.main()
    [again] = on_server(studio, "drill.repairs-1")
    assert again["data"]["action"] == "Do it in quite another way this time."
    collect.main()
    validate.main()
    assert gate()["figures"]["accuracy"] == accuracy
    assert gate()["figures"]["repaired"]["replaced"] == 1
    for rater in (ada, bob, dan):
        rater.judge(again, right()[again["data"]["item_id"]])
        given["drill.repairs-1"] += 1
    collect.main()
    validate.main()
    beside = gate()["figures"]["repaired"]["rounds"]["drill.repairs-1"]
    assert (beside["there"], beside["accuracy"]["estimate"]) == (3, 1.0)
    assert gate()["figures"]["accuracy"] == accuracy
    assert gate()["verdict"] == "unvalidated", "a trial validates nothing"

    # A new round: the old items are refused under its name, and the old judgements stay where they are.
    write_params(
        Path(), drill.model_copy(update={"validation": drill.validation.model_copy(update={"round": "next"})})
    )
    assert "the items of round 'drill'" in valact("annotate", "send", fails=True).stderr
    rewrite(values.filter(item_id=dispute)["action_id"].item(), "A text that was changed by hand.")
    send.main()
    fresh = on_server(studio, "next")[0]
    ada.judge(fresh, right()[fresh["data"]["item_id"]])
    given["next"] += 1
    collect.main()
    assert read_table(Judgements, "data/collect/judgements.parquet")["round"].to_list() == ["next"]

    # Every judgement given is in exactly one round.
    kept = {made.name: made.annotations for _, made in rounds.all_rounds()}
    assert {name: len(made) for name, made in kept.items()} == given
    acts = [one["annotation"] for made in kept.values() for one in made]
    assert len(acts) == len({*acts})


def on_screen(page, what) -> None:
    """Waits until all of it is on the screen, none cut off: dialogs move in."""
    page.wait_for_function(
        """one => {
          const box = one.getBoundingClientRect()
          return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight
        }""",
        arg=what.element_handle(),
    )


def wrong(data, answers) -> str:
    """The first answer that is not right."""
    return next(c["alias"] for c in data["choices"] if c["alias"] != answers[data["item_id"]].answer)


def other(task, answers, place) -> str:
    """An answer that is not the right one: the same for the same place."""
    wrong_ones = [
        c["alias"] for c in task["data"]["choices"] if c["alias"] != answers[task["data"]["item_id"]].answer
    ]
    return wrong_ones[place]


def change(rater, tasks, item, ids, alias, comment="") -> bool:
    """Changes the rater's answer to an item; False where there is none."""
    [task] = [one for one in tasks if one["data"]["item_id"] == item]
    number = {one["email"]: one["id"] for one in rater.web.get("/api/users/").json()}[rater.email]
    mine = [one for one in task["annotations"] if one["completed_by"] == number]
    for one in mine:
        said = rater.web.patch(
            f"/api/annotations/{one['id']}/", json={"result": Answer(alias, comment=comment).result()}
        )
        assert said.status_code == 200, said.text
    return bool(mine)


def answer_or_change(rater, studio, ids, item, before, alias) -> int:
    """How many judgements are new: one where the rater had not seen the item."""
    tasks = on_server(studio, "drill")
    if item in before:
        assert change(rater, tasks, item, ids, alias)
        return 0
    rater.judge(next(one for one in tasks if one["data"]["item_id"] == item), Answer(alias))
    return 1


def tap(phone, item, alias) -> None:
    phone.page.wait_for_timeout(200)
    place = [choice["alias"] for choice in item["choices"]].index(alias)
    phone.page.locator(".lsf-choice__item").nth(place).locator("label").tap()
    assert phone.page.locator(".lsf-choice__item input").nth(place).is_checked()


def rewrite(action, text) -> None:
    """Another text for an action, as a repair leaves it: a draft more, and the action with it."""
    actions = read_table(Actions, "data/assemble/actions.parquet")
    drafts = read_table(Drafts, "data/generate/drafts.parquet")
    mine = pl.col("action_id") == action
    row = actions.filter(mine).select("scenario_id", "value", "generator", "attempt").to_dicts()[0]
    key = [pl.col(name) == row[name] for name in ("scenario_id", "value", "generator")]
    new = (
        drafts.filter(*key)
        .sort("attempt")
        .tail(1)
        .with_columns(text=pl.lit(text), attempt=pl.col("attempt") + 1)
    )
    write_table(Drafts, pl.concat([drafts, new]), "data/generate/drafts.parquet")
    changed = actions.with_columns(
        text=pl.when(mine).then(pl.lit(text)).otherwise("text"),
        attempt=pl.when(mine).then(pl.col("attempt") + 1).otherwise("attempt"),
    )
    write_table(Actions, changed, "data/assemble/actions.parquet")

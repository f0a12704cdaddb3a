"""`valact study serve`: who is let in, what is taken, what each answer of it says, and what stays of somebody."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest
from services.folder import valact
from services.study import TOLD, make_study
from starlette.testclient import TestClient

from pipeline.core.errors import InputError
from pipeline.params.people import Background
from pipeline.params.people import Study as Settings
from pipeline.study.app import MOST_BYTES, make_app
from pipeline.study.file import FILE
from pipeline.study.limits import Limit
from pipeline.study.pages import Folder
from pipeline.study.store import Refused, Store

AGE = {"age": Background(question="How old are you?", answers=["18 to 29", "30 or older"])}
PID = {"PROLIFIC_PID": "5f0c", "STUDY_ID": "s1", "SESSION_ID": "visit1"}


class Clock:
    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    settings = Settings(people=5, hours=2, completion_link="https://app.example.org/complete?cc=CODE")
    return make_study(
        tmp_path_factory.mktemp("study"),
        forms=3,
        questions=10,
        instrument="pvq21",
        background=AGE,
        study=settings,
    )


@pytest.fixture
def study(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return built.copied(tmp_path)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def folder(study):
    return Folder.read(study.folder / "forms")


@pytest.fixture
def store(study, folder, clock):
    settings = folder.settings
    opened = Store(
        study.folder / "forms" / FILE,
        folder.design,
        people=settings.people,
        hours=settings.hours,
        clock=clock,
    )
    yield opened
    opened.close()


@pytest.fixture
def visitor(folder, store, clock):
    """A browser of its own for each call."""
    app = make_app(folder, store, Limit(10_000, clock))
    return lambda **more: TestClient(app, base_url="https://study.example.org", **more)


def begin(client, folder, **more):
    return client.post(
        "/begin", json={"agreed": True, "consent": folder.consent, "code": "", "panel": {}} | more
    )


def state_of(client):
    page = client.get("/questionnaire").text
    return json.loads(re.search(r'id="study">(.*?)</script>', page, re.DOTALL).group(1))["state"]


def form_of(client):
    page = client.get("/questionnaire").text
    return json.loads(re.search(r'id="form">(.*?)</script>', page, re.DOTALL).group(1))


def test_the_first_page_has_no_item_and_nobody_comes_in_without_agreeing(visitor, folder, store):
    client = visitor(follow_redirects=False)
    page = client.get("/")
    assert page.status_code == 200
    assert all(text in page.text for _, text in TOLD)
    form = json.loads(re.search(r'id="form">(.*?)</script>', page.text, re.DOTALL).group(1))
    assert form["blocks"] == []
    assert client.get("/questionnaire").headers["location"] == "./"
    for body in ({"agreed": False, "consent": folder.consent}, {"agreed": True, "consent": "0" * 64}, {}):
        assert client.post("/begin", json=body).status_code == 403
    assert store.everybody() == []
    assert begin(client, folder).status_code == 200
    (person,) = store.everybody()
    assert person.agreed == "2027-01-15T08:00:00Z"
    cookie = client.cookies.jar._cookies["study.example.org"]["/"]["study"]
    assert cookie.secure
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert client.get("/").headers["location"] == "questionnaire"


def test_an_answer_is_stored_when_the_page_hears_so_and_is_there_on_another_device(visitor, folder, store):
    first, other = visitor(), visitor()
    begin(first, folder)
    form = form_of(first)
    statement = form["blocks"][0]["items"][0]
    question = next(item for item in form["blocks"][1]["items"] if "options" in item)
    chosen = question["options"][2]["id"]
    given = {statement["id"]: [4, 2.5], question["id"]: [chosen, 30]}
    said = first.post("/answers", json={"answers": given, "at": 7, "background": {"age": "18 to 29"}})
    assert said.json() == {"stored": 2}
    # A connection of its own sees what is on disk, and nothing that waits.
    with sqlite3.connect(f"file:{folder.path / FILE}?mode=ro", uri=True) as there:
        assert sorted(there.execute("SELECT item, json_extract(answer, '$') FROM answers")) == sorted(
            [(statement["id"], 4), (question["id"], chosen)]
        )
    state = state_of(first)
    assert other.post("/begin", json={"code": f" {state['withdrawal'].upper()} "}).status_code == 200
    assert state_of(other) == state
    assert (state["at"], state["background"]) == (7, {"age": "18 to 29"})
    assert state["answers"] == {statement["id"]: 4, question["id"]: chosen}
    assert other.post("/begin", json={"code": "aaaa-bbbb-cccc"}).json() == {"error": "no_such_code"}


def test_what_is_no_answer_to_the_persons_own_form_is_refused_whole(visitor, folder, store):
    client, other = visitor(), visitor()
    begin(client, folder)
    begin(other, folder)
    item = form_of(client)["blocks"][0]["items"][0]
    foreign = form_of(other)["blocks"][0]["items"][0]
    right = item["options"][0]["id"] if "options" in item else 1
    faults = [
        {foreign["id"]: [1, 1]},
        {item["id"]: ["o000000000000", 1]},
        {item["id"]: [99, 1]},
        {item["id"]: [True, 1]},
        {item["id"]: [[right], 1]},
        {item["id"]: [right, -1]},
        {item["id"]: [right, "1"]},
        {item["id"]: right},
        {item["id"]: [right, 1], "x": [1, 1]},
    ]
    for answers in faults:
        assert client.post("/answers", json={"answers": answers, "at": 1}).status_code == 400, answers
    for body in (
        {"answers": {}, "at": -1},
        {"answers": [], "at": 1},
        {"answers": {}, "at": 1, "background": {"age": "old"}},
        {"answers": {}, "at": 1, "background": {"name": "Anna"}},
    ):
        assert client.post("/answers", json=body).status_code == 400, body
    assert (
        client.post("/answers", content=b"[" * 500, headers={"content-type": "application/json"}).status_code
        == 403
    )
    assert all(person.answers == {} for person in store.everybody())
    assert client.post("/answers", json={"answers": {item["id"]: [right, 1]}, "at": 1}).status_code == 200


def test_headers_limits_and_nothing_else(visitor, folder, store, clock):
    client = visitor()
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; script-src 'self' 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; "
        r"form-action 'none'; connect-src 'self'; frame-ancestors 'none'",
        policy,
    )
    assert "Content-Security-Policy" not in page.text
    for answer in (page, client.get("/study.js"), client.get("/nothing"), client.post("/begin", json={})):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "max-age" in answer.headers["strict-transport-security"]
        assert "content-security-policy" in answer.headers
    for path in (
        "/docs",
        "/study.json",
        "/key/key.parquet",
        "/pages/f001.html",
        "/study.sqlite",
        "/../key/design.json",
    ):
        assert client.get(path).status_code == 404
    assert client.get("/begin").status_code == 405
    elsewhere = {"origin": "https://elsewhere.example.org"}
    assert client.post("/begin", json={}, headers=elsewhere).status_code == 403
    assert client.post("/begin", content="{}", headers={"content-type": "text/plain"}).status_code == 415
    begin(client, folder)
    large = client.post("/answers", json={"answers": {}, "at": 1, "more": "x" * MOST_BYTES})
    assert large.status_code == 413


def test_an_address_that_asks_too_often_waits_and_others_do_not(clock):
    limit = Limit(6, clock)
    assert [limit.wait("a") for _ in range(6)] == [0] * 6
    assert limit.wait("a") == pytest.approx(10)
    assert limit.wait("b") == 0
    clock.now += 10
    assert limit.wait("a") == 0
    assert limit.wait("a") > 0


def test_the_server_says_how_long_to_wait(folder, store, clock):
    client = TestClient(make_app(folder, store, Limit(2, clock)))
    assert [client.get("/study.js").status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/study.js").headers["retry-after"] == "30"
    clock.now += 30
    assert client.get("/study.js").status_code == 200


def test_places_are_even_to_one_at_every_moment_also_when_people_leave(store, folder, clock):
    forms = folder.open

    def held():
        since = clock.now - 2 * 3600
        people = [p.form for p in store.everybody() if p.finished or p.seen >= since]
        return [people.count(form) for form in forms]

    tokens = []
    for _ in range(4):
        tokens.append(store.begin(forms, folder.consent, {}))
        assert max(held()) - min(held()) <= 1
    first = store.person(tokens[0])
    store.finish(first.person)
    clock.now += 3 * 3600  # all others are away
    assert sum(held()) == 1
    new = [store.person(store.begin(forms, folder.consent, {})) for _ in range(2)]
    assert sorted([first.form, *(person.form for person in new)]) == forms
    # Who comes back goes on in the old form, and the next ones even it out.
    back = store.person(tokens[1])
    store.answer(back.person, {}, 3, None)
    last = store.person(store.begin(forms, folder.consent, {}))
    assert last.form != back.form
    assert max(held()) - min(held()) <= 1
    with pytest.raises(Refused, match="full"):
        store.begin(forms, folder.consent, {})


def test_a_form_that_showed_a_post_taken_back_is_given_to_nobody(visitor, folder, store):
    client = visitor()
    begin(client, folder)
    (person,) = store.everybody()
    (folder.path / f"pages/{person.form}.html").unlink()
    assert client.get("/questionnaire").status_code == 410
    others = [store.person(store.begin(folder.open, folder.consent, {})).form for _ in range(4)]
    assert person.form not in others
    store.finish(person.person)
    said = valact("study", "export", "forms").output
    assert "0 answer files" in said
    assert "1 people answered a form that is no more" in said


def test_a_panel_sends_somebody_once_and_the_same_visit_goes_on(visitor, folder, store, tmp_path):
    client, again, second = visitor(), visitor(), visitor()
    assert begin(client, folder, panel=PID).status_code == 200
    item = next(iter(folder.pages[store.everybody()[0].form].answers))
    page = folder.pages[store.everybody()[0].form]
    answer = sorted(page.answers[item], key=str)[0]
    client.post("/answers", json={"answers": {item: [answer, 5]}, "at": 2})
    assert begin(again, folder, panel=PID).status_code == 200
    assert state_of(again)["answers"] == {item: answer}
    assert begin(second, folder, panel=PID | {"SESSION_ID": "visit2"}).json() == {"error": "twice"}
    assert begin(visitor(), folder, panel=PID | {"PROLIFIC_PID": '=HYPERLINK("x")'}).status_code == 403
    code = client.post("/finish", json={}).json()
    assert code["link"] == f"https://app.example.org/complete?cc={code['completion']}"
    assert again.post("/finish", json={}).json() == code
    valact("study", "export", "forms", "--people", "pay.csv", "--background", "about.csv")
    (exported,) = (folder.path / "answers").iterdir()
    assert not [name for name in PID.values() if name in exported.read_text()]
    assert "5f0c" not in (tmp_path / "about.csv").read_text()
    (row,) = (tmp_path / "pay.csv").read_text().splitlines()[1:]
    assert row.endswith(f"{code['completion']},5f0c,s1,visit1")
    assert (tmp_path / "pay.csv").stat().st_mode & 0o077 == 0


def test_who_withdraws_leaves_no_byte_while_the_server_runs(visitor, study, folder, store):
    client, other = visitor(), visitor()
    begin(client, folder, panel=PID)
    begin(other, folder)
    code = state_of(client)["withdrawal"]
    page = folder.pages[next(p for p in store.everybody() if p.withdrawal == code).form]
    answers = {item: [sorted(allowed, key=str)[0], 9] for item, allowed in page.answers.items()}
    client.post("/answers", json={"answers": answers, "at": 2})
    kept = state_of(other)
    assert "are deleted" in valact("study", "withdraw", code, "forms").output
    for path in folder.path.glob(f"{FILE}*"):
        bytes_left = path.read_bytes()
        assert code.encode() not in bytes_left
        assert b"5f0c" not in bytes_left
        assert not [item for item in answers if item.encode() in bytes_left]
    late = client.post("/answers", json={"answers": answers, "at": 3})
    assert late.json() == {"error": "no_access"}
    assert state_of(other) == kept
    assert "1 withdrawn" in valact("study", "status", "forms").output


def test_what_cannot_be_served_is_one_error(study, folder, store):
    assert "looks like" in valact("study", "withdraw", "anna", "forms", fails=True).output
    assert (
        "nobody has begun" in valact("study", "status", "forms", "--database", "no.sqlite", fails=True).output
    )
    with pytest.raises(InputError, match="answers to other forms"):
        Store(folder.path / FILE, "0123456789ab")
    file = study.folder / "forms/study.json"
    file.write_text(file.read_text().replace('"draft": false', '"draft": true'))
    assert "these forms are a draft" in valact("study", "serve", "forms", fails=True).output
    file.write_text("{}")
    assert "not the settings of a study" in valact("study", "serve", "forms", fails=True).output
    assert "give the --out" in valact("study", "serve", "data", fails=True).output


@pytest.mark.parametrize("body", [b'{"code": "\\ud800"}', b'{"code": "a\xed\xa0\x80"}', b"[" * 3000, b"NaN"])
def test_what_no_database_takes_is_refused(visitor, body):
    said = visitor().post("/begin", content=body, headers={"content-type": "application/json"})
    assert said.status_code == 403

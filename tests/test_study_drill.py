"""Sixty people take part in a study on a server, five of them in two goes, three carelessly, two in real browsers; one
withdraws, and the server is killed in the middle of it. What anybody heard to be stored is in the report's tables."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import polars as pl
import pytest
from services.folder import valact
from services.participants import Killer, Participant, serving
from services.study import make_study

from pipeline.core.seeding import seeded_hash
from pipeline.params.people import Background
from pipeline.params.people import Study as Settings
from pipeline.score.gather import gather

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
FORMS, PEOPLE = 7, 60
LEAVE = range(10, 15)
CHEAT = (20, 30, 40)
WITHDRAWS, LATE, TURNED_AWAY, LAPTOP, PHONE = 50, 60, 61, 58, 59
DEVICES = {
    LAPTOP: {"viewport": {"width": 1280, "height": 800}},
    PHONE: {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True},
}
AGE = {"age": Background(question="How old are you?", answers=["18 to 29", "30 or older"])}
# A person's pace is no part of the drill.
ANSWER = """() => {
  const next = document.getElementById("next");
  for (let i = 0; i < 200 && document.getElementById("finish").hidden; i++) {
    for (const fieldset of document.querySelectorAll("#questions fieldset")) {
      const text = document.getElementById("text").textContent;
      const asked = ["first", "second", "third", "fourth"].findIndex((word) => text.includes(`the ${word} option`));
      const inputs = [...fieldset.querySelectorAll("input")];
      const named = inputs.findIndex((input) => text.includes(`“${input.parentElement.lastChild.textContent}”`));
      const place = named >= 0 ? named : text.startsWith("This item checks") ? asked : i % 4;
      if (STOP && i === STOP) return;
      inputs[place].click();
    }
    document.querySelector("#about:not([hidden]) input")?.click();
    next.click();
  }
}"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings(people=PEOPLE, requests_per_minute=100_000)
    return make_study(
        tmp_path,
        forms=FORMS,
        questions=10,
        together=5,
        instrument="pvq21",
        attention_checks=4,
        background=AGE,
        study=settings,
    )


def take_part(person):
    """Leaves and comes back where that is the person's part: some by the panel's link, some with their code."""
    person.begin()
    if person.number in LEAVE:
        person.answer(0.4)
        person.leave()
        person.begin(person.withdrawal if person.number % 2 else "")
        assert len(person.stored) > 10
    person.answer(1.0)
    person.finish()


def accessible(page):
    """No fault that axe-core calls serious."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then((r) => r.violations.map((v) => [v.impact, v.id, v.nodes[0].html]))")
    assert not [fault for fault in found if fault[0] in ("serious", "critical")]


def in_a_browser(browser, server, number):
    """Answers until the network is gone, goes on without it, and again with it; what the page then says."""
    context = browser.new_context(**DEVICES[number])
    page = context.new_page()
    page.goto(f"{server.url}/?PROLIFIC_PID=pid{number:03}&STUDY_ID=drill&SESSION_ID=visit{number:03}")
    accessible(page)
    page.check("#agree")
    page.click("#next")
    page.wait_for_url("**/questionnaire")
    # Who has agreed is not asked again, and sees the withdrawal code first.
    assert page.is_hidden("#start")
    assert page.is_visible("#begun-code")
    page.evaluate(ANSWER.replace("STOP", "9"))
    accessible(page)
    context.set_offline(True)
    page.evaluate(ANSWER.replace("STOP", "12"))
    page.wait_for_selector("#unsent:visible")
    context.set_offline(False)
    page.evaluate(ANSWER.replace("STOP", "0"))
    page.wait_for_selector("#completion:visible")
    accessible(page)
    assert page.is_hidden("#unsent")
    assert page.is_hidden("#save")
    said = page.inner_text("#withdrawal"), page.inner_text("#completion-code")
    page.reload()
    assert page.inner_text("#withdrawal") == said[0]
    context.close()
    return said


def test_a_study_from_the_first_participant_to_the_report(browser, study):
    with serving(study.folder) as server:
        killer = Killer(server, after=100 + seeded_hash(5, "drill", "kill") % 100)
        usual = [n for n in range(PEOPLE) if n not in DEVICES]
        people = {n: Participant(server, n, killer, cheats=n in CHEAT) for n in usual}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(take_part, people.values()))
        assert server.starts == 2
        seen = {n: in_a_browser(browser, server, n) for n in DEVICES}
        full = Participant(server, TURNED_AWAY, killer)
        with pytest.raises(AssertionError, match="full"):
            full.begin()
        gone = people.pop(WITHDRAWS)
        assert "are deleted" in valact("study", "withdraw", gone.withdrawal, "forms").output
        people[LATE] = Participant(server, LATE, killer)
        take_part(people[LATE])
        status = valact("study", "status", "forms").output
        assert "60 of 60 finished, 0 answering, 0 away" in status
        assert "1 withdrawn" in status
        assert "finished 8 to 9 times" in status

    valact("study", "export", "forms", "--people", "pay.csv", "--background", "about.csv")
    records = [json.loads(path.read_text()) for path in (study.folder / "forms/answers").iterdir()]
    by_code = {record["withdrawal"]: record for record in records}
    assert by_code.keys() == {p.withdrawal for p in people.values()} | {code for code, _ in seen.values()}
    for person in people.values():
        given = {entry["item"]: entry["answer"] for entry in by_code[person.withdrawal]["items"]}
        assert given == person.stored, "an answer that was said to be stored is lost"
    assert all(entry["answer"] is not None for code, _ in seen.values() for entry in by_code[code]["items"])
    assert sorted(Counter(record["form"] for record in records).values()) == [8] * 3 + [9] * 4
    pay = {row["PROLIFIC_PID"]: row for row in pl.read_csv("pay.csv").to_dicts()}
    codes = {f"pid{n:03}": person.completion for n, person in people.items()}
    codes |= {f"pid{n:03}": completion for n, (_, completion) in seen.items()}
    assert {pid: row["completion_code"] for pid, row in pay.items()} == codes
    assert len(set(codes.values())) == PEOPLE

    # Asked of all, and answered by those whose page it was.
    assert (study.folder / "about.csv").read_text().count("18 to 29") == len(DEVICES)

    # A browser that a program drives is faster than people are, and the import would say so.
    for path in (study.folder / "forms/answers").iterdir():
        record = json.loads(path.read_text())
        if record["withdrawal"] in {code for code, _ in seen.values()}:
            for entry in record["items"]:
                entry["seconds"] += 10
            path.write_text(json.dumps(record))
    files = sorted((study.folder / "forms/answers").iterdir())
    study.take_in(*files)
    left_out = Counter(reason for _, reason, *_ in study.ledger())
    del left_out["attention_failed"]  # which of the careless fails how many checks is their draw
    assert left_out == {"too_fast": 2 * len(CHEAT), "straight_lining": len(CHEAT)}
    assert study.table("respondents").height == PEOPLE - len(CHEAT)
    everything = "".join(str(study.table(name).rows()) for name in ("respondents", "choices", "ledger"))
    assert "pid0" not in everything
    assert not [code for code in by_code if code in everything]
    people_in = gather(
        [], study.folder / "data/imported", study.folder / "data/assemble", study.params.values
    )
    assert people_in.choices["respondent"].n_unique() == PEOPLE - len(CHEAT)
    taken_back(study, people[0], files)


def taken_back(study, person, files):
    """After the import, too: out of the tables at once, out of the next import, and the ledger counts it."""
    before = study.table("respondents")["respondent"].to_list()
    said = valact("study", "withdraw", person.withdrawal, "forms").output
    after = study.table("respondents")["respondent"].to_list()
    (gone,) = set(before) - set(after)
    assert "is deleted" in said
    for name in ("respondents", "choices", "instrument_answers", "ledger"):
        assert gone not in study.table(name)["respondent"].to_list()
    assert [reason for _, reason, *_ in study.ledger()].count("withdrawn") == 1
    study.take_in(*(file for file in files if file.exists()))
    assert study.table("respondents")["respondent"].to_list() == after
    assert [reason for _, reason, *_ in study.ledger()].count("withdrawn") == 1

"""Careless raters: seen by rules fixed beforehand, taken out by a recorded decision, and back in."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from services.annotation import annotation_project
from services.finished_run import run_params
from services.folder import valact
from services.raters import Rater, judge
from services.values import TEN
from test_annotation_files import KEY, annotation
from test_validation_design import world

from pipeline.annotation import client, labelling, rounds
from pipeline.annotation.decisions import decide, excluded
from pipeline.annotation.exchange import outgoing
from pipeline.annotation.rater_ids import key_check
from pipeline.annotation.rounds import Round
from pipeline.coordination import training
from pipeline.coordination.people import outside_git
from pipeline.core.errors import InputError
from pipeline.params.validation import Careless
from pipeline.send import examples
from pipeline.send.design import draw
from pipeline.send.push import _others_too
from pipeline.tables import Actions, Items, JudgementLedger, Judgements, Options, read_table
from pipeline.validate import everybody
from pipeline.validate.conduct import conduct
from pipeline.validate.consensus import action_verdicts, consensus
from pipeline.validate.figures import measure
from pipeline.values import load
from pipeline.verdict import judged
from stages import collect, send

DAY = dt.date(2026, 3, 4)


@pytest.fixture(scope="module")
def round_():
    """Items and options of a round, and the judgements of two careful raters and one who presses any key."""
    settings = run_params()
    scenarios, actions, questions, options = world(range(20))
    items = draw(scenarios, actions, questions, options, settings)
    said = judge(items, options, [Rater(0.95), Rater(0.9), Rater(0.1, attention=0.0)], seed=3)
    turns = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("rater")
    fast = pl.when(pl.col("rater") == "r3").then(0.22).otherwise("seconds")
    return items, options, said.with_columns(turn=turns, seconds=fast)


def joined(round_, *, without=(), everybody=False):
    items, options, said = round_
    said = said.with_columns(excluded=pl.col("rater").is_in(list(without)))
    return judged.join(items, said, options, TEN, source="test", everybody=everybody)


def test_status_shows_who_is_careless(round_):
    people = {one.rater: one for one in conduct(joined(round_, everybody=True))}
    assert people["r3"].seconds == 0.22
    assert people["r3"].checks_passed == 0 < people["r3"].checks
    assert people["r3"].agreement < 0.3 < 0.4 < people["r1"].agreement
    assert abs(people["r1"].drift) < 0.5
    told = people["r3"].complaints(Careless())
    assert len(told) == 2
    assert "0.2 s an item" in told[0]
    assert f"0 of {people['r3'].checks} attention checks" in told[1]
    assert people["r1"].complaints(Careless()) == []
    assert people["r3"].complaints(Careless(checks=0, seconds=0)) == [], "the rules are those of params"


def test_agreement_and_drift_by_hand():
    """Three raters, forty items: one agrees with both in the first half, and with nobody in the second."""
    rows = [
        {
            "item_id": f"i{n:02}",
            "rater": rater,
            "answer": "power" if rater != "r3" or n < 20 else "security",
            "turn": n + 1,
            "task": "value",
            "distractor": False,
            "matches": True,
            "seconds": 5.0,
            "excluded": False,
        }
        for n in range(40)
        for rater in ("r1", "r2", "r3")
    ]
    answers = pl.DataFrame(rows)
    people = conduct(judged.Judged(pl.DataFrame(), answers, answers.clear(), pl.DataFrame(), TEN))
    assert [one.agreement for one in people] == [0.75, 0.75, 0.5]
    assert [one.drift for one in people] == [-0.5, -0.5, -1.0]


def test_figures_with_and_without(round_):
    """Whoever is out is in no figure, and what the figures were with them is told."""
    out, whole = joined(round_, without=["r3"]), joined(round_, without=["r3"], everybody=True)
    plain = measure(joined(round_), 7).overall
    beside = everybody.measure(whole, Careless(), 7)
    assert measure(out, 7).overall["accuracy"]["estimate"] > plain["accuracy"]["estimate"]
    assert measure(out, 7).overall["ledger"]["rater_excluded"] == beside["excluded"]["judgements"]
    assert beside["excluded"]["raters"] == 1
    assert beside["excluded"]["accuracy"]["estimate"] == plain["accuracy"]["estimate"]
    assert beside["excluded"]["alpha"]["estimate"] == plain["alpha"]["estimate"]
    assert beside["careless"] == {}, "who is out is proposed no more"
    assert list(everybody.measure(joined(round_, everybody=True), Careless(), 7)["careless"]) == ["r3"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A round that two raters judged, without a server."""
    monkeypatch.chdir(tmp_path)
    annotation_project(tmp_path, "people", raters=2)
    send.main()
    made = [
        annotation(task["data"]["item_id"], rater, task["data"]["choices"][0]["alias"], seconds=9.0)
        for task in outgoing().tasks
        for rater in ("r1", "r2")
    ]
    rounds.add(Round("people", key_check(KEY), tuple(made)))
    return tmp_path


def test_an_exclusion_is_recorded_dated_and_reversible(project):
    path = rounds.path_of("people")
    before = rounds.read(path)
    said = valact("annotate", "exclude", "r2", "--why", "answers at random").output
    assert "r2 no longer counts: annotations/rounds/people.json" in said
    [row] = rounds.read(path).decisions
    assert (row["rater"], row["decision"], row["why"]) == ("r2", "exclude", "answers at random")
    assert dt.date.fromisoformat(row["on"])
    assert rounds.read(path).annotations == before.annotations, "nothing is deleted"
    collect.main()
    found = read_table(Judgements, "data/collect/judgements.parquet")
    assert dict(found.group_by("rater").agg(pl.col("excluded").all()).iter_rows()) == {
        "r1": False,
        "r2": True,
    }
    assert found.filter(rater="r1")["turn"].sort().to_list() == list(range(1, found.height // 2 + 1))
    told = valact("annotate", "status").output
    assert "excluded" in told
    half = found.height // 2
    assert f"{half} of {2 * half} judgements wanted" in told
    # Their items go to somebody else.
    assert {task["data"]["raters"] for task in _others_too(outgoing().tasks, rounds.read(path))} == {3}

    # A later collecting keeps the decision.
    newer = before.annotations[0] | {"updated_at": "2027-01-01T00:00:00Z"}
    rounds.add(Round("people", key_check(KEY), (newer,)))
    assert excluded(rounds.read(path)) == {"r2"}

    valact("annotate", "include", "r2", "--why", "it was a faulty keyboard")
    whole = rounds.read(path)
    assert excluded(whole) == frozenset()
    assert [one["decision"] for one in whole.decisions] == ["exclude", "include"]


def test_what_raters_do_not_agree_on_is_settled_in_a_second_pass(project):
    """Comments are told without names, and the answer is a row of its own that no agreement counts."""
    path = rounds.path_of("people")
    whole = rounds.read(path)
    checks = {*read_table(Items, "data/send/items.parquet").filter("distractor")["item_id"]}
    shown = [task["data"] for task in outgoing().tasks if task["data"]["task"] == "value"]
    item = next(one for one in shown if one["item_id"] not in checks)
    mine = next(
        one for one in whole.annotations if one["item_id"] == item["item_id"] and one["rater"] == "r2"
    )
    other, settled = (item["choices"][place]["alias"] for place in (1, 2))
    typed = {
        "from_name": "comment",
        "to_name": "scenario",
        "type": "textarea",
        "value": {"text": ["too vague"]},
    }
    again = annotation(item["item_id"], "r2", other, seconds=9.0, updated_at="2027-01-01T00:00:00Z")
    again["result"].append(typed)
    rounds.add(Round("people", key_check(KEY), (mine | again,)))
    assert "1 items are disputed" in valact("annotate", "adjudicate").output
    report = Path("annotations/comments/people.md")
    assert report.stat().st_mode & 0o077 == 0
    assert "too vague" in report.read_text()
    names = [choice["value"] for choice in item["choices"][:2]]
    assert all(f"{name} (1)" in report.read_text() for name in names)
    assert not {"r1", "r2"} & {*report.read_text().split()}

    before = accuracy_of_round()
    given = annotation(item["item_id"], "r7", settled, seconds=30.0)
    rounds.add(Round("people.adjudication", key_check(KEY), (given,)))
    assert accuracy_of_round() == before
    table = read_table(Judgements, "data/collect/judgements.parquet")
    [row] = table.filter(round="people.adjudication").iter_rows(named=True)
    assert (row["item_id"], row["value"]) == (item["item_id"], settled)
    found = in_verdict(table)
    [verdict] = (
        action_verdicts(found.actions, found.judged, consensus(found.judged)).filter("adjudicated").to_dicts()
    )
    assert verdict["consensus"] == settled
    assert verdict["judgements"] == 2, "judgements are those of the first pass"
    # The same item in the file of another round's second pass is none of ours.
    rounds.add(Round("pilot.adjudication", key_check(KEY), (given,)))
    collect.main()
    assert read_table(Judgements, "data/collect/judgements.parquet").equals(table)


@dataclass
class InVerdict:
    judged: judged.Judged
    actions: pl.DataFrame


def in_verdict(table) -> InVerdict:
    items, options = (
        read_table(schema, path)
        for schema, path in ((Items, "data/send/items.parquet"), (Options, "data/assemble/options.parquet"))
    )
    actions = read_table(Actions, "data/assemble/actions.parquet")
    return InVerdict(judged.join(items, table, options, TEN, source="test"), actions)


def accuracy_of_round():
    collect.main()
    found = in_verdict(read_table(Judgements, "data/collect/judgements.parquet")).judged
    overall = measure(found, 7).overall
    return overall["accuracy"], overall["alpha"], overall["judgements"]


def test_decisions_that_cannot_be_taken(project):
    with pytest.raises(InputError, match="r9 is no rater of people"):
        decide("r9", "exclude", "why", ["people"], day=DAY)
    with pytest.raises(InputError, match="a reason is needed"):
        decide("r1", "exclude", " ", ["people"], day=DAY)
    with pytest.raises(InputError, match="is in already"):
        decide("r1", "include", "why", ["people"], day=DAY)
    path = rounds.path_of("people")
    path.write_text(path.read_text().replace('"note": ""', '"note": "", "decisions": [{"rater": "r1"}]'))
    with pytest.raises(InputError, match="decisions on raters"):
        rounds.read(path)


def test_who_the_raters_are_is_kept_out_of_git(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(".label-studio\n")
    (tmp_path / ".label-studio").mkdir()
    with pytest.raises(InputError, match="git would take this file"):
        outside_git(tmp_path / "people.csv")
    outside_git(tmp_path / ".label-studio/people.csv")
    monkeypatch.delenv(client.URL, raising=False)
    assert "no Label Studio server is set" in valact("annotate", "people", fails=True).stderr


def test_the_file_of_a_round_without_decisions_is_as_it_was(tmp_path):
    rounds.add(Round("one", key_check(KEY), (annotation("i1", "r1", "power"),)), tmp_path)
    assert "decisions" not in json.loads(Path(tmp_path / "one.json").read_text())


def test_the_training_tells_the_answer_first_and_then_asks_without(project):
    ours = examples.read(TEN).training
    made = training.tasks(ours, TEN, "people", 7)
    told = [bool(task["data"]["why"]) for task in made]
    assert told == sorted(told, reverse=True)
    assert {len(made) - sum(told), sum(told)} == {5, 7}
    assert all("answer is" in task["data"]["why"] for task in made[: sum(told)])
    assert {task["data"]["note"] for task in made[-1:]} == {"Training, 12 of 12, test"}
    shown = training.config(outgoing().config)
    assert "$why" in shown
    assert "$why" not in outgoing().config

    def does(rater, right):
        return [
            annotation(task["data"]["item_id"], rater, one.answer if place < right else "none")
            for place, (task, one) in enumerate(zip(made, ours, strict=True))
        ]

    # r1 has all right; r2 the first six, and where the answer is `none` by luck; r3 did not end.
    given = (*does("r1", 12), *does("r2", 6), *does("r3", 12)[:-1])
    assert training.scores(Round("people.training", "", given), ours) == {"r1": (7, 7), "r2": (2, 7)}
    rounds.add(Round("people.training", key_check(KEY), given))
    collect.main()
    assert read_table(JudgementLedger, "data/collect/ledger.parquet")["reason"].unique().to_list() == [
        "training"
    ]
    told = valact("annotate", "status").output
    assert "2 of 7 right in the training, less than 70 %" in told
    assert "7 of 7" in told


def test_the_guidelines_have_two_worked_examples_a_value_and_every_close_pair(root):
    found = examples.read(TEN, root / examples.FILE)
    assert {slug: len(several) for slug, several in found.worked.items()} == dict.fromkeys(TEN.slugs, 2)
    ring = [*TEN.slugs, TEN.slugs[0]]
    assert {frozenset(pair[:2]) for pair in found.pairs} == {frozenset(pair) for pair in pairwise(ring)}
    page = labelling.guidelines(TEN, root / labelling.GUIDELINES, worked=found.worked, pairs=found.pairs)
    for texts in (*found.worked.values(), *found.pairs):
        one = texts[-1] if isinstance(texts[-1], str) else texts[-1].action
        assert escape(one, quote=False) in page
    assert examples.read(load("svs56"), root / examples.FILE).training == []

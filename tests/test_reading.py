"""The blind reading: what readers are shown, what they come to, what goes back, and what raters get to see of it."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from services.scripted import ScriptedEngine
from services.values import SLUGS, TEN
from test_actions import ANOTHER, GOOD, OTHER, WRITER, only, params, scenario, scenarios  # noqa: F401

from pipeline.core.errors import ParamsError
from pipeline.engine import Engine
from pipeline.engine.response import Reply
from pipeline.generate.fill import generate
from pipeline.generate.reading import LABELS
from pipeline.generate.step import follow_ups
from pipeline.params import parse
from pipeline.params.build import Reading
from pipeline.tables import Readings
from pipeline.validate.reading import measure
from pipeline.verdict.readings import read_as

PANEL, THIRD = ("sample-judge-1", "sample-judge-2"), "sample-judge-3"
TEXTS = {WRITER: GOOD, OTHER: ANOTHER}
NEW = "Put three months of rent into a savings account before you sign anything in May."


def shown(request):
    """The actions of a batch, by field."""
    listed = request.messages[-1].content.split("The actions:\n")[1]
    return dict(re.findall(r"^(a\d+)\. (.*)$", listed, re.MULTILINE))


def run(params, sees, *, repaired=None, table=None, per_category=1, **rules):  # noqa: F811
    """Generates and reads: ``sees`` gives a reader's label of a text, None for the value intended."""
    intended = {text: value for texts in TEXTS.values() for value, text in texts.items()}
    intended |= {text: value for value, text in (repaired or {}).items()}

    def reply(request):
        if request.schema.name == LABELS:
            labels = {
                name: sees(request.name, text) or intended[text] for name, text in shown(request).items()
            }
            return Reply(text=json.dumps(labels), finish_reason="stop")
        again = len(request.messages) > 2
        return only(request, TEXTS[request.name] | (repaired or {}) if again else TEXTS[request.name])

    reading = Reading(panel=PANEL, tie_breaker=THIRD, **rules)
    settings = params.generate.model_copy(update={"reading": reading, "max_repairs": 1, "last_resort": False})
    with Engine(params, stage="generate") as engine:
        scripted = ScriptedEngine(engine, reply)
        written = generate(
            scripted, scenarios(scenario(1)) if table is None else table, settings, TEN, per_category
        )
    return written, scripted.asked


def summary(written):
    found = read_as(written.actions, written.readings)
    return {row["action_id"]: tuple(row.values())[1:] for row in found.iter_rows(named=True)}


def security(who=WRITER):
    return f"s{1:010x}.security.{who}"


def test_every_action_is_read_by_both_and_nobody_is_told_what_was_intended(params):  # noqa: F811
    written, asked = run(params, lambda *_: None)
    readings = [request for request in asked if request.schema.name == LABELS]
    assert Counter(request.name for request in readings) == dict.fromkeys(PANEL, 4)
    assert set(summary(written).values()) == {(value, 2, 2) for value in SLUGS}
    texts = [text for request in readings if request.name == PANEL[0] for text in shown(request).values()]
    assert sorted(texts) == sorted([*GOOD.values(), *ANOTHER.values()])
    for request in readings:
        assert WRITER not in request.messages[-1].content
        assert list(json.loads(request.schema.body)["properties"]["a1"]["enum"])[-1] == "none"


def test_batches_leave_nothing_to_elimination(params):  # noqa: F811
    """Over scenarios, fives hold values twice and lack most; the order of the values is no batch's but its own."""
    table = scenarios(*[scenario(i) for i in range(1, 9)])
    _, asked = run(params, lambda *_: None, table=table, per_category=8)
    by_text = {text: value for texts in TEXTS.values() for value, text in texts.items()}
    batches = [r for r in asked if r.schema.name == LABELS and r.name == PANEL[0]]
    held = [[by_text[text] for text in shown(request).values()] for request in batches]
    assert {len(values) for values in held} == {5}
    assert any(len(set(values)) < 5 for values in held)
    assert len({tuple(values) for values in held}) > 20
    orders = {json.loads(r.schema.body)["properties"]["a1"]["enum"][0] for r in batches}
    assert len(orders) > 5


def test_a_misread_action_goes_back_with_what_was_seen_and_the_new_text_is_read(params):  # noqa: F811
    sees = lambda reader, text: "conformity" if text == GOOD["security"] else None  # noqa: E731
    written, asked = run(params, sees, repaired={"security": NEW})
    repair = next(r for r in asked if r.schema.name != LABELS and len(r.messages) > 2)
    assert f'security: readers saw Conformity in "{GOOD["security"]}"' in repair.messages[-1].content
    assert json.loads(repair.schema.body)["required"] == ["security"]
    assert written.actions.filter(action_id=security())["text"].to_list() == [NEW]
    assert summary(written)[security()] == ("security", 2, 2)
    assert written.ledger.select("value", "reason", "final").rows() == [("security", "misread", False)]
    assert written.readings.filter(action_id=security()).select("attempt", "label").unique().height == 2


def test_what_stays_misread_is_kept_and_marked_or_costs_the_scenario_its_place(params):  # noqa: F811
    sees = lambda reader, text: "conformity" if text in (GOOD["security"], NEW) else None  # noqa: E731
    written, _ = run(params, sees, repaired={"security": NEW})
    assert summary(written)[security()] == ("conformity", 2, 0)
    assert written.count("Ethics") == (1, 0, 0)

    table = scenarios(scenario(1), scenario(2))
    here = lambda reader, text: sees(reader, text)  # noqa: E731
    written, asked = run(params, here, repaired={"security": NEW}, table=table, max_misread=0)
    assert written.count("Ethics") == (0, 2, 0)
    assert written.actions.is_empty()
    assert written.ledger.filter("final")["reason"].unique().to_list() == ["misread"]
    assert len({request.subject for request in asked}) == 2, "the next in rank was asked for"


def test_the_third_reader_sees_only_what_two_differ_on_and_decides(params):  # noqa: F811
    disputed = {GOOD["power"]: "power", ANOTHER["hedonism"]: "stimulation"}

    def sees(reader, text):
        if text not in disputed:
            return None
        return {PANEL[0]: "achievement", THIRD: disputed[text]}.get(reader)

    written, asked = run(params, sees, max_repairs=0)
    [third] = [request for request in asked if request.name == THIRD]
    assert set(shown(third).values()) == set(disputed)
    found = summary(written)
    assert found[f"s{1:010x}.power.{WRITER}"] == ("power", 3, 2)
    assert found[f"s{1:010x}.hedonism.{OTHER}"] == (None, 3, 1), "three readers, three values"


def test_a_worse_text_does_not_take_the_place_of_a_better_one(params):  # noqa: F811
    """Of the old text a reader saw the value, of the new one none."""

    def sees(reader, text):
        if text == GOOD["security"]:
            return {PANEL[0]: "security", PANEL[1]: "conformity", THIRD: "conformity"}[reader]
        return "tradition" if text == NEW else None

    written, _ = run(params, sees, repaired={"security": NEW})
    assert written.actions.filter(action_id=security())["text"].to_list() == [GOOD["security"]]
    assert summary(written)[security()] == ("conformity", 3, 1)


def test_figures_are_shares_of_actions_and_what_others_are_read_as(params):  # noqa: F811
    sees = lambda reader, text: "conformity" if text == GOOD["security"] else None  # noqa: E731
    written, _ = run(params, sees, max_repairs=0)
    found = measure(written.actions, written.readings, TEN, 1)
    assert found.overall["recognised"]["estimate"] == 19 / 20
    assert found.overall["values"]["security"]["estimate"] == 0.5
    assert found.overall["read_as"]["security"] == {"conformity": 1}
    assert found.confusion.filter(intended="security", read_as="conformity")["count"].to_list() == [1]
    assert 0.9 < found.overall["alpha"] <= 1
    nobody = measure(written.actions, Readings.create_empty(), TEN, 1)
    assert nobody.overall["recognised"]["estimate"] is None
    assert nobody.accuracy.is_empty()


def test_readers_are_three_or_none(params):  # noqa: F811
    raw = params.model_dump(mode="json")
    raw["generate"]["reading"] = {"panel": ["sample-judge-1"], "tie_breaker": "sample-judge-2"}
    with pytest.raises(ParamsError, match="two readers and a tie-breaker are needed"):
        parse(raw, where="test")
    raw["generate"]["reading"] = {"panel": ["sample-judge-1", "nobody"], "tie_breaker": "sample-judge-2"}
    with pytest.raises(ParamsError, match="'nobody' is not in models"):
        parse(raw, where="test")


def test_a_reading_is_planned_for(params):  # noqa: F811
    rules = params.generate.model_copy(update={"reading": Reading(panel=PANEL, tie_breaker=THIRD)})
    by_model = {one.model: one for one in follow_ups(params.model_copy(update={"generate": rules}), "")}
    assert by_model[PANEL[0]].likely == 5, "four batches of five, and one of what is written anew"
    assert by_model[PANEL[0]].most == 8
    assert by_model[THIRD].likely == 1
    assert [one.model for one in follow_ups(params, "")] == [None], "where nobody reads, nothing is"

"""A rejected action goes back to its generator on request; what was judged before says nothing of the new text."""

from __future__ import annotations

import json

import polars as pl
import pytest
from services.annotation import drafts_of
from services.finished_run import finished_run, run_params
from services.folder import valact, write_params
from services.raters import Rater, judge
from services.scripted import ScriptedEngine
from services.validated_run import assembled, validate_run
from services.values import SLUGS, TEN
from test_actions import GOOD, WRITER, params, scenario, scenarios  # noqa: F401

from pipeline.core.errors import InputError
from pipeline.engine import Engine
from pipeline.engine.response import Reply
from pipeline.generate.fill import generate
from pipeline.params.build import Reading
from pipeline.repairs import asked as repairs
from pipeline.repairs.asked import Repair, text_hash
from pipeline.send.rounds import draw
from pipeline.tables import (
    Actions,
    ActionVerdicts,
    Items,
    Judgements,
    Options,
    Readings,
    read_table,
    write_table,
)
from pipeline.tables.ids import item_stem
from pipeline.validate import again
from pipeline.validate.consensus import action_verdicts, consensus
from pipeline.validate.figures import measure
from pipeline.verdict import gate, judged

NEW = {
    "security": "Insure the household goods and put three months of rent into a savings account first.",
    "power": "Buy the house next door and let him learn who decides about prices in this street.",
}


def rejected(value, text, batch=1, consensus="conformity"):
    return Repair(batch, f"s{1:010x}.{value}.{WRITER}", text_hash(text), consensus, 3, 0)


def run(params, wanted, answers):  # noqa: F811
    """Generates with these repairs; ``answers`` are the texts by value, one dict a repair request."""
    turns = iter(answers)

    def reply(request):
        texts = GOOD if len(request.messages) == 2 else next(turns)
        return Reply(text=texts if isinstance(texts, str) else json.dumps(texts), finish_reason="stop")

    with Engine(params, stage="generate") as engine:
        scripted = ScriptedEngine(engine, reply)
        rules = params.generate.model_copy(
            update={"generators": [WRITER], "max_repairs": 1, "reading": Reading()}
        )
        return generate(scripted, scenarios(scenario(1)), rules, TEN, 1, wanted), scripted.asked


def texts(written):
    return dict(written.actions.select("value", "text").iter_rows())


def test_a_rejected_action_is_asked_for_anew_with_what_readers_saw(params):  # noqa: F811
    written, asked = run(params, [rejected("security", GOOD["security"])], [{"security": NEW["security"]}])
    assert len(asked) == 2
    assert [m.role for m in asked[1].messages] == ["system", "user", "assistant", "user"]
    assert "security: most readers saw Conformity in it; 0 of 3" in asked[1].messages[-1].content
    assert json.loads(asked[1].schema.body)["required"] == ["security"]
    assert texts(written) == GOOD | {"security": NEW["security"]}
    row = written.actions.filter(pl.col("value") == "security").row(0, named=True)
    assert (row["attempt"], row["request_key"]) == (2, asked[1].key)
    assert row["action_id"] == f"s{1:010x}.security.{WRITER}", "the id of an action is that of its place"
    assert written.drafts.filter(pl.col("value") == "security")["attempt"].to_list() == [1, 2]
    told = written.ledger.row(0, named=True)
    assert (told["attempt"], told["reason"], told["final"]) == (1, "rejected_by_raters", False)
    assert told["request_key"] == asked[0].key


def test_none_of_the_values_is_said_so(params):  # noqa: F811
    _, asked = run(params, [rejected("power", GOOD["power"], consensus="none")], [{"power": NEW["power"]}])
    assert "most readers saw none of the ten values in it" in asked[1].messages[-1].content


def test_the_new_text_passes_the_same_checks_and_may_not_be_the_old_one(params):  # noqa: F811
    again, named = {"security": GOOD["security"]}, {"security": "Buy security for the whole street at last."}
    written, asked = run(
        params, [rejected("security", GOOD["security"])], [again, {"security": NEW["security"]}]
    )
    assert len(asked) == 3
    assert "it repeats the action for security that readers rejected" in asked[2].messages[-1].content
    assert texts(written)["security"] == NEW["security"]

    written, asked = run(params, [rejected("security", GOOD["security"])], [named, again])
    assert len(asked) == 3
    assert texts(written) == GOOD, "the rejected text stays where no other comes of it"
    assert sorted(written.ledger["reason"]) == ["distinct", "rejected_by_raters", "value_not_named"]
    assert not written.ledger["final"].any(), "the scenario is not given up"


@pytest.mark.parametrize("broken", ["Ten ideas!", "[]"])
def test_an_invalid_answer_costs_no_action(params, broken):  # noqa: F811
    written, _ = run(params, [rejected("security", GOOD["security"])], [broken, broken])
    assert texts(written) == GOOD
    assert sorted(written.ledger["reason"]) == ["invalid", "invalid", "rejected_by_raters"]


def test_a_later_batch_repeats_the_requests_of_the_earlier(params):  # noqa: F811
    first = rejected("security", GOOD["security"])
    _, once = run(params, [first], [{"security": NEW["security"]}])
    later = [
        rejected("security", NEW["security"], batch=2),
        rejected("power", GOOD["power"], batch=2),
    ]
    final = {
        "security": "Keep the old contract running and have a lawyer read the new one.",
        "power": NEW["power"],
    }
    written, both = run(params, [*later, first], [{"security": NEW["security"]}, final])
    assert [request.key for request in both[:2]] == [request.key for request in once]
    assert json.loads(both[2].schema.body)["required"] == ["power", "security"]
    assert texts(written) == GOOD | final
    assert sorted(written.actions.filter(pl.col("value").is_in(["power", "security"]))["attempt"]) == [3, 3]


def test_a_repair_of_another_text_or_scenario_asks_nothing(params):  # noqa: F811
    other = [
        rejected("security", "A text that is no longer there."),
        Repair(1, f"s{2:010x}.power.{WRITER}", text_hash(GOOD["power"]), "none", 3, 0),
        Repair(1, f"s{1:010x}.power.another-writer", text_hash(GOOD["power"]), "none", 3, 0),
    ]
    plain, asked = run(params, [], [])
    same, asked_too = run(params, other, [])
    assert [r.key for r in asked_too] == [r.key for r in asked]
    for name in ("actions", "drafts", "ledger"):
        assert getattr(same, name).equals(getattr(plain, name))


def test_the_file_is_read_as_written_and_empty_or_missing_is_nothing(tmp_path):
    path = tmp_path / "annotations/repairs.yaml"
    assert repairs.read(path) == ()
    repairs.write([], path)
    assert repairs.read(path) == ()
    wanted = (rejected("power", "a"), rejected("security", "b"), rejected("power", "c", batch=2))
    repairs.write(reversed(wanted), path)
    assert repairs.read(path) == wanted
    before = path.read_bytes()
    repairs.write(wanted, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("repairs: [", "not valid YAML"),
        ("- 1", "a list `repairs`"),
        ("repairs: {}", "a list `repairs`"),
        ("repairs: [1]", "entry 1"),
        ("repairs: [{action_id: x}]", "batch, action_id, text_sha256"),
        (
            "repairs: [{batch: 1, action_id: a, text_sha256: b, consensus: joy, judgements: 1, matching: 0}]",
            "'joy' is neither a value",
        ),
        (
            "repairs: [{batch: 1, action_id: a, text_sha256: b, consensus: power, judgements: x, matching: 0}]",
            "texts and counts",
        ),
    ],
)
def test_a_broken_file_is_one_error(tmp_path, text, said):
    path = tmp_path / "repairs.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        repairs.read(path, TEN)
    assert said in str(caught.value)


def test_the_repository_holds_a_file_of_ours(root):
    repairs.read(root / repairs.FILE)


@pytest.fixture
def judged_run(tmp_path, monkeypatch):
    settings = run_params()
    folder = finished_run(tmp_path / "data", settings)
    # Raters that are seldom right: most of what they judged is rejected.
    validate_run(folder, settings, [Rater(0.2, near=1.0)] * 3)
    write_params(tmp_path, settings)
    monkeypatch.chdir(tmp_path)
    return folder, settings


def test_the_command_lists_the_rejected_and_adds_each_text_once(judged_run):
    folder, _ = judged_run
    verdicts = read_table(ActionVerdicts, folder / "validate/actions.parquet")
    wanted = sorted(verdicts.filter(pl.col("status") == "rejected")["action_id"])
    assert wanted
    assert wanted[0] in valact("annotate", "repair", "--dry-run").output
    assert repairs.read() == ()
    valact("annotate", "repair")
    found = repairs.read()
    assert [one.action_id for one in found] == wanted
    assert {one.batch for one in found} == {1}
    assert "each was asked for anew already" in valact("annotate", "repair").output
    assert repairs.read() == found


def test_old_judgements_do_not_confirm_the_new_text(judged_run):
    """The action keeps its id; its items get others, and what was said of the old ones is set aside."""
    folder, settings = judged_run
    verdicts = read_table(ActionVerdicts, folder / "validate/actions.parquet")
    action = verdicts.filter(pl.col("status") == "rejected")["action_id"].sort()[0]
    old_items = read_table(Items, folder / "send/items.parquet")
    judgements = pl.read_parquet(folder / "collect/judgements.parquet")
    actions = read_table(Actions, folder / "assemble/actions.parquet").with_columns(
        text=pl.when(pl.col("action_id") == action).then(pl.lit("Do it another way.")).otherwise("text")
    )
    write_table(Actions, actions, folder / "assemble/actions.parquet")
    validate_run(folder, settings)
    items = read_table(Items, folder / "send/items.parquet")
    assert items.height == old_items.height
    assert {*map(item_stem, items["item_id"])} == {*map(item_stem, old_items["item_id"])}

    options = read_table(Options, folder / "assemble/options.parquet")
    found = judged.join(items, judgements, options, TEN, source="test")
    assert {*found.ledger["reason"]} == {"text_changed"}
    since = action_verdicts(actions, found, consensus(found))
    assert since.filter(pl.col("action_id") == action)["status"].item() == "not_sampled"
    others = pl.col("action_id") != action
    assert since.filter(others).equals(verdicts.filter(others))


def test_repairs_leave_the_accuracy_of_the_round_as_it_was_judged(judged_run):
    """Rejected actions do not leave the denominator when they are written anew; the new texts are judged apart."""
    folder, settings = judged_run
    tables = assembled(folder)
    scenarios_, actions, questions, options = tables
    readings = read_table(Readings, folder / "generate/readings.parquet")
    before = read_table(Items, folder / "send/items.parquet")
    said = read_table(Judgements, folder / "collect/judgements.parquet")
    assert figures_of(before, said, options, settings)["accuracy"]["estimate"] < 0.5
    valact("annotate", "repair")
    asked = repairs.read()
    assert {one.round for one in asked} == {settings.validation.round}
    drafts = drafts_of(actions)
    # One repair brought no usable text.
    gone = [one.action_id for one in asked[1:]]
    new = pl.when(pl.col("action_id").is_in(gone)).then(pl.format("Now {}", "action_id")).otherwise("text")
    repaired = actions.with_columns(text=new)

    first, later = draw(scenarios_, repaired, questions, options, settings, readings, drafts, asked)
    assert first.items.drop("replaced").equals(before.drop("replaced")), "the round is what it was"
    assert {*first.items.filter("replaced")["action_id"].drop_nulls()} >= {*gone}
    assert later.round == f"{settings.validation.round}.repairs-1"
    assert sorted(later.items["action_id"]) == sorted(gone)
    assert dict(later.actions.select("action_id", "text").iter_rows())[gone[0]] == f"Now {gone[0]}"

    # Nobody has judged the new texts: nothing has become better.
    items = pl.concat([first.items, later.items])
    assert figures_of(items, said, options, settings) == figures_of(before, said, options, settings)
    found = judged.join(items, said, options, TEN, source="test")
    verdicts = action_verdicts(repaired, found, consensus(found))
    assert {*verdicts.filter(pl.col("action_id").is_in(gone))["status"]} == {"repaired"}
    beside = again.measure(found, settings.validation.round, 1)
    assert beside["replaced"] == len(gone)
    assert beside["rounds"][later.round]["there"] == 0
    [doubt] = gate._repaired(beside)
    assert f"0 of {3 * len(gone)} judgements" in doubt

    # They are judged, all of them rightly: that is told beside, and confirms each.
    more = judge(later.items, options, [Rater(1.0)] * 3, seed=2)
    found = judged.join(items, pl.concat([said, more]), options, TEN, source="test")
    assert (
        figures_of(items, pl.concat([said, more]), options, settings)["accuracy"]
        == (figures_of(before, said, options, settings)["accuracy"])
    )
    assert (
        again.measure(found, settings.validation.round, 1)["rounds"][later.round]["accuracy"]["estimate"]
        == 1.0
    )
    verdicts = action_verdicts(repaired, found, again.all_consensus(found, consensus(found)))
    assert {*verdicts.filter(pl.col("action_id").is_in(gone))["status"]} == {"confirmed"}

    valact("annotate", "repair", "--undo")
    assert repairs.read() == ()


def figures_of(items, judgements, options, settings):
    """The figures of the first round, as stage validate computes them."""
    found = judged.join(items, judgements, options, TEN, source="test")
    return measure(found.in_rounds(settings.validation.round.__eq__), settings.seed).overall


def test_every_value_can_be_told_of():
    for value in (*SLUGS, "none"):
        assert rejected("power", "x", consensus=value).problem(TEN).startswith("most readers saw ")

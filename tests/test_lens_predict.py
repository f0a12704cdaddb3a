"""What an observer that has seen examples says of a respondent: what it is shown, what is read, how it is scored."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.core.errors import ParamsError
from pipeline.cost.imagined_lens import tables as imagined
from pipeline.engine import Engine
from pipeline.engine.response import Reply
from pipeline.lens import params as settings
from pipeline.lens import places
from pipeline.lens.predict.draws import labelled, tasks
from pipeline.lens.predict.scores import scores
from pipeline.lens.predict.step import STEP
from pipeline.lens.tables import Predictions
from pipeline.responses.written import Authors
from pipeline.step import Job
from pipeline.tables import read_table


@pytest.fixture
def raw(root, tmp_path):
    """The sample's settings with a model as the observer of one respondent; ten examples."""
    found = yaml.safe_load((root / "lens/profiles/sample.yaml").read_text())
    found["responses"] = {"store": str(tmp_path / "store.sqlite"), "transcripts": str(tmp_path)}
    found["models"]["observer"] = {"provider": "replay", "model": "an-observer"}
    found["respondents"] = {"asked": {"kind": "simulated", "profile": 1}}
    found["predict"] = {"observers": {"seer": {"kind": "model", "model": "observer"}}, "examples": 10}
    return found


def draws(raw):
    params = settings.parse(raw, where="here")
    made = imagined(params)
    of = labelled(made[places.DECLARED], made[places.ENACTED], made[places.ACTIONS], ["asked"])
    return list(tasks(params, of))


def test_labels_say_which_action_goes_with_what_was_stated_and_which_was_chosen(raw):
    params = settings.parse(raw, where="here")
    made = imagined(params)
    scenario = made[places.SCENARIOS]["scenario_id"][0]
    cell = {"respondent": ["asked"], "scenario_id": [scenario], "value": ["power"]}
    declared = pl.DataFrame(cell | {"score": [0.5]})
    enacted = pl.DataFrame(cell | {"expressed": [3], "shown": [4], "by_chance": [2.0]})
    of = labelled(declared, enacted, made[places.ACTIONS], ["asked"])
    found = {
        name: {
            id_.endswith(".opposes"): label for id_, label in rows.select("action_id", "label").iter_rows()
        }
        for name, rows in of.items()
    }
    # The middle of the scale is disagreement: who states it agrees with the action against the value.
    assert found == {"stated": {False: False, True: True}, "chosen": {False: True, True: False}}
    even = enacted.with_columns(expressed=2)
    assert labelled(declared, even, made[places.ACTIONS], ["asked"])["chosen"]["label"].sum() == 1
    assert labelled(declared, enacted, made[places.ACTIONS], ["another"])["stated"].is_empty()


def test_examples_and_questions_share_no_scenario_and_are_balanced(raw):
    found = draws(raw)
    assert {(task.label, task.setting) for task in found} == {
        (label, setting)
        for label in ("stated", "chosen")
        for setting in ("action", "spans", "explanation", "both")
    }
    for task in found:
        assert not set(task.examples["scenario_id"]) & set(task.asked["scenario_id"])
        assert (task.examples.height, task.examples["label"].sum()) == (10, 5)
        assert (task.asked.height, task.asked["label"].sum()) == (40, 20)
    one, other = (task for task in found if task.label == "stated" and task.setting in ("action", "both"))
    assert one.asked.equals(other.asked)
    raw["predict"]["most"] = 6
    assert {task.asked.height for task in draws(raw)} == {6}


def ran(raw, reply, tmp_path):
    params, asked = settings.parse(raw, where="here"), []

    def answer(request):
        asked.append(request)
        return Reply(text=reply(request), finish_reason="stop")

    with Engine(params, stage="predict") as engine:
        authors = Authors(engine, answer, dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
        job = Job(STEP, params, "", authors, root=tmp_path, stand_ins=imagined(params))
        STEP.make(job)
    return [pl.read_parquet(job.path(p)) for p in (places.PREDICTIONS, places.PREDICTION_SCORES)], asked


def test_who_knows_the_answers_is_always_right_and_sees_actions_alone(raw, tmp_path):
    labels = {}
    for task in draws(raw):
        labels |= {
            (task.label, text): label for text, label in task.asked.select("text", "label").iter_rows()
        }

    def knows(request):
        kind = "stated" if "what the person says it values" in request.messages[0].content else "chosen"
        text = request.messages[1].content.partition("Now this action: ")[2].partition("\n")[0]
        return json.dumps({"agrees": labels[kind, text], "chance": 90 if labels[kind, text] else 20})

    (predictions, found), asked = ran(raw, knows, tmp_path)
    assert predictions.height == len(asked) == 2 * 4 * 40
    assert found.select("f1", "accuracy", "auc").unique().rows() == [(1.0, 1.0, 1.0)]
    assert set(found["majority_f1"].round(4)) == {0.6667}
    assert set(found["unread"]) == {0}
    shown = {request.messages[1].content.split("\n\nNow this action")[0] for request in asked}
    assert sum("Parts that matter: " in text for text in shown) == 2 * 2
    assert sum("Why: " in text for text in shown) == 2 * 2
    assert all("Why" not in request.messages[1].content.partition("Now this")[2] for request in asked)


@pytest.mark.parametrize(
    ("text", "status", "guess", "chance"),
    [
        ('```json\n{"agrees": false, "chance": 5}\n```', "answered", False, 0.05),
        ('{"agrees": true}', "answered", True, 1.0),
        ('{"agrees": "yes", "chance": 90}', "invalid", None, None),
        ('{"agrees": true, "chance": 101}', "invalid", None, None),
        ("I cannot tell.", "invalid", None, None),
    ],
)
def test_what_is_no_prediction_is_a_miss_and_counted(raw, tmp_path, text, status, guess, chance):
    raw["predict"] |= {"labels": ["chosen"], "settings": ["action"], "most": 4}
    (predictions, found), _ = ran(raw, lambda request: text, tmp_path)
    assert predictions.select("status", "guess", "chance").unique().rows() == [(status, guess, chance)]
    unread = 0 if status == "answered" else 4
    assert found["unread"].item() == unread
    if unread:
        assert (found["f1"].item(), found["accuracy"].item(), found["auc"].item()) == (0, 0, 0.5)


def test_figures_are_those_counted_by_hand():
    told = [
        (True, True, 0.9),
        (True, False, 0.4),
        (False, True, 0.8),
        (False, False, 0.4),
        (True, None, None),
    ]
    rows = pl.DataFrame(
        [
            {
                "observer": "o",
                "respondent": "r",
                "label_kind": "stated",
                "setting": "action",
                "scenario_id": f"s{place % 2}",
                "label": label,
                "guess": guess,
                "chance": chance,
            }
            for place, (label, guess, chance) in enumerate(told)
        ]
    )
    (found,) = scores(rows, 0.95)
    # One hit, one false alarm, two misses; always "agrees" would have 3 of 5.
    assert found["f1"] == pytest.approx(2 / (2 + 1 + 2))
    assert found["accuracy"] == pytest.approx(2 / 5)
    assert found["majority_f1"] == pytest.approx(0.75)
    # .9 beats both; .4 loses to .8 and ties with .4; the unread one counts as .5.
    assert found["auc"] == pytest.approx((2 + 0.5 + 1) / 6)
    assert (found["asked"], found["unread"], found["scenarios"]) == (5, 1, 2)


def test_the_sample_is_predicted_by_words_alone(lens_run):
    predictions = read_table(Predictions, places.PREDICTIONS.path(lens_run))
    assert predictions["observer"].unique().to_list() == ["words"]
    assert predictions["request_key"].null_count() == predictions.height
    assert predictions["respondent"].n_unique() == 3
    report = (lens_run / "lens/data/report/report.md").read_text()
    assert "## Can others tell?" in report
    assert "F1 of the majority" in report


@pytest.mark.parametrize(
    ("observer", "said"),
    [
        ({"kind": "model"}, "kind model needs a model"),
        ({"kind": "words", "model": "observer"}, "kind words has none"),
        ({"kind": "model", "model": "nobody"}, "predict.observers.seer.model"),
    ],
)
def test_wrong_observers_are_named(raw, observer, said):
    raw["predict"]["observers"] = {"seer": observer}
    with pytest.raises(ParamsError, match=said):
        settings.parse(raw, where="here")


def test_cost_counts_the_predictions_of_the_papers_run(root, tmp_path, monkeypatch):
    (tmp_path / "lens").mkdir()
    (tmp_path / "lens/params.yaml").write_bytes((root / "lens/profiles/paper.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(main, ["cost", "predict", "--recipe", "lens"])
    assert said.exit_code == 0, said.output
    line = next(line.split() for line in said.output.splitlines() if line.startswith("predict  "))
    # Three respondents, two labels, four settings, two hundred actions.
    assert line[1:5] == ["gpt-4o-mini", "0", "4,800", "4,800"]

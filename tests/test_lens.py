"""The lens: its grid, its actions with their checks and repairs, and pairs that are asked or not."""

from __future__ import annotations

import json
import runpy
from collections import Counter

import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from dvc.repo import Repo
from services.shares import lines, shares

from pipeline import params as valact_params
from pipeline.cli import main
from pipeline.core.errors import ParamsError
from pipeline.engine import Engine
from pipeline.engine.response import Reply
from pipeline.lens import params as settings
from pipeline.lens import places
from pipeline.lens.generate.checks import problems
from pipeline.lens.generate.write import Writer
from pipeline.lens.grid.step import scenarios
from pipeline.responses.written import Authors
from pipeline.tables import read_table
from pipeline.tables.columns import STANCES
from pipeline.values import load as load_inventory

FIRST = 2  # messages of a first request


def table(folder, place):
    return read_table(place.schema, place.path(folder))


@pytest.fixture
def sample(root):
    return yaml.safe_load((root / "lens/profiles/sample.yaml").read_text())


def test_params_of_both_recipes_parse_and_active_ones_are_the_samples(root):
    for path in (root / "lens/profiles").glob("*.yaml"):
        assert settings.load(path).profile == path.stem
    assert (root / "lens/params.yaml").read_bytes() == (root / "lens/profiles/sample.yaml").read_bytes()
    assert valact_params.load(root / "params.yaml").profile == "sample"


def test_the_papers_grid_has_132_scenarios_and_7392_cells(root):
    params = settings.load(root / "lens/profiles/paper.yaml")
    assert len(scenarios(params)) == 132
    assert len(scenarios(params)) * len(params.asked) == 7392


@pytest.mark.parametrize("inventory", ["schwartz10", "refined19", "svs56"])
def test_any_axes_and_inventory_make_a_grid(sample, inventory):
    only = list(load_inventory(inventory).slugs[3:5])
    raw = sample | {
        "inventory": inventory,
        "only_values": only,
        "countries": ["Peru"],
        "topics": ["Food", "Rent"],
    }
    params = settings.parse(raw, where="here")
    assert params.asked == tuple(only)
    assert [(row["country"], row["topic"]) for row in scenarios(params)] == [
        ("Peru", "Food"),
        ("Peru", "Rent"),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"countries": ["Peru", "peru "]}, "countries: the same one stands there twice"),
        ({"only_values": ["kindness"]}, "'schwartz10' has no 'kindness'"),
        ({"inventory": "none"}, "known are"),
        ({"generate": {"generator": "gpt-5"}}, "generate.generator: 'gpt-5' is not in models"),
        ({"generate": {"generator": "sample-writer", "prompt": "other"}}, "express_pair"),
    ],
)
def test_wrong_settings_are_named(sample, change, said):
    with pytest.raises(ParamsError) as caught:
        settings.parse(sample | change, where="lens/params.yaml")
    assert said in str(caught.value)


def test_valacts_recipe_has_nothing_of_the_lens(root):
    with Repo(str(root)) as repo:
        mine = [stage for stage in repo.index.stages if not stage.addressing.startswith("lens/")]
        assert {stage.addressing.partition("@")[0] for stage in mine} >= {"scrape", "publish"}
        paths = [str(part.fs_path) for stage in mine for part in (*stage.deps, *stage.outs)]
        assert not [path for path in paths if "/lens" in path.removeprefix(str(root))]


def test_recorded_answers_are_those_of_todays_prompts(root, monkeypatch):
    monkeypatch.chdir(root)
    builder = runpy.run_path("lens/data/sample/build.py")
    rows = builder["record"](settings.load("lens/profiles/sample.yaml"))
    kept = pl.read_parquet("lens/data/sample/transcripts/sample.parquet")
    assert {row["request_key"]: row["text"] for row in rows} == dict(
        kept.select("request_key", "text").iter_rows()
    )


def test_each_action_that_was_wanted_is_a_row_with_a_status(lens_run):
    actions = table(lens_run, places.ACTIONS)
    assert dict(actions["status"].value_counts().iter_rows()) == {"ok": 78, "refused": 2}
    assert actions.height == 2 * 2 * 10 * 2
    assert actions.filter(pl.col("status") == "ok").select(places.own.NEEDED).to_numpy().all()


def test_first_answers_that_fail_are_repaired_and_refusals_are_not_asked_again(lens_run):
    ledger = table(lens_run, places.GENERATE_LEDGER)
    seen = Counter(ledger.select("reason", "final").iter_rows())
    assert seen == {
        ("value_not_named", False): 1,
        ("one_sentence", False): 1,
        ("spans_verbatim", False): 2,
        ("first_person", False): 1,
        ("invalid", False): 1,
        ("refused", True): 2,
    }
    assert set(ledger.filter(pl.col("final"))["attempt"]) == {1}
    actions = table(lens_run, places.ACTIONS)
    repaired = actions.filter(
        pl.col("action_id").is_in(ledger.filter(~pl.col("final"))["action_id"].implode())
    )
    assert set(repaired["attempt"]) == {2}
    assert set(repaired["status"]) == {"ok"}


def test_a_pair_without_two_actions_is_in_the_ledger(lens_run):
    pairs, lost = table(lens_run, places.PAIRS), table(lens_run, places.ASSEMBLE_LEDGER)
    assert (pairs.height, lost.height) == (38, 2)
    assert set(lost["opposes"]) == {"refused"}
    assert set(lost["expresses"]) == {"ok"}


VALUE = load_inventory("schwartz10").by_slug["security"]


@pytest.mark.parametrize(
    ("text", "spans", "failed"),
    [
        ("I bolt the door each night before I sleep.", ["bolt the door"], []),
        ("", [], ["present"]),
        ("I'm sorry, but I can't help with that request.", ["sorry"], ["not_refusal"]),
        ("I bolt the door. Then I sleep well.", ["bolt"], ["one_sentence"]),
        ("I bolt it.", ["bolt"], ["words_in_range"]),
        ("Bolting the door each night is what people do.", ["Bolting"], ["first_person"]),
        ("I bolt the door each night before I sleep.", ["bolts the door"], ["spans_verbatim"]),
        ("I bolt the door each night for our security.", ["bolt"], ["value_not_named"]),
    ],
)
def test_checks_of_an_action(text, spans, failed):
    assert list(problems(VALUE, text, spans, settings.Checks())) == failed


def written(raw, reply, tmp_path):
    """The actions for settings where ``reply`` answers, the requests that were made, and the ledger."""
    responses = {"store": str(tmp_path / "store.sqlite"), "transcripts": str(tmp_path)}
    params = settings.parse(raw | {"responses": responses}, where="here")
    asked = []

    def answer(request):
        asked.append(request)
        return reply(request)

    with Engine(params, stage="generate") as engine:
        writer = Writer(
            Authors(engine, answer, runpy.run_path("lens/data/sample/build.py")["WRITTEN"]), params
        )
        return writer.write(scenarios(params)), asked, writer.ledger


def one(text, spans=("door",)):
    return {"action": text, "spans": list(spans), "explanation": "It does."}


def test_both_stances_in_one_request(sample, tmp_path, root, monkeypatch):
    monkeypatch.chdir(root)
    raw = sample | {"countries": ["Peru"], "topics": ["Rent"], "only_values": ["security"]}
    raw["generate"] = raw["generate"] | {"prompt": "express_pair"}

    def reply(request):
        first = len(request.messages) == FIRST
        held = one("I bolt it." if first else "I bolt the door each night before I sleep.")
        resisted = one("I'm sorry, but I can't help with that request.", ["sorry"])
        return Reply(text=json.dumps({"expresses": held, "opposes": resisted}), finish_reason="stop")

    actions, asked, ledger = written(raw, reply, tmp_path)
    assert [(action.stance, action.row["status"], action.row["attempt"]) for action in actions] == [
        ("expresses", "ok", 2),
        ("opposes", "refused", 1),
    ]
    assert len(asked) == 2
    assert "expresses: it has 3 words" in asked[1].messages[-1].content
    assert "opposes:" not in asked[1].messages[-1].content
    assert [(row["reason"], row["final"]) for row in ledger] == [
        ("words_in_range", False),
        ("spans_verbatim", False),
        ("refused", True),
    ]


def test_an_object_in_pythons_way_is_read_and_garbage_costs_the_pair(sample, tmp_path, root, monkeypatch):
    monkeypatch.chdir(root)
    raw = sample | {"countries": ["Peru"], "topics": ["Rent"], "only_values": ["security", "power"]}

    def reply(request):
        good = str(one("I bolt the door each night before I sleep."))
        return Reply(text=good if ".security." in request.subject else good[:40], finish_reason="stop")

    actions, asked, _ = written(raw, reply, tmp_path)
    assert [action.row["status"] for action in actions if action.value.slug == "security"] == ["ok", "ok"]
    lost = [action.row for action in actions if action.value.slug == "power"]
    assert [(row["status"], row["attempt"], row["text"]) for row in lost] == [("invalid", 3, None)] * 2
    assert len(asked) == 2 + 2 * 3


def test_a_refusal_in_plain_text_is_one_and_is_not_asked_again(sample, tmp_path, root, monkeypatch):
    monkeypatch.chdir(root)
    raw = sample | {"countries": ["Peru"], "topics": ["Rent"], "only_values": ["security"]}
    said = "I'm sorry, but I can't help with that request."
    actions, asked, ledger = written(raw, lambda request: Reply(text=said, finish_reason="stop"), tmp_path)
    assert [action.row["status"] for action in actions] == ["refused"] * 2
    assert len(asked) == 2
    assert [(row["reason"], row["final"]) for row in ledger] == [("refused", True)] * 2


def test_one_action_for_two_countries_is_marked(sample, tmp_path, root, monkeypatch):
    monkeypatch.chdir(root)
    raw = sample | {"countries": ["Peru", "Chad"], "topics": ["Rent"], "only_values": ["security"]}

    def reply(request):
        peru = "Country: Peru" in request.messages[-1].content
        same = f"I bolt the door in {'Peru' if peru else 'Chad'} each night before I sleep."
        own = (
            "I pay the door keeper of our block."
            if peru
            else "I bring the goats behind the door of the yard."
        )
        said = same if STANCES[1] in request.subject else own
        return Reply(text=json.dumps(one(said)), finish_reason="stop")

    actions, _, _ = written(raw, reply, tmp_path)
    assert {(a.stance, a.row["own_to_country"]) for a in actions} == {("opposes", False), ("expresses", True)}


def test_cost_of_the_papers_run_asks_nobody(root, tmp_path, monkeypatch):
    (tmp_path / "lens/profiles").mkdir(parents=True)
    for path in (root / "lens/profiles").glob("*.yaml"):
        (tmp_path / "lens/profiles" / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    used = CliRunner().invoke(main, ["profile", "use", "paper", "--recipe", "lens"])
    assert used.exit_code == 0, used.output
    assert "`dvc repro lens/dvc.yaml` runs it" in used.output
    said = CliRunner().invoke(main, ["cost", "--recipe", "lens"])
    assert said.exit_code == 0, said.output
    lines = [line.split() for line in said.output.splitlines()]
    calls = {tuple(words[:2]): words[2:5] for words in lines if len(words) > 5}
    # 14,784 actions, a tenth of which needs a repair; at most two repairs each.
    assert calls["generate", "gpt-4o"] == ["0", "16,263", "44,352"]
    # 1,056 requests for ratings, four for each of 7,392 pairs.
    assert calls["administer", "gpt-4o-mini"] == ["0", "30,624", "30,624"]


def test_less_than_an_eighth_of_what_the_lens_runs_is_its_own(root):
    found = shares(root)
    own, both = lines(found["lens"], root), lines(found["both"], root)
    assert 0 < own < (own + both) / 8
    # measures/prediction.py is of imports of published predictions, too.
    assert {file.split("/")[1] for file in found["lens"]} <= {"lens", "stages", "recipe.py", "measures"}
    assert [file for file in found["lens"] if "/measures/" in file] == ["pipeline/measures/prediction.py"]

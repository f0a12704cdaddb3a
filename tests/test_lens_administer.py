"""The lens's two tasks: what is asked in which wording, what comes of each answer, and simulated respondents."""

from __future__ import annotations

import datetime as dt
import json
import math
import re

import numpy as np
import polars as pl
import pytest
import yaml

from pipeline.administer.respondents.simulated import strengths
from pipeline.cost.imagined_lens import tables as imagined
from pipeline.cost.planner import Planner
from pipeline.engine import Engine
from pipeline.engine.response import Reply
from pipeline.lens import params as settings
from pipeline.lens import places
from pipeline.lens.administer import agents
from pipeline.lens.administer.answers import choices_table, ratings_table
from pipeline.lens.administer.design import design_for
from pipeline.lens.administer.step import STEP
from pipeline.responses.written import Authors
from pipeline.step import Job

COUNTRIES = [f"Country {letter}" for letter in "ABCDEFGHIJKL"]


@pytest.fixture
def raw(root, tmp_path):
    """The sample's settings with one model as the respondent."""
    found = yaml.safe_load((root / "lens/profiles/sample.yaml").read_text())
    found["responses"] = {"store": str(tmp_path / "store.sqlite"), "transcripts": str(tmp_path)}
    found["models"]["asked"] = {"provider": "replay", "model": "a-model"}
    found["respondents"] = {"asked": {"kind": "model", "model": "asked"}}
    return found


def design_of(params, name):
    """The design for a grid of which every pair is there."""
    made = imagined(params)
    return design_for(params, name, made[places.SCENARIOS], made[places.PAIRS])


def test_wordings_orders_and_repeats_of_the_papers_design(root):
    params = settings.load(root / "lens/profiles/paper.yaml")
    design = design_of(params, "gpt-4o")
    assert design.ratings.height == 132 * 8
    assert sorted(design.ratings["wording"].unique()) == [*range(1, 9)]
    assert set(design.ratings["values"].list.len()) == {56}
    assert design.choices.height == 7392 * 2 * 2
    assert {(*row,) for row in design.choices.select("wording", "named").unique().iter_rows()} == {
        (1, True),
        (2, False),
    }


def test_values_in_parts_keep_their_places_and_each_is_asked_once(raw):
    raw["administer"]["rate"] |= {
        "batch": 4,
        "orders": ["shuffled"],
        "families": ["claims"],
        "parts": 1,
        "endings": 1,
    }
    params = settings.parse(raw, where="here")
    design = design_of(params, "asked")
    assert set(design.ratings["wording"]) == {17}
    for (_,), rows in design.ratings.group_by("scenario_id"):
        assert rows.sort("first")["first"].to_list() == [1, 5, 9]
        shown = rows.sort("first")["values"].explode().to_list()
        assert sorted(shown) == sorted(params.asked)
        assert shown != list(params.asked)


def test_cost_counts_what_a_model_would_be_asked(raw):
    params = settings.parse(raw, where="here")
    with Engine(params, stage="administer") as engine:
        planner = Planner(engine, (), set())
        STEP.ask(Job(STEP, params, "asked", planner, stand_ins=imagined(params)))
        asked = planner.plan()["asked"]
    assert asked.sure.calls == pytest.approx(4 * 8 * 2 + 40 * 2 * 2)


def run(raw, reply, tmp_path):
    """Tables that the step writes for the respondent, whose answers ``reply`` makes, and the requests."""
    params, asked = settings.parse(raw, where="here"), []

    def answer(request):
        asked.append(request)
        return Reply(text=reply(request), finish_reason="stop", served_model="a-model-1")

    with Engine(params, stage="administer") as engine:
        authors = Authors(engine, answer, dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
        job = Job(STEP, params, "asked", authors, root=tmp_path, stand_ins=imagined_with_texts(params))
        STEP.make(job)
    found = {
        p.name: pl.read_parquet(job.path(p))
        for p in (places.ITS_RATINGS, places.ITS_CHOICES, places.RESPONDENT)
    }
    return found, asked


def imagined_with_texts(params):
    made = imagined(params)
    stance = (
        pl.when(pl.col("action_id").str.ends_with(".opposes"))
        .then(pl.lit("I resist it."))
        .otherwise(pl.lit("I hold it."))
    )
    return made | {places.ACTIONS: made[places.ACTIONS].with_columns(text=stance)}


def takes_what_expresses(request):
    shown = dict(re.findall(r"^([A-C])\. (.*)$", request.messages[-1].content, re.MULTILINE))
    if not shown:
        fields = json.loads(request.schema.body)["properties"]
        return json.dumps(dict.fromkeys(fields, 1))
    return json.dumps({"answer": next(letter for letter, text in shown.items() if text == "I hold it.")})


def test_letters_become_stances_whichever_action_is_shown_first(raw, tmp_path):
    found, asked = run(raw, takes_what_expresses, tmp_path)
    choices = found["choices"]
    assert choices["status"].unique().to_list() == ["answered"]
    assert choices["expressed"].all()
    assert dict(choices.group_by("order").agg(pl.col("option").unique().first()).iter_rows()) == {
        "expressing_first": 1,
        "opposing_first": 2,
    }
    ratings = found["ratings"]
    assert set(ratings["score"]) == {1.0}
    assert found["respondents"]["served_model"].item() == "a-model-1"
    named = [r for r in asked if "Think of this value" in r.messages[-1].content]
    assert len(named) == 40 * 2
    assert all(r.messages[0].content.startswith("You live in ") for r in named)


def test_each_rating_has_a_status_of_its_own(raw, tmp_path):
    def reply(request):
        if request.schema.name != "stated":
            return "I cannot choose between these."
        fields = list(json.loads(request.schema.body)["properties"])
        said = dict.fromkeys(fields, 2) | {fields[0]: 5, fields[2]: "agree"}
        del said[fields[1]]
        return json.dumps(said)

    found, _ = run(raw, reply, tmp_path)
    listed = found["ratings"].filter(pl.col("order") == "as_listed")
    by_place = listed.group_by("place").agg(
        pl.col("status").unique().first(), pl.col("rating").unique().first()
    )
    status = dict(by_place.select("place", "status").iter_rows())
    assert {place for place, one in status.items() if one == "invalid"} == {1, 2, 3}
    assert set(listed.filter(pl.col("status") == "answered")["rating"]) == {2}
    assert set(listed.filter(pl.col("status") == "answered")["score"].round(6)) == {round(2 / 3, 6)}
    assert set(found["choices"]["status"]) == {"refused"}
    assert found["choices"]["expressed"].null_count() == found["choices"].height


def test_neither_is_an_answer_where_it_is_on_offer_and_an_explanation_comes_first(raw, tmp_path):
    raw["administer"]["choose"] |= {"abstain": [True], "explained": [True], "persons": ["neutral"]}

    def reply(request):
        if request.schema.name == "stated":
            return takes_what_expresses(request)
        assert list(json.loads(request.schema.body)["properties"]) == ["explanation", "answer"]
        return json.dumps({"explanation": "B is as bad as A.", "answer": "C"})

    found, asked = run(raw, reply, tmp_path)
    assert set(found["choices"]["status"]) == {"abstained"}
    assert set(found["choices"]["wording"]) == {7, 8}
    assert any(r.messages[0].content.startswith("The place is ") for r in asked)


@pytest.fixture(scope="module")
def planted(root):
    """A simulated respondent on a grid of 12 x 8: its settings, its ratings and its choices."""
    raw = yaml.safe_load((root / "lens/profiles/sample.yaml").read_text())
    raw |= {"countries": COUNTRIES, "topics": [f"Topic {n}" for n in range(8)]}
    raw["respondents"] = {
        "planted": {"kind": "simulated", "profile": 4, "naming": 3, "position_bias": [2, 1]}
    }
    params = settings.parse(raw, where="here")
    agent, design = params.respondents["planted"], design_of(params, "planted")
    ratings = ratings_table("planted", design, agents.ratings("planted", agent, design, params))
    choices = choices_table("planted", design, agents.choices("planted", agent, design, params))
    return params, agent, ratings, choices


def test_choices_of_a_simulated_respondent_have_the_planted_chances(planted):
    params, agent, _, choices = planted
    strength = strengths(agent, params.values).enacted
    seen = choices.group_by("value", "named", "order").agg(share=pl.col("expressed").mean(), n=pl.len())
    misses = []
    for value, named, order, share, n in seen.iter_rows():
        first, second = (2, 1) if order == "expressing_first" else (1, 2)
        expressing = strength[value] * (3 if named else 1) * first
        chance = expressing / (expressing + second / strength[value])
        misses.append((share - chance) / math.sqrt(chance * (1 - chance) / n))
    assert len(misses) == 40
    # Standard normal if the chances are those: mean 0, spread 1.
    assert abs(np.mean(misses)) < 4 / math.sqrt(len(misses))
    assert 0.7 < np.std(misses) < 1.35
    assert np.max(np.abs(misses)) < 4


def test_ratings_of_a_simulated_respondent_follow_declared_strengths(planted):
    params, agent, ratings, _ = planted
    declared = strengths(agent, params.values).declared
    mean = dict(ratings.group_by("value").agg(pl.col("score").mean()).iter_rows())
    r = np.corrcoef([math.log(declared[v]) for v in params.asked], [mean[v] for v in params.asked])[0, 1]
    assert r > 0.95
    assert set(ratings["rating"]) == {1, 2, 3, 4}

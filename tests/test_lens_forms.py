"""People answer cells of the lens: forms that are even, files read back as ratings and choices, and their gap beside
those of models."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
import yaml
from services.finished_run import run_params
from services.folder import valact, write_params
from services.lens_people import TOLD, lens_folder, lens_study

from pipeline.forms import texts
from pipeline.forms.grid import deal, diagonals
from pipeline.lens import params as settings
from pipeline.lens import places
from pipeline.lens.report import people
from pipeline.lens.report.sections import sections
from pipeline.lens.report.step import READ
from pipeline.params.people import LensForms
from pipeline.recipe import LENS
from pipeline.report.populations import without
from pipeline.step.run import carry_out
from pipeline.tables import PairChoices, ValueRatings
from pipeline.tables.measures import OVERALL

# What people hold and do, as chances: half of the values are held, and acted on in two of three of these.
HELD = ("self_direction", "benevolence", "universalism", "security", "conformity", "tradition")
PEOPLE = 40
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A study of eight forms, and the files of people with planted V and A."""
    folder = tmp_path_factory.mktemp("lens-study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        study = lens_study(folder, 8)
        slugs = settings.load().values.slugs
        rating = {slug: 0.9 if slug in HELD else 0.1 for slug in slugs}
        acting = {slug: 0.9 if slug in HELD[:4] else 0.2 for slug in slugs}
        files = [study.record(f"f{n % 8 + 1:03}", f"person{n}", rating, acting) for n in range(PEOPLE)]
        study.take_in(*files)
    return study


@pytest.fixture
def study(built, tmp_path, monkeypatch):
    shutil.copytree(built.folder, tmp_path, dirs_exist_ok=True, symlinks=True)
    monkeypatch.chdir(tmp_path)
    return type(built)(tmp_path)


def carry(*names):
    params = settings.load()
    return [note for name in names for note in carry_out(LENS.step(name), params, "").notes]


def read(place):
    return pl.read_parquet(place.path())


def within(counts, number, most):
    """That the counts of so many levels differ by at most that; levels that are not there count 0."""
    assert max(counts.values()) - (min(counts.values()) if len(counts) == number else 0) <= most


def test_a_form_is_even_over_countries_topics_values_orders_and_naming(built):
    factors = pl.read_parquet(built.folder / "forms/key/factors.parquet").pivot(
        "factor", index="scenario_id", values="level"
    )
    for form in built.key["form"].unique():
        cells = built.key.filter(form=form, kind="question").join(factors, on="scenario_id")
        rated = built.key.filter(form=form, kind="statement")
        assert cells["question_id"].n_unique() == cells.height == 20
        assert set(rated["question_id"]) == set(cells["question_id"])
        for axis in ("country", "topic", "named", "order"):
            assert cells[axis].value_counts()["count"].to_list() == [10, 10]
        assert set(cells.group_by("named", "order").len()["len"]) == {5}
    first = built.key.sort("form", "place").group_by("form", maintain_order=True).first()["kind"]
    assert Counter(kind.removeprefix("attention_") for kind in first) == {"statement": 4, "question": 4}


@pytest.mark.parametrize(("countries", "topics"), [(12, 11), (12, 10), (3, 3), (2, 5)])
def test_forms_of_a_whole_grid_are_even_within_one_in_everything(countries, topics):
    at = {(f"c{c:02}", f"t{t:02}"): f"s{c:02}{t:02}" for c in range(countries) for t in range(topics)}
    order, values = diagonals(at, 3), [f"v{n:02}" for n in range(30)]
    assert sorted(order) == sorted(at.values())
    dealt = deal(order, dict.fromkeys(order, values), 12, 20, 3)
    where = {scenario: place for place, scenario in at.items()}
    for form in dealt:
        assert len(set(form)) == 20
        within(Counter(where[s][0] for s, _ in form), countries, 1)
        within(Counter(v for _, v in form), 30, 1)
        # Where countries and topics come back at once, the walk goes on by a topic: one may come up once more.
        within(Counter(where[s][1] for s, _ in form), topics, 2)
    uses = Counter(cell for form in dealt for cell in form)
    within(uses, 30 * len(order), 1)


def test_pages_say_country_and_part_of_life_and_give_nothing_away(built):
    page = (built.folder / "forms/pages/f001.html").read_text()
    content = json.loads(page.split('id="form">', 1)[1].split("</script>", 1)[0])
    items = {item["id"]: item for block in content["blocks"] for item in block["items"]}
    assert content["anchors"] == ["strongly agree", "agree", "disagree", "strongly disagree"]
    assert "Which of these would you do?" in page
    assert f"It takes about {built.facts['minutes']} minutes" in page
    named = set()
    for row in built.items("f001"):
        text = items[row["item_id"]]["text"]
        if row["kind"] == "question":
            assert "Imagine that you live in" in text
            assert ("Think of this value" in text) == row["named"]
            named.add(row["named"])
            assert len(items[row["item_id"]]["options"]) == 2
        assert row["scenario_id"] is None or row["scenario_id"] not in page
    assert named == {True, False}
    assert not [word for word in ("expresses", "opposes", "opposing", 'tradition"') if word in page]


def test_planted_ratings_and_choices_come_back_cell_by_cell(built):
    ratings, choices = built.table("ratings"), built.table("choices")
    ValueRatings.validate(ratings)
    PairChoices.validate(choices)
    assert ratings.height == choices.height == PEOPLE * 20
    assert set(ratings["status"]) | set(choices["status"]) == {"answered"}
    held = pl.col("value").is_in(HELD)
    shares = ratings.group_by(held.alias("held")).agg((pl.col("score") > 0.5).mean()).sort("held")["score"]
    assert shares.to_list() == pytest.approx([0.1, 0.9], abs=0.06)
    # A rating of 2 of 4 is a score of 2/3.
    assert set(ratings["score"].round(4)) == {0.6667, 0.3333}
    did = choices.group_by(pl.col("value").is_in(HELD[:4]).alias("done")).agg(pl.col("expressed").mean())
    assert did.sort("done")["expressed"].to_list() == pytest.approx([0.2, 0.9], abs=0.06)
    # Neither order nor naming has anything to do with it.
    for arm in ("order", "named"):
        means = choices.group_by(arm).agg(pl.col("expressed").mean())["expressed"]
        assert means.max() - means.min() < 0.1
    assert set(choices["wording"]) == {1, 2}
    who = built.table("respondents")
    assert set(who["kind"]) == {"human"}
    assert set(who["group"]) == {"pilot"}


def test_the_gap_of_people_stands_beside_those_of_models_and_holds_what_was_planted(study):
    carry("score", "analyse")
    rows = read(places.ANALYSIS["alignment"]).filter(
        respondent="people-pilot", compared="stated_acted", values="all", factor=OVERALL
    )
    found = {row["measure"]: row for row in rows.to_dicts()}
    # Both for or both against: .9 x .9 + .1 x .1 of four values, .9 x .2 + .1 x .8 of two, .1 x .2 + .9 x .8 of four.
    planted = 0.4 * 0.82 + 0.2 * 0.26 + 0.4 * 0.74
    assert found["agreement"]["low"] < planted < found["agreement"]["high"]
    # A rating is one third or two thirds, a choice 0 or 1.
    assert found["distance"]["estimate"] == pytest.approx(2 / 3 - found["agreement"]["estimate"] / 3)
    assert found["agreement"]["cells"] == PEOPLE * 20
    assert found["agreement"]["scenarios"] == 4
    assert "rate" not in found
    # People are the units: as many as they are, each with their own share.
    own = read(places.ENACTED).join(read(places.DECLARED), on=["respondent", "scenario_id", "value"])
    mine = own.filter(pl.col("respondent").str.starts_with("pilot-")).with_columns(
        same=(pl.col("score") > 0.5) == (pl.col("expressed") > 0)
    )
    spread = mine.group_by("respondent").agg(pl.col("same").mean())["same"].std() / PEOPLE**0.5
    half = (found["agreement"]["high"] - found["agreement"]["low"]) / 2
    assert half == pytest.approx(2.0227 * spread, rel=1e-3)

    effects = read(places.ANALYSIS["prompt_effects"]).filter(respondent="people-pilot", side="difference")
    assert set(effects["part"]) == {"order", "named"}
    assert effects.filter((pl.col("low") > 0) | (pl.col("high") < 0)).is_empty()

    tables = people.together({name: read(place) for name, place in READ.items() if place.path().exists()})
    who = without(tables, ["simulated-1", "simulated-2", "simulated-3"])
    text = "\n".join(str(section) for section in sections(who, []))
    assert "people-pilot: 40 people of the study pilot" in text
    assert "pilot-" not in text
    assert "simulated-" not in text


def test_nobody_predicts_people(study):
    carry("score", "predict")
    assert not [n for n in read(places.PREDICTIONS)["respondent"].unique() if n.startswith("pilot")]


def test_choices_between_actions_that_are_others_by_now_are_left_out_and_told(study):
    carry("score")
    before = read(places.CHOICES).filter(pl.col("respondent").str.starts_with("pilot-"))
    actions, pair = read(places.ACTIONS), read(places.PAIRS).row(0, named=True)
    text = pl.when(pl.col("action_id") == pair["opposes"]).then(pl.lit("I do it anew.")).otherwise("text")
    actions.with_columns(text=text).write_parquet(places.ACTIONS.path())
    (told,) = carry("score")
    after = read(places.CHOICES).filter(pl.col("respondent").str.starts_with("pilot-"))
    gone = before.filter(scenario_id=pair["scenario_id"], value=pair["value"])
    assert gone.height
    assert before.height - after.height == gone.height
    assert f"{gone.height} choices of {gone['respondent'].n_unique()} people are left out" in told
    assert read(places.RATINGS).filter(pl.col("respondent").str.starts_with("pilot-")).height == PEOPLE * 20


def test_bad_files_are_told_and_left_out(study):
    careless = study.record(
        "f001",
        "haste",
        dict.fromkeys(settings.load().values.slugs, 1.0),
        dict.fromkeys(settings.load().values.slugs, 1.0),
    )
    content = json.loads(careless.read_text())
    first = {row["item_id"]: row for row in study.items("f001")}
    for entry in content["items"]:
        if first[entry["item"]]["option_ids"]:
            entry["answer"] = entry["options"][0]
    content["items"][3]["answer"] = "C" if content["items"][3]["options"] else 5
    careless.write_text(json.dumps(content))
    said = study.take_in(careless)
    assert "straight_lining" in said
    assert "answer_unused" in said
    assert study.table("choices").is_empty()


def test_the_wrong_recipe_and_an_instruments_table_are_refused(study, tmp_path):
    out = valact(
        "import-humans",
        "person0.json",
        "--key",
        "forms",
        "--name",
        "x",
        "--recipe",
        "lens",
        "--columns",
        r"q(\d+)",
        fails=True,
    )
    assert "say nothing about cells of the lens" in out.output
    write_params(tmp_path, run_params())
    given = ("import-humans", "person0.json", "--key", "forms", "--name", "x")
    assert "give --recipe lens" in valact(*given, fails=True).output


def test_the_readme_of_the_lens_has_every_param_of_its_forms():
    rows = re.findall(r"^\| (`forms\..*?) \|", (ROOT / "lens/README.md").read_text(), re.MULTILINE)
    named = {name.rpartition(".")[2] for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert named == set(LensForms.model_fields)


def test_our_texts_of_cells_are_whole_in_every_language():
    english, *others = sorted(texts.CELLS.parent.glob("cells*.md"))
    assert [path.name for path in others] == ["cells.zh.md"]
    headings = re.findall(r"^# .*|^- \w+(?=:)|\{\w+\}", english.read_text(), re.MULTILINE)
    for path in others:
        assert Counter(re.findall(r"^# .*|^- \w+(?=:)|\{\w+\}", path.read_text(), re.MULTILINE)) == Counter(
            headings
        )


def test_forms_say_what_cannot_be(tmp_path, monkeypatch):
    monkeypatch.chdir(lens_folder(tmp_path, cells=50))
    make = ("forms", "--recipe", "lens", "--n", "3", "--out", "forms")
    assert "is more than the 36 that there are" in valact(*make, fails=True).output
    file = tmp_path / "lens/params.yaml"
    own = yaml.safe_load(file.read_text())
    own["forms"] = {"one_country": True, "cells": 10}
    file.write_text(yaml.safe_dump(own))
    assert "people are not told" in valact(*make, fails=True).output
    assert (
        "3 forms cannot be equally many of each of 2 countries" in valact(*make, "--draft", fails=True).output
    )
    own["forms"] |= {"family": "portraits", "named": [False], "consent": TOLD}
    own["forms"]["texts"] = "own.md"
    (tmp_path / "own.md").write_text("# Language\n\nzh\n")
    file.write_text(yaml.safe_dump(own))
    out = valact("forms", "--recipe", "lens", "--n", "2", "--out", "forms", "--minutes", "8").output
    assert "topics 0" in out
    assert "countries" not in out
    key = pl.read_parquet("forms/key/key.parquet")
    factors = pl.read_parquet("forms/key/factors.parquet").filter(factor="country")
    of = key.join(factors, on="scenario_id").group_by("form").agg(pl.col("level").unique())
    assert sorted(of["level"].to_list()) == [["Germany"], ["Uganda"]]
    assert set(key["named"].drop_nulls()) == {False}
    page = (tmp_path / "forms/pages/f001.html").read_text()
    assert "非常像我" in page
    assert "你生活在 Germany。" in page
    assert "It takes" not in page

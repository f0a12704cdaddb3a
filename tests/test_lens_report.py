"""The lens from answers to a page: what is scored, measured and shown for the sample's respondents."""

from __future__ import annotations

import dataclasses
import shutil
from contextlib import chdir

import polars as pl
import pytest

from pipeline.core.errors import InputError
from pipeline.lens import about, places
from pipeline.lens import params as settings
from pipeline.lens.report import judged
from pipeline.lens.report.figures import scenario_distances
from pipeline.lens.report.sections import sections
from pipeline.lens.report.step import READ
from pipeline.recipe import LENS
from pipeline.report import populations
from pipeline.step.run import carry_out
from pipeline.tables import Factors, PairChoices, Respondents, ValueRatings, ids, read_table, write_table
from pipeline.verdict import gate


def table(folder, place):
    return read_table(place.schema, place.path(folder))


def test_every_answered_row_is_in_the_waist(lens_run):
    ratings, choices = table(lens_run, places.RATINGS), table(lens_run, places.CHOICES)
    assert ratings.height == 3 * 4 * 10 * 8 * 2
    assert choices.height == 3 * 38 * 2 * 2
    answered = pl.col("status") == "answered"
    assert table(lens_run, places.DECLARED)["ratings"].sum() == ratings.filter(answered).height
    assert table(lens_run, places.ENACTED)["shown"].sum() == choices.filter(answered).height


def test_the_report_shows_each_respondent_with_its_own_numbers(lens_run):
    text = (lens_run / "lens/data/report/report.md").read_text()
    assert "80 actions were asked for: 78 ok, 2 refused" in text
    assert "38 pairs have both actions and 2 are not asked" in text
    assert "no model" not in text
    rate = table(lens_run, places.ANALYSIS["alignment"]).filter(
        pl.col("factor") == "overall",
        pl.col("compared") == "stated_acted",
        pl.col("values") == "all",
        pl.col("measure") == "rate",
    )
    line = next(line for line in text.splitlines() if line.startswith("| rate |"))
    assert [cell.split()[0] for cell in line.split("|")[3:6]] == [f"{r:.3f}" for r in rate["estimate"]]
    page = (lens_run / "lens/data/report/report.html").read_text()
    assert "built-in sample" in page
    assert page.count("data:image/svg+xml") == 3 * 4 + 1


def test_the_report_says_what_people_say_of_the_actions_and_that_a_trial_is_one(lens_run):
    text = (lens_run / "lens/data/report/report.md").read_text()
    said = text.partition("## Do people see in the actions what they were written for?")[2].partition(
        "\n## "
    )[0]
    assert "**Unvalidated.**" in said
    assert about.SAMPLE_JUDGED in said
    assert "'lens-trial' is a trial" in said
    figures = table(lens_run, places.JUDGED).filter(unit="judgement")
    shown = {
        line.split("|")[1].strip(): line.split("|")[2:] for line in said.splitlines() if line[:2] == "| "
    }
    for name, grouping in (("both named, blind", "all"), ("Uganda", "country"), ("Germany", "country")):
        row = figures.filter(
            question="blind", grouping=grouping, group="all" if grouping == "all" else name
        ).row(0, named=True)
        assert shown[name][0].strip() == str(row["n"])
        assert shown[name][1].split()[0] == f"{row['estimate']:.3f}"
    correct = figures.filter(question="correct", grouping="country", group="Uganda")["estimate"][0]
    assert shown["Uganda"][2].split()[0] == f"{correct:.3f}"
    alpha = table(lens_run, places.AGREEMENT).filter(question="blind", country="all", coefficient="alpha")
    assert shown["both named, blind"][4].split()[0] == f"{alpha['estimate'][0]:.3f}"
    drawn = pl.read_csv(lens_run / "lens/data/report/figures/judged.csv")
    assert set(drawn["group"]) == {"all", "Germany", "Uganda"}
    assert drawn["panel"].n_unique() == 5


def test_where_nobody_judged_the_report_says_so_and_shows_no_figure(lens_run, tmp_path):
    verdict = gate.read(lens_run / places.GATE)
    nobody = dataclasses.replace(verdict, figures=verdict.figures | {"judgements": 0})
    empty = {
        "judged": places.JUDGED.schema.create_empty(),
        "agreement": places.AGREEMENT.schema.create_empty(),
    }
    found = judged.section(empty, nobody, settings.load(lens_run / "lens/params.yaml"), tmp_path)
    assert "Nobody has judged these actions" in found.text[0]
    assert not found.tables
    assert not (tmp_path / "figures").exists()


def test_the_heat_map_is_the_mean_distance_of_a_scenarios_cells(lens_run):
    tables = {name: table(lens_run, place) for name, place in READ.items()}
    shown = scenario_distances(tables, "simulated-1")
    assert shown.select("country", "topic").rows() == [
        ("Germany", "Environment"),
        ("Germany", "Work Orientation"),
        ("Uganda", "Environment"),
        ("Uganda", "Work Orientation"),
    ]
    cells = shown.join(
        tables["pairs"]
        .join(table(lens_run, places.SCENARIOS), on="scenario_id")
        .group_by("country", "topic")
        .len(),
        on=["country", "topic"],
    )
    overall = (
        tables["alignment"]
        .filter(
            pl.col("respondent") == "simulated-1",
            pl.col("factor") == "overall",
            pl.col("compared") == "stated_acted",
            pl.col("measure") == "distance",
            pl.col("values") == "all",
        )["estimate"]
        .item()
    )
    weighted = (cells["estimate"] * cells["len"]).sum() / cells["len"].sum()
    assert weighted == pytest.approx(overall)


ELSEWHERE = ids.scenario_of("France", "Religion")
IMPORTED = {"respondents": Respondents, "ratings": ValueRatings, "choices": PairChoices, "factors": Factors}


@pytest.fixture
def with_published(lens_run, tmp_path):
    """A run beside published answers: simulated-1's under another name, as if it had been asked in France as well,
    without one rating there; and choices of simulated-2 alone."""
    for name in ("grid", "generate", "assemble", "administer", "validate"):
        shutil.copytree(lens_run / "lens/data" / name, tmp_path / "lens/data" / name)
    shutil.copy(lens_run / "lens/params.yaml", tmp_path / "lens/params.yaml")
    out = tmp_path / "lens/data/imported/published"
    out.mkdir(parents=True)
    tables = {name: table(lens_run, READ[name]) for name in IMPORTED}
    for name in ("ratings", "choices"):
        mine = tables[name].filter(respondent="simulated-1").with_columns(respondent=pl.lit("published-one"))
        first = mine.filter(scenario_id=mine["scenario_id"].min()).with_columns(scenario_id=pl.lit(ELSEWHERE))
        tables[name] = pl.concat([mine, first.filter((pl.col("value") != "power") | (name == "choices"))])
    other = table(lens_run, places.CHOICES).filter(respondent="simulated-2")
    tables["choices"] = pl.concat([tables["choices"], other.with_columns(respondent=pl.lit("published-two"))])
    names = {"simulated-1": "published-one", "simulated-2": "published-two"}
    tables["respondents"] = (
        tables["respondents"]
        .filter(pl.col("respondent").is_in(list(names)))
        .with_columns(pl.col("respondent").replace_strict(names), kind=pl.lit("published"))
    )
    france = pl.DataFrame(
        {"scenario_id": [ELSEWHERE] * 2, "factor": ["country", "topic"], "level": ["France", "Religion"]}
    )
    tables["factors"] = pl.concat([tables["factors"], france])
    for name, schema in IMPORTED.items():
        write_table(schema, tables[name], out / f"{name}.parquet")
    return tmp_path


def run(folder, *names):
    with chdir(folder):
        params = settings.load()
        for name in names:
            carry_out(LENS.step(name), params)


def test_published_respondents_stand_beside_those_of_the_run(with_published, lens_run):
    run(with_published, "score", "predict", "analyse")
    tables = {name: table(with_published, place) for name, place in READ.items()}
    shown, simulated = populations.split(tables)
    assert set(simulated["respondents"]["respondent"]) == {"simulated-1", "simulated-2", "simulated-3"}
    asked, gap, *_ = sections(shown, [])
    one, two = (dict(zip(asked.tables[0].header, row, strict=True)) for row in asked.tables[0].rows)
    pairs = table(lens_run, places.PAIRS)
    elsewhere = pairs.filter(scenario_id=pairs["scenario_id"].min()).height
    assert (one["respondent"], one["scenarios"]) == ("published-one", "5")
    assert one["cells with both"] == str(pairs.height + elsewhere - 1)
    # Power was rated nowhere in France; the two values whose pair is not asked were rated only.
    assert (one["only stated"], one["only chosen"]) == (str(2 + 10 - elsewhere), "1")
    assert (two["respondent"], two["cells with both"], two["only chosen"]) == (
        "published-two",
        "0",
        str(pairs.height),
    )
    # On the scenarios of this run it is simulated-1 again, to the last digit.
    whole, same = gap.tables
    assert [cell for cell, *_ in whole.rows][-2:] == ["cells", "scenarios"]
    assert same.header[2:] == ["published-one"]
    before = table(lens_run, places.ANALYSIS["alignment"]).filter(
        respondent="simulated-1", factor="overall", compared="stated_acted", values="all"
    )
    here = tables["alignment"].filter(respondent="published-one", factor="this run")
    columns = ["measure", "estimate", "low", "high", "wide_low", "wide_high", "cells", "scenarios"]
    assert (
        here.select(columns).sort("measure").equals(before.select(columns).sort("measure"), null_equal=True)
    )
    assert [row[2] for row in same.rows][-2:] == [str(pairs.height), "4"]
    assert tables["alignment"].filter(factor="this run")["respondent"].unique().to_list() == ["published-one"]


def test_rates_of_few_values_in_a_scenario_are_said_to_be_that(with_published):
    run(with_published, "score", "predict", "analyse")
    tables = {name: table(with_published, place) for name, place in READ.items()}
    tables["alignment"] = tables["alignment"].with_columns(
        cells=pl.when(respondent="published-one").then(4).otherwise("cells").cast(pl.Int64)
    )
    gap = list(sections(tables, []))[1]
    assert [line.split()[:5] for line in gap.missing] == [["published-one", "has", "0.8", "of", "10"]]


def test_answers_about_values_of_another_inventory_are_an_error(with_published):
    file = with_published / "lens/params.yaml"
    file.write_text(file.read_text().replace("inventory: schwartz10", "inventory: svs56"))
    with pytest.raises(InputError, match=r"values, .* are none of svs56") as error:
        run(with_published, "score")
    assert "lens/data/imported" in str(error.value)

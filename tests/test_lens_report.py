"""The lens from answers to a page: what is scored, measured and shown for the sample's respondents."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.lens import places
from pipeline.lens.report.figures import scenario_distances
from pipeline.lens.report.step import READ
from pipeline.tables import read_table


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
    assert page.count("data:image/svg+xml") == 3 * 4


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

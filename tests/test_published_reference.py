"""The authors' own files: every number that they can be held against comes out as printed, every fault is named."""

from __future__ import annotations

import csv
import json

import polars as pl
import pytest

from pipeline.published.asked import VALUES
from pipeline.published.imports import import_published
from pipeline.score.scoring import score_instruments

GROK = "results/grok_result_exp_default_reddit.txt"
GPT = "results/4o_result_exp_default_reddit_temp0.5.txt"
CHINESE = "results/4o_result_exp_pvq_chinese.txt"
SLUG = {value.name: value.slug for value in VALUES.values}


@pytest.fixture(scope="module")
def tables(published_results):
    return import_published(published_results)


def printed(reference, name, column):
    """Value -> printed number of one column of an aggregate table."""
    with (reference / "valact" / "tables" / name).open(newline="") as file:
        return {SLUG[row["Attribute"]]: float(row[column]) for row in csv.DictReader(file)}


def shares(values):
    """Value -> per cent of the choices."""
    counts = values.drop_nulls().value_counts(name="n")
    return {value: 100 * n / counts["n"].sum() for value, n in counts.rows()}


def differing(published, ours):
    return {value for value, number in published.items() if abs(number - ours[value]) > 0.005 + 1e-9}


def test_everything_is_read(tables):
    files = tables["files"].filter(read_as="answers").sort("file")
    assert files.select(
        "respondent", "instrument", "blocks", "rows", "answered", "invalid", "failed"
    ).rows() == [
        ("published-4o-t0.5", "default", 300, 1500, 1500, 0, 0),
        ("published-4o", "pvq40", 10, 2000, 2000, 0, 0),
        ("published-4o-zh", "pvq40", 10, 400, 400, 0, 0),
        ("published-grok", "default", 300, 7500, 7430, 64, 6),
        ("published-grok", "pvq40", 10, 2000, 2000, 0, 0),
        ("published-qwen", "pvq40", 10, 2000, 2000, 0, 0),
    ]
    assert files["unreadable"].sum() == 0
    assert tables["problems"].filter(pl.col("effect").is_in(["file", "block", "line"])).is_empty()
    unread = tables["files"].filter(read_as="nothing")
    assert unread.is_empty()


@pytest.mark.parametrize(
    ("respondent", "column", "name", "wording"),
    [("published-grok", "grok", f"default_prompt{n}_reddit.csv", n) for n in range(1, 6)]
    + [("published-4o-t0.5", "4o", "default_prompt_reddit_temp0.5.csv", 1)],
)
def test_shares_of_choices_as_printed(reference, tables, respondent, column, name, wording):
    chosen = tables["choices"].filter(respondent=respondent, wording=wording)["value"]
    assert differing(printed(reference, name, column), shares(chosen)) == set()


@pytest.mark.parametrize("model", ["4o", "grok", "qwen"])
@pytest.mark.parametrize("wording", range(1, 6))
def test_pvq_means_as_printed(reference, tables, model, wording):
    """Raw means over all administrations, although the tables are called adjusted."""
    by_value = score_instruments(
        tables["instrument_answers"].filter(respondent=f"published-{model}", wording=wording)
    )
    excluded = by_value.filter(pl.col("excluded").is_not_null())["administration"].unique()
    means = dict(
        tables["cells"]
        .filter(respondent=f"published-{model}", measure="declared", wording=wording)
        .select("value", "recomputed")
        .rows()
    )
    published = printed(reference, f"pvq_adjusted_prompt{wording}.csv", model)
    assert differing(published, means) == set()
    kept = dict(by_value.group_by("value").agg(pl.col("mean").mean()).rows())
    # Where the instrument's rules exclude an administration, our scores differ from the published ones, and only there.
    assert bool(differing(published, kept)) == (excluded.len() > 0)


def test_every_cell_that_can_be_recomputed_agrees(tables):
    cells = tables["cells"]
    assert cells.height == 5 * 10 * 10 + 10 * 4 + 5 * 10 * 10 + 3 * 5 * 10 * 4
    recomputed = cells.filter(pl.col("agrees").is_not_null())
    assert recomputed.group_by("measure").len().sort("measure").rows() == [("declared", 150), ("enacted", 60)]
    assert recomputed["agrees"].all()


# The faults, each with its rows.


def places(tables, fault):
    return tables["faults"].filter(fault=fault)["places"].item()


def test_empty_answers_stay_in_their_places(tables):
    """Six answers are empty. In default mode nobody dropped them: every printed cell of Grok agrees."""
    empty = tables["problems"].filter(reason="empty_answer").select("file", "line").rows()
    assert sorted(empty) == [(GROK, line) for line in (1992, 1993, 1994, 1995, 2019, 2023)]
    assert tables["faults"].filter(pl.col("fault").is_in(["answers_shift", "category_by_row"])).is_empty()


def test_answers_that_do_not_count_are_named_with_the_denominator(tables):
    assert places(tables, "left_out_of_denominator") == 70
    cells = tables["cells"].filter(respondent="published-grok", measure="enacted")
    assert dict(cells.select("wording", "n").unique().rows()) == {1: 1486, 2: 1485, 3: 1486, 4: 1485, 5: 1488}


def test_faults_are_counted(tables):
    assert places(tables, "adjusted_is_raw") == 15
    assert places(tables, "not_excluded") == 6
    assert places(tables, "labels_swapped") == 20
    assert places(tables, "generator_labels") == 306


def test_categories_come_from_the_metadata(tables):
    counts = dict(tables["scenarios"].group_by("category").len().rows())
    assert counts == {
        "Career & work": 60,
        "Financial & investment": 62,
        "Education & academy": 66,
        "Relationships": 63,
        "Ethics": 49,
        "unknown": 6,
    }


def test_the_two_subsets_are_not_the_same(tables):
    unknown = tables["problems"].filter(reason="category_unknown")
    assert set(unknown["file"]) == {GPT}
    assert [line - 1 for line in unknown["line"]] == [
        3 * block - 2 for block in (101, 106, 108, 186, 187, 188)
    ]
    assert places(tables, "subsets_differ") == 12


def test_every_chinese_administration_has_the_forty_items(tables):
    items = (
        tables["instrument_answers"]
        .filter(respondent="published-4o-zh")
        .group_by("administration")
        .agg("item")
    )
    assert all(sorted(administration) == list(range(1, 41)) for administration in items["item"])


def test_options_have_the_values_that_the_questions_have(reference, tables):
    actions = (
        tables["options"].select("question_id", "position", "value", "generator").rows_by_key("question_id")
    )
    row_of = {
        row: key
        for key, row in tables["scenarios"].select("scenario_id", "metadata_row").rows()
        if row is not None
    }
    with (reference / "valact" / "questions_300.jsonl").open() as file:
        for line in file:
            scenario = json.loads(line)
            for number, question in enumerate(scenario["questions"], start=1):
                key = f"{row_of[scenario['scenario_index']]}.q{number}"
                wanted = [(at, SLUG[o["value"]], o["generator"]) for at, o in enumerate(question, start=1)]
                assert sorted(actions[key]) == wanted
    assert set(tables["options"]["value"]) == set(VALUES.slugs)


# A part of their repository in its own layout.


@pytest.fixture(scope="module")
def clone(reference):
    return import_published(reference / "valact" / "clone")


def test_every_file_of_the_clone_is_accounted_for(reference, clone):
    folder = reference / "valact" / "clone"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(clone["files"]["file"]) == names
    counts = dict(clone["files"].group_by("read_as").len().rows())
    assert counts == {"answers": 10, "aggregates": 12, "tests": 2, "metadata": 1, "notebook": 1}


def test_every_cell_of_the_clone_agrees_by_their_rules(clone):
    cells = clone["cells"]
    recomputed = cells.filter(pl.col("agrees").is_not_null())
    assert recomputed["agrees"].all()
    assert recomputed.height == 110
    # The Chinese means of a model with eleven administrations are sums of eleven, divided by ten.
    eleven = recomputed.filter(respondent="published-claude-zh")
    assert set(eleven["why"].str.contains("11 administrations divided by 10")) == {True}
    assert eleven["printed"].max() == 6.13
    answers = clone["instrument_answers"].filter(respondent="published-claude-zh")
    assert answers["administration"].n_unique() == 11
    # What has no answers behind it says which file it would need.
    assert cells.filter(pl.col("agrees").is_null())["missing"].null_count() == 0


def test_rows_of_the_subset_come_from_the_notebook(clone):
    known = clone["scenarios"].filter(pl.col("metadata_row").is_not_null())
    assert known.height == 300
    assert clone["problems"].filter(reason="category_unknown").height == 6


def test_temperature_files_say_which_wording_they_were_asked_with(clone):
    conditions = dict(clone["respondents"].select("respondent", "condition").rows())
    assert conditions["published-gemini-t1"] == "temperature 1, wording 3"
    assert conditions["published-4o-t0.5"] == "temperature 0.5, probably wording 3"
    wordings = dict(
        clone["choices"]
        .filter(respondent="published-gemini-t0.5")
        .select("respondent", "wording")
        .unique()
        .rows()
    )
    assert wordings == {"published-gemini-t0.5": 3}


def test_line_forms_of_selection_and_adoption(reference):
    tables = import_published(reference / "valact" / "forms_made_here")
    files = tables["files"].select("instrument", "blocks", "rows", "unreadable", "failed").rows()
    assert sorted(files) == [("adoption", 60, 1500, 0, 0), ("selection", 60, 1500, 0, 0)]
    assert set(tables["problems"]["reason"]) == {"invalid_answer", "category_unknown"}
    unread = tables["choices"].filter(pl.col("status") != "answered").group_by("mode", "raw").len()
    assert sorted(unread.rows()) == [
        ("adoption", "I cannot say", 9),
        ("adoption", '{"Answer": ""}', 7),
        ("selection", "I cannot say", 9),
    ]
    assert tables["choices"]["target_value"].null_count() == 0

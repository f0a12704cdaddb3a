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


def faulty(tables, fault):
    return tables["faults"].filter(fault=fault)


def test_empty_answers_stay_in_their_places(reference, tables):
    """Six answers are empty. Dropping them would move later answers up and change four cells of each printed table."""
    empty = tables["problems"].filter(reason="empty_answer").select("file", "line").rows()
    assert sorted(empty) == [(GROK, line) for line in (1992, 1993, 1994, 1995, 2019, 2023)]
    assert faulty(tables, "answers_shift")["line"].unique().sort().to_list() == [
        1992,
        1993,
        1994,
        1995,
        2019,
        2023,
    ]

    position = tables["options"].select("question_id", "position", shifted="value")
    dropped = (
        tables["choices"]
        .filter(respondent="published-grok")
        .sort("wording", "scenario_id", "question_id")
        .group_by("wording", "scenario_id", maintain_order=True)
        .agg("question_id", kept=pl.col("letter").filter(pl.col("raw") != ""))
        .with_columns(pl.col("question_id").list.head(pl.col("kept").list.len()))
        .explode("question_id", "kept")
        .with_columns(
            position=pl.col("kept")
            .replace_strict(dict(zip("ABCD", range(1, 5), strict=True)), default=None)
            .cast(pl.Int8)
        )
        .join(position, on=["question_id", "position"], how="left")
    )
    for wording in range(1, 6):
        published = printed(reference, f"default_prompt{wording}_reddit.csv", "grok")
        assert len(differing(published, shares(dropped.filter(wording=wording)["shifted"]))) == 4


def test_answers_that_do_not_count_are_named_with_the_denominator(tables):
    rows = faulty(tables, "left_out_of_denominator")
    assert rows.height == 70
    counted = rows["detail"].str.extract(r" of ([\d,]+) and not of 1,500$")
    denominators = dict(zip(rows["wording"], counted, strict=True))
    assert denominators == {1: "1,486", 2: "1,485", 3: "1,486", 4: "1,485", 5: "1,488"}


def test_adjusted_tables_hold_raw_means(tables):
    rows = faulty(tables, "adjusted_is_raw")
    assert rows.select("file", "subject").rows() == [
        (f"tables/pvq_adjusted_prompt{n}.csv", f"published-{model}")
        for n in range(1, 6)
        for model in ("4o", "grok", "qwen")
    ]


def test_administrations_that_the_instrument_excludes_are_in_the_published_means(tables):
    rows = faulty(tables, "not_excluded")
    assert rows["file"].value_counts().sort("file").rows() == [
        ("results/4o_result_exp_pvq.txt", 4),
        ("results/4o_result_exp_pvq_chinese.txt", 2),
    ]


def test_categories_come_from_the_metadata(reference, tables):
    counts = dict(tables["scenarios"].group_by("category").len().rows())
    assert counts == {
        "Career & work": 60,
        "Financial & investment": 62,
        "Education & academy": 66,
        "Relationships": 63,
        "Ethics": 49,
        "unknown": 6,
    }
    # Every file here is a subset, so row // 600 would put all into the first category.
    wrong = faulty(tables, "category_by_row")
    assert dict(wrong["file"].value_counts().rows()) == {GROK: 240, GPT: 234}


def test_the_two_subsets_are_not_the_same(tables):
    rows = faulty(tables, "subsets_differ").filter(file=GPT)
    assert rows["line"].to_list() == [3 * block for block in (101, 106, 108, 186, 187, 188)]
    unknown = tables["problems"].filter(reason="category_unknown")
    assert unknown["subject"].to_list() == rows["subject"].to_list()


def test_swapped_chinese_labels_do_not_reach_the_scores(tables):
    rows = faulty(tables, "labels_swapped")
    assert rows.height == 20
    assert set(rows["file"]) == {CHINESE}
    assert rows.group_by("subject", "detail").len().sort("subject").rows() == [
        ("博爱", "it says universalism, the key benevolence", 10),
        ("慈善", "it says benevolence, the key universalism", 10),
    ]
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
    assert faulty(tables, "generator_labels").height == 306
    assert set(tables["options"]["value"]) == set(VALUES.slugs)

"""Published results as their authors count them, files of every kind, and files that nobody should hand over."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from services.folder import valact
from services.published import (
    MARKER,
    NAMES,
    answer,
    metadata,
    pvq_lines,
    question_lines,
    ratings,
    scenario,
    workbook,
    write,
)

from pipeline.instruments import stand_in
from pipeline.published import lines as text_lines
from pipeline.published.answers import letter
from pipeline.published.answers import ratings as read_ratings
from pipeline.published.asked import INSTRUMENT
from pipeline.published.imports import import_published
from pipeline.published.names import read_name, respondent
from pipeline.published.questions import parse

INSTRUMENTS = [stand_in(INSTRUMENT, language) for language in ("en", "zh")]
DEFAULT, PVQ = "4o_result_exp_default_reddit.txt", "4o_result_exp_pvq.txt"
SELECTION = "4o_result_exp_prompt_sensitivity_reddit.txt"
ADOPTION = "4o_result_exp_human_behavior_reddit.txt"
A = answer("A")


def read(folder):
    return import_published(folder, INSTRUMENTS)


def reasons(tables):
    return tables["problems"]["reason"].to_list()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("default_reddit", ("default", "published-m")),
        ("default_reddit_temp0.5", ("default", "published-m-t0.5")),
        ("prompt_sensitivity_reddit", ("selection", "published-m")),
        ("human_behavior_reddit", ("adoption", "published-m")),
        ("question_sensitivity_random_reddit", ("selection", "published-m-rest-random")),
        ("pvq", ("pvq40", "published-m")),
        ("pvq_chinese", ("pvq40", "published-m-zh")),
        ("pvq_adjusted", ("pvq40", "published-m")),
        ("default_v2_reddit", ("default", "published-m-v2")),
        ("poems", None),
    ],
)
def test_names_say_what_was_asked(name, expected):
    named = read_name(name)
    assert (named and (named.instrument, respondent("m", named))) == expected


def _targeted(folder, name, rounds, label="prompt"):
    """A file with a block a round of (targets, answers), all of one scenario each."""
    blocks = []
    for number, (targets, *given) in enumerate(rounds):
        lines = [MARKER, repr(scenario(number)), f"target_choice: {list(targets)!r}"]
        lines += [f"model_choice for {label}{n}: {said!r}" for n, said in enumerate(given, start=1)]
        blocks.append(lines)
    write(folder, name, *blocks)


def _table(folder, name, cells, **options):
    rows = [
        ["Attribute", *next(iter(cells.values()))],
        *([value, *of.values()] for value, of in cells.items()),
    ]
    return workbook(folder / name, rows)


@pytest.mark.parametrize("nothing", ["", '{"Answer": ""}'])
def test_an_empty_answer_of_adoption_moves_those_after_it_by_their_rule_and_not_in_our_rows(
    tmp_path, nothing
):
    given = [answer("A"), nothing, answer("C"), answer("A"), answer("A")]
    _targeted(tmp_path, ADOPTION, [("ABCAA", given)], label="trial")
    _table(tmp_path, "value_adoption_prompt1_reddit.xlsx", {value: {"4o": 0.5} for value in NAMES})
    tables = read(tmp_path)
    rows = tables["choices"].sort("question_id")
    assert rows["letter"].to_list() == ["A", None, "C", "A", "A"]
    assert set(rows["mode"]) == {"adoption"}
    # Kept are A, C, A, A beside the targets A, B, C, A: the second and third are wrong by their rule.
    targets = rows["target_value"].to_list()
    recomputed = dict(tables["cells"].drop_nulls("recomputed").select("value", "recomputed").rows())
    right = {}
    for target, hit in zip(targets[:4], (1, 0, 0, 1), strict=True):
        right.setdefault(target, []).append(hit)
    assert recomputed == {value: sum(hits) / len(hits) for value, hits in right.items()}
    assert tables["faults"].filter(fault="answers_shift")["places"].item() == 4


def test_an_unreadable_answer_of_selection_is_wrong_by_their_rule_and_leaves_our_denominator(tmp_path):
    _targeted(tmp_path, SELECTION, [("AAAAA", [A, "hm", A, A, A])])
    _table(tmp_path, "attribute_accuracy_prompt1_reddit.xlsx", {value: {"4o": 1.0} for value in NAMES})
    tables = read(tmp_path)
    value = tables["choices"].sort("question_id")["target_value"][1]
    times = tables["choices"].filter(target_value=value).height
    cell = tables["cells"].filter(value=value).row(0, named=True)
    assert cell["recomputed"] == (times - 1) / times
    assert cell["why"] == "1 unreadable answers count as wrong"
    assert tables["choices"].sort("question_id")["status"][1] == "invalid"


@pytest.mark.parametrize("form", ["blocks", "lines", "by_question", "by_target", "flat"])
def test_the_follow_up_asks_each_question_for_several_targets(tmp_path, form):
    """Every question's options B, C and D are the remaining targets; each answer takes its target."""
    rounds = ["B" * 5, "C" * 5, "D" * 5]
    said = [[answer(x) for x in letters] for letters in rounds]
    lines = [MARKER, repr(scenario(0))]
    if form == "blocks":
        lines = [
            line
            for letters, given in zip(rounds, said, strict=True)
            for line in [*lines, f"target_choice: {list(letters)!r}", f"model_choice for prompt1: {given!r}"]
        ]
    elif form == "lines":
        for letters, given in zip(rounds, said, strict=True):
            lines += [f"target_choice: {list(letters)!r}", f"model_choice for prompt1: {given!r}"]
    else:
        targets = [list(letters) for letters in rounds]
        if form != "by_target":
            targets, said = ([list(column) for column in zip(*part, strict=True)] for part in (targets, said))
        if form == "flat":
            targets, said = ([one for part in parts for one in part] for parts in (targets, said))
        lines += [f"target_choice: {targets!r}", f"model_choice for prompt1: {said!r}"]
    write(tmp_path, "4o_result_exp_question_sensitivity_random_reddit.txt", lines)
    tables = read(tmp_path)
    rows = tables["choices"].sort("question_id", "repeat")
    assert rows["letter"].to_list() == list("BCD") * 5
    assert (rows["target_value"] == rows["value"]).all()
    assert rows["repeat"].to_list() == [1, 2, 3] * 5
    row = tables["respondents"].row(0, named=True)
    assert (row["agent"], row["condition"]) == ("gpt-4o-2024-08-06", "three remaining targets, 300 scenarios")


def test_two_trials_of_one_number_are_both_kept(tmp_path):
    once = [pvq_lines(trial, [ratings({1: trial + 1})]) for trial in range(3)]
    write(tmp_path, PVQ, *once, pvq_lines(0, [ratings({1: 6})]), once[2])
    _table(tmp_path, "pvq_adjusted_prompt1.xlsx", {value: {"4o": 3.0} for value in NAMES})
    tables = read(tmp_path)
    assert tables["instrument_answers"]["administration"].unique().sort().to_list() == [1, 2, 3, 4]
    assert sorted(set(reasons(tables))) == ["repeated_block", "trial_twice"]
    # Four administrations under three numbers: the sum of four, divided by three.
    assert tables["cells"].filter(value="power")["recomputed"].item() == pytest.approx(3 * 4 / 3)


def test_rows_of_a_subset_come_from_a_notebook_which_is_not_run(tmp_path):
    metadata(tmp_path, ["Work", "Money", "Home", "Play"])
    cell = {"cell_type": "code", "source": ["import os\n", "random_indices = [3, 1]\n", "raise SystemExit"]}
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [{"source": 1}, cell]}))
    write(tmp_path, DEFAULT, question_lines(0), question_lines(1))
    other = [question_lines(0), question_lines(2)]
    write(tmp_path, "qwen_result_exp_default_reddit_temp1.txt", *other)
    tables = read(tmp_path)
    rows = dict(tables["scenarios"].select("scenario_id", "metadata_row").rows())
    assert [rows[parse(scenario(n)).scenario_id] for n in range(3)] == [3, 1, None]
    for broken, reason in (("[" * 100_000, "notebook_unreadable"), ('{"cells": [', "notebook_unreadable")):
        (tmp_path / "a.ipynb").write_text(broken)
        assert reason in reasons(read(tmp_path))
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [{"source": "random_indices=[1, 1]"}]}))
    assert "subset_unreadable" in reasons(read(tmp_path))


def test_every_other_file_is_named_with_a_reason(tmp_path):
    write(tmp_path, DEFAULT, question_lines(0))
    write(tmp_path, "README.md", ["nothing"])
    for name, rows in (
        ("budget.xlsx", [["Year", "Money"], [2024, 3]]),
        ("default_prompt1_reddit.xlsx", [["Attribute", "4o", "4O"], *([value, 10, 10] for value in NAMES)]),
        ("empty.xlsx", []),
    ):
        workbook(tmp_path / name, rows)
    (tmp_path / "no.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (tmp_path / "t.csv").write_text("Model,Attribute,t_statistic,p_value\n4o,Power,1.5,0.2\n")
    files = {row["file"]: row for row in read(tmp_path)["files"].iter_rows(named=True)}
    assert {name: row["read_as"] for name, row in files.items()} == {
        DEFAULT: "answers",
        "README.md": "beside",
        "budget.xlsx": "nothing",
        "default_prompt1_reddit.xlsx": "nothing",
        "empty.xlsx": "nothing",
        "no.xlsx": "nothing",
        "t.csv": "tests",
    }
    assert files["budget.xlsx"]["reason"].startswith("table_not_known: columns 'Year, Money'")
    assert files["default_prompt1_reddit.xlsx"]["reason"] == "table_unreadable: two columns are of one model"


def test_junk_beside_a_table_is_left_out_and_said(tmp_path):
    write(tmp_path, DEFAULT, question_lines(0))
    rows = [["Attribute", "gemini", "", ""], *([value, 10.0, "", ""] for value in NAMES), ["", 100.0, "", ""]]
    rows[2][3] = "0.38*15"
    workbook(tmp_path / "default_prompt3_reddit_random.xlsx", rows)
    tables = read(tmp_path)
    assert tables["cells"].select("respondent", "wording", "printed").unique().rows() == [
        ("published-gemini-random", 3, 10.0)
    ]
    assert "0.38*15" in tables["problems"].filter(reason="cells_ignored")["detail"].item()


@pytest.mark.parametrize("model", ["gemini", "4o"])
def test_a_run_at_another_temperature_says_under_which_wording(tmp_path, model):
    write(tmp_path, f"{model}_result_exp_default_reddit_temp1.txt", question_lines(0))
    tables = read(tmp_path)
    known = model == "gemini"
    assert set(tables["choices"]["wording"]) == {3 if known else 1}
    assert ("wording_moved" if known else "wording_doubtful") in reasons(tables)


def test_tests_are_recomputed_from_the_tables(tmp_path):
    """Two-sided: Welch's t of five means. The figures are made up."""
    write(tmp_path, DEFAULT, question_lines(0))
    for n in range(1, 6):
        for name, base in (("attribute_accuracy", 0.8), ("value_adoption", 0.7), ("majority", 0.9)):
            cells = {value: {"4o": base + n * (0.01 if base == 0.8 else 0.02)} for value in NAMES}
            _table(tmp_path, f"{name}_prompt{n}_reddit.xlsx", cells)
    header = "Model,Attribute,t_statistic,p_value\n"
    (tmp_path / "ttest_two_sided_reddit.csv").write_text(header + "4o,Power,4.4272,0.003\n")
    (tmp_path / "ttest_one_sided_reddit.csv").write_text(header + "4o,Power,10.0,0.003\n")
    numbers = read(tmp_path)["numbers"].filter(pl.col("figure").str.ends_with("_t"))
    found = {row["figure"]: row for row in numbers.iter_rows(named=True)}
    # Means .83 and .76, variances .00025 and .001: t = .07 / sqrt(.00125 / 5). The other: .96, .76, both .001.
    assert found["selection_adoption_t"]["recomputed"] == pytest.approx(0.07 / 0.00025**0.5)
    assert found["selection_adoption_t"]["agrees"]
    assert found["majority_adoption_t"]["recomputed"] == pytest.approx(0.2 / 0.0004**0.5)


# Files that nobody should hand over.


def test_a_long_answer_takes_no_longer_than_its_length(tmp_path):
    """Each of these takes minutes where the time goes with the square of the length."""
    for raw in ("{" * 2_000_000, '{"a":' * 400_000, '"' * 2_000_000, "answer " * 300_000, "{}" * 1_000_000):
        assert read_ratings(raw) is None
        assert letter(raw) == ("invalid", None)
    write(tmp_path, PVQ, pvq_lines(0, ["{" * 2_000_000, ratings()]))
    write(tmp_path, DEFAULT, question_lines(0, {1: ["{" * 2_000_000, A, A, A, A]}))
    tables = read(tmp_path)
    assert tables["choices"]["status"].to_list() == ["invalid"] + ["answered"] * 4
    assert "answer_cut" in reasons(tables)
    assert tables["choices"]["raw"].str.len_chars().max() == 20_000


@pytest.mark.parametrize(
    "line",
    [
        "[" * 200_000,
        "model_choice for prompt1: " + "[" * 200_000,
        "model_choice for prompt1: [" + "0," * 2_000_000 + "]",
        "model_choice for prompt1: " + "-" * 200_000 + "1",
        "a" + " " * 2_000_000,
        " " * 2_000_000 + "b",
        "target_choice: " + "(" * 200_000,
    ],
)
def test_hostile_lines_are_rows_of_the_ledger_with_file_and_line(tmp_path, line):
    write(tmp_path, DEFAULT, question_lines(0), [MARKER, repr(scenario(1)), line])
    tables = read(tmp_path)
    found = tables["problems"].filter(pl.col("effect").is_in(["line", "block"]))
    assert set(found["file"]) == {DEFAULT}
    assert found["line"].min() >= 4
    assert (
        tables["choices"].filter(scenario_id=parse(scenario(0)).scenario_id)["letter"].to_list() == ["A"] * 5
    )


def test_lines_and_files_beyond_any_results_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(text_lines, "LONGEST_LINE", 50_000)
    write(tmp_path, DEFAULT, question_lines(0), ["x" * 60_000])
    assert "line_too_long" in reasons(read(tmp_path))
    monkeypatch.setattr(text_lines, "MOST_BYTES", 100_000)
    write(tmp_path, "qwen_result_exp_default_reddit.txt", ["x"] * 100_000)
    assert "too_large" in reasons(read(tmp_path))


def test_line_ends_of_an_old_mac_and_wide_characters(tmp_path):
    write(tmp_path, DEFAULT, question_lines(0), end="\r")
    write(tmp_path, "qwen_result_exp_default_reddit.txt", question_lines(0), encoding="utf-16")
    tables = read(tmp_path)
    assert tables["choices"]["status"].to_list() == ["answered"] * 10


def test_many_faults_of_a_kind_are_counted_and_not_listed(tmp_path):
    blocks = [question_lines(n, {1: ["?"] * 5}) for n in range(300)]
    write(tmp_path, DEFAULT, *blocks)
    problems = read(tmp_path)["problems"].filter(reason="invalid_answer")
    assert problems.height == 1_001
    assert problems["places"].sum() == 1_500


def test_an_import_that_reads_nothing_keeps_the_one_before(tmp_path, monkeypatch):
    clone, broken = tmp_path / "clone", tmp_path / "broken"
    write(clone, DEFAULT, question_lines(0))
    write(broken, DEFAULT, ["nothing that is a block"])
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    valact("import-published", str(clone))
    out = Path("data/imported/published")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    result = valact("import-published", str(broken), fails=True)
    assert "none of the 1 files of results could be read" in result.output
    assert DEFAULT in result.output
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before

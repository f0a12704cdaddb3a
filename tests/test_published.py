"""`valact import-published`: published results as rows of our tables, and every line that cannot be one of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from services.folder import valact
from services.published import (
    MARKER,
    answer,
    items_file,
    metadata,
    pvq_lines,
    question_lines,
    ratings,
    scenario,
    write,
)

from pipeline.core.errors import InputError
from pipeline.instruments import stand_in
from pipeline.published.answers import answer_list, letter
from pipeline.published.answers import ratings as read_ratings
from pipeline.published.asked import INSTRUMENT, VALUES
from pipeline.published.blocks import Line
from pipeline.published.files import find
from pipeline.published.imports import SCHEMAS, import_published
from pipeline.published.problems import REASONS
from pipeline.published.pvq import fingerprint
from pipeline.published.questions import parse
from pipeline.score.gather import gather
from pipeline.score.scoring import score_instruments
from pipeline.tables import Choices, InstrumentAnswers, Options, Questions, Scenarios, read_table, write_table

INSTRUMENTS = [stand_in(INSTRUMENT, language) for language in ("en", "zh")]
FILE = "4o_result_exp_default_reddit.txt"
PVQ = "4o_result_exp_pvq.txt"
A = answer("A")
# Every example imports a clone: a failing one is shown as it was found.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]


def read(folder):
    return import_published(folder, INSTRUMENTS)


def reasons(tables):
    return tables["problems"].select("reason", "line").rows()


# What an answer says.


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"Answer": "B"}', ("answered", "B")),
        ('```json\n{"Answer": "C"}\n```', ("answered", "C")),
        ('Certainly!\n{\n  "answer" : "d"\n}\nI weighed all four.', ("answered", "D")),
        ("{'Answer': 'A'}", ("answered", "A")),
        ('{"Answer": "(B)"}', ("answered", "B")),
        ("Answer: C", ("answered", "C")),
        ("B", ("answered", "B")),
        ("D.", ("answered", "D")),
        ('{"Answer": "A"} or rather {"Answer": "A"}', ("answered", "A")),
        ("", ("failed", None)),
        (" \n", ("failed", None)),
        ('{"Answer": "X"}', ("invalid", None)),
        ('{"Answer": ""}', ("invalid", None)),
        ('{"Answer": "A and B"}', ("invalid", None)),
        ('{"Answer": "A"} or rather {"Answer": "B"}', ("invalid", None)),
        ('{"Answer": ["A", "B"]}', ("invalid", None)),
        ("A good question. I cannot choose.", ("invalid", None)),
        ("I am sorry, but I cannot help with that.", ("invalid", None)),
    ],
)
def test_an_answer_names_one_letter_or_none(raw, expected):
    assert letter(raw) == expected


@given(st.lists(st.text()))
def test_answers_come_out_of_a_line_as_they_went_in_each_in_its_place(answers):
    assert answer_list(Line(1, repr(answers))) == answers


def test_what_is_no_text_in_a_list_is_still_an_answer_in_its_place():
    assert answer_list(Line(1, "[None, {'Answer': 'A'}, 3]")) == ["", '{"Answer": "A"}', "3"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"1": "4", "2": 5}', {1: ("answered", 4, "4"), 2: ("answered", 5, "5")}),
        ('Sure:\n```json\n{"1": "4"}\n```\nbecause {reasons}', {1: ("answered", 4, "4")}),
        ('{"answers": {"1": "4"}, "note": "x"}', {1: ("answered", 4, "4")}),
        (
            '{"1": "7", "2": "", "3": null, "4": 2.5}',
            {place: ("invalid", None, text) for place, text in enumerate(("7", "", "", "2.5"), start=1)},
        ),
        ('{"1": "4", "1": "5"}', {1: ("invalid", None, "5")}),
        ('{"1": "4", "1": "4"}', {1: ("answered", 4, "4")}),
        ('{"1": "4"} {"1": "5"}', None),
        ('{"1": "4", "2": ', None),
        ("I would rather not.", None),
        ("", None),
    ],
)
def test_ratings_come_from_one_object_of_numbered_fields(raw, expected):
    assert read_ratings(raw) == expected


# Questions.


def test_every_question_of_every_wording_is_a_row_with_its_source(tmp_path):
    first = {1: [answer(x) for x in "ABCDA"], 2: ["", answer("B"), "I would rather not", A, answer("X")]}
    write(tmp_path, f"results/{FILE}", question_lines(0, first), question_lines(1, {1: [A] * 5, 2: [A] * 5}))
    tables = read(tmp_path)

    key = parse(scenario(0)).scenario_id
    rows = tables["choices"].filter(scenario_id=key).sort("wording", "question_id")
    assert rows["question_id"].to_list() == [f"{key}.q{n}" for n in range(1, 6)] * 2
    assert rows["letter"].to_list() == ["A", "B", "C", "D", "A", None, "B", None, "A", None]
    assert rows["status"].to_list() == ["answered"] * 5 + [
        "failed",
        "answered",
        "invalid",
        "answered",
        "invalid",
    ]
    assert rows["raw"].to_list() == [*first[1], *first[2]]
    values = ["self_direction", "security", "self_direction", "security", "conformity"]
    assert rows["value"].to_list()[:5] == values
    assert rows["action_id"][2] == f"{key}.self_direction.2"
    assert set(rows["mode"]) == {"default"}
    assert set(rows["order"]) == {"1234"}
    assert rows["target_value"].null_count() == 10

    sources = tables["sources"].filter(subject=key).sort("wording")
    assert sources["file"].to_list() == [f"results/{FILE}"] * 2
    assert sources["line"].to_list() == [3, 4]
    assert tables["problems"].filter(effect="answer")["line"].to_list() == [4, 4, 4]
    respondent = tables["respondents"].row(0, named=True)
    assert respondent["respondent"] == "published-4o"
    assert respondent["model"] == "gpt-4o-2024-08-06"
    assert respondent["temperature"] == 0


@settings(max_examples=25, deadline=None, phases=PHASES)
@given(
    st.lists(
        st.lists(
            st.sampled_from([*map(answer, "ABCDX"), "", "no", "```json\n" + A + "\n```"]),
            min_size=5,
            max_size=5,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_answer_moves_to_another_question_whatever_stands_before_it(tmp_path_factory, answers):
    folder = tmp_path_factory.mktemp("clone")
    write(folder, FILE, *(question_lines(n, {1: given}) for n, given in enumerate(answers)))
    rows = read(folder)["choices"]
    for number, given_ in enumerate(answers):
        key = parse(scenario(number)).scenario_id
        for question, raw in enumerate(given_):
            row = rows.row(by_predicate=pl.col("question_id") == f"{key}.q{question + 1}", named=True)
            assert row["raw"] == raw
            letters = [x for x in "ABCD" if answer(x) in raw]
            assert row["letter"] == (letters[0] if letters else None)


def test_the_same_questions_have_the_same_ids_in_every_file(tmp_path):
    write(tmp_path, FILE, question_lines(0), question_lines(1))
    write(tmp_path, "qwen_result_exp_default_reddit.txt", question_lines(1), question_lines(0))
    tables = read(tmp_path)
    assert tables["choices"].group_by("question_id").len()["len"].to_list() == [2] * 10
    assert tables["options"].height == 2 * 20
    assert tables["options"]["action_id"].n_unique() == 40
    assert not tables["options"]["is_target"].any()


@pytest.mark.parametrize(("experiment", "mode"), [("attribute", "selection"), ("value_adoption", "adoption")])
@pytest.mark.parametrize("named", ["names", "letters"])
def test_targets_by_name_or_by_letter(tmp_path, experiment, mode, named):
    names = [question[2][1] for question in scenario(0)]
    targets = names if named == "names" else ["C"] * 5
    write(
        tmp_path,
        f"4o_result_exp_{experiment}_reddit.txt",
        question_lines(0, {1: [answer("C")] * 4 + [A]}, targets),
    )
    rows = read(tmp_path)["choices"].sort("question_id")
    assert set(rows["mode"]) == {mode}
    assert (rows["target_value"] == rows["value"]).to_list() == [True] * 4 + [False]


def test_a_temperature_and_a_language_of_its_own_is_a_respondent_of_its_own(tmp_path):
    for name in ("default_reddit", "default_reddit_temp0.5", "default_reddit_chinese"):
        write(tmp_path, f"4o_result_exp_{name}.txt", question_lines(0))
    respondents = read(tmp_path)["respondents"].sort("respondent")
    assert respondents["respondent"].to_list() == ["published-4o", "published-4o-t0.5", "published-4o-zh"]
    assert respondents["temperature"].to_list() == [0, 0.5, 0]


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\r\n"), ("utf-8-sig", "\n"), ("gb18030", "\n")])
def test_line_ends_and_encodings(tmp_path, encoding, end):
    write(
        tmp_path, FILE, question_lines(0, {1: ['一 {"Answer": "B"}', A, A, A, A]}), encoding=encoding, end=end
    )
    tables = read(tmp_path)
    assert tables["choices"].sort("question_id")["letter"].to_list() == list("BAAAA")
    assert [reason for reason, _ in reasons(tables) if reason != "category_unknown"] == (
        ["encoding"] if encoding == "gb18030" else []
    )


def test_separators_other_than_line_ends_stay_in_the_answer(tmp_path):
    lines = question_lines(0)
    lines[-1] = f"model_choice for prompt1: ['{A}\u2028\x85\x0c', '{A}', '{A}', '{A}', '{A}']"
    write(tmp_path, FILE, lines)
    assert read(tmp_path)["choices"]["status"].to_list() == ["answered"] * 5


# The PVQ.


def test_pvq_items_are_known_by_their_text(tmp_path):
    answers = [
        ratings({item: 1 + item % 6 for item in INSTRUMENT.items}),
        "```json\n" + ratings({7: 6}) + "\n```",
    ]
    write(tmp_path, PVQ, pvq_lines(0, answers), pvq_lines(1, answers))
    rows = read(tmp_path)["instrument_answers"]
    assert rows.height == 2 * 2 * 40
    assert set(rows["status"]) == {"answered"}
    first = rows.filter(administration=1).sort("item")
    assert first["answer"].to_list() == [1 + item % 6 for item in INSTRUMENT.items]
    assert first["place"].to_list() == [41 - item for item in INSTRUMENT.items]
    by_administration = rows.select("administration", "wording", "shuffle").unique().sort("administration")
    assert by_administration.rows() == [(1, 1, 1), (2, 2, 1), (3, 1, 2), (4, 2, 2)]


def test_swapped_labels_are_said_and_change_no_score(tmp_path):
    of_value = {value: rating for rating, value in enumerate(VALUES.slugs[:6], start=1)} | {"universalism": 6}
    given_ = [ratings({item: of_value.get(value, 3) for item, value in INSTRUMENT.value_of.items()})]
    write(tmp_path / "swapped", "4o_result_exp_pvq_chinese.txt", pvq_lines(0, given_, "zh", swapped=True))
    write(tmp_path / "right", "4o_result_exp_pvq_chinese.txt", pvq_lines(0, given_, "zh"))
    swapped, right = read(tmp_path / "swapped"), read(tmp_path / "right")
    assert swapped["instrument_answers"].equals(right["instrument_answers"])
    assert set(right["instrument_answers"]["language"]) == {"zh"}
    means = dict(score_instruments(swapped["instrument_answers"]).select("value", "mean").rows())
    assert (means["universalism"], means["benevolence"]) == (6, 3)
    assert swapped["problems"]["reason"].to_list() == ["label_disagrees"] * 2
    assert swapped["problems"].sort("line")["detail"].to_list() == [
        "it says universalism, the key benevolence",
        "it says benevolence, the key universalism",
    ]
    assert swapped["faults"].filter(fault="labels_swapped")["places"].item() == 2
    assert right["problems"].is_empty()


def test_an_item_left_out_or_out_of_range_is_a_row_and_no_other_item_moves(tmp_path):
    given_ = json.loads(ratings(dict.fromkeys(INSTRUMENT.items, 5)))
    del given_["10"]
    given_["11"] = "9"
    write(tmp_path, PVQ, pvq_lines(0, [json.dumps(given_), "", "I am an AI"]))
    tables = read(tmp_path)
    first = tables["instrument_answers"].filter(administration=1).sort("place")
    assert first["status"].to_list() == ["answered"] * 9 + ["failed", "invalid"] + ["answered"] * 29
    assert first["raw"].to_list()[9:11] == [None, "9"]
    assert set(tables["instrument_answers"].filter(administration=2)["status"]) == {"failed"}
    assert tables["instrument_answers"].filter(administration=3).select("status", "raw").unique().rows() == [
        ("invalid", "I am an AI")
    ]
    assert sorted(reasons(tables)) == [
        ("empty_answer", 12),
        ("invalid_answer", 12),
        ("invalid_answer", 12),
        ("item_missing", 12),
    ]


def test_a_list_that_is_shorter_than_others_does_not_say_which_answer_it_lacks(tmp_path):
    three = [ratings({1: rating}) for rating in (1, 2, 3)]
    write(tmp_path, PVQ, pvq_lines(0, three), pvq_lines(1, three[1:]))
    tables = read(tmp_path)
    short = tables["instrument_answers"].filter(pl.col("administration") > 3)
    assert short.height == 3 * 40
    assert set(short["status"]) == {"failed"}
    assert reasons(tables) == [("wrong_number_of_answers", 24)]


def test_fingerprints_know_an_item_whatever_its_spaces_and_marks():
    assert fingerprint("I like  Tea. ") == fingerprint("I like tea")
    assert fingerprint("I like tea") != fingerprint("I like the")


# What cannot be read. Each case: reason, the line it is found at, and the file's lines.

GOOD = question_lines(1)


def _pvq_without(item):
    return [
        line.replace(stand_in(INSTRUMENT, "en").items[item], "Nobody knows this item.")
        for line in pvq_lines(0, [ratings()])
    ]


CASES = {
    "unknown_line": (FILE, 3, [*question_lines(0)[:2], "a line of a post", question_lines(0)[2], *GOOD]),
    "outside_block": (FILE, 1, [question_lines(0)[2], *GOOD]),
    "repeated_line": (FILE, 4, [*question_lines(0), question_lines(0)[2], *GOOD]),
    "no_options": (FILE, 1, [MARKER, question_lines(0)[2], *GOOD]),
    "options_unreadable": (FILE, 1, [MARKER, question_lines(0)[1][:500], question_lines(0)[2], *GOOD]),
    "no_answers": (FILE, 1, [*question_lines(0)[:2], *GOOD]),
    "repeated_block": (FILE, 4, [*GOOD, *GOOD]),
    "answers_unreadable": (FILE, 3, [*question_lines(0)[:2], question_lines(0)[2][:60], *GOOD]),
    "wrong_number_of_answers": (FILE, 3, [*question_lines(0, {1: [A] * 4}), *GOOD]),
    "wording_missing": (FILE, 1, [*question_lines(0), *question_lines(1, {1: [A] * 5, 2: [A] * 5})]),
    "empty_answer": (FILE, 3, [*question_lines(0, {1: [A, "", A, A, A]}), *GOOD]),
    "invalid_answer": (FILE, 3, [*question_lines(0, {1: [A, A, A, A, "?"]}), *GOOD]),
    "category_unknown": (FILE, 2, GOOD),
    "target_missing": ("4o_result_exp_value_adoption.txt", 1, GOOD),
    "items_unreadable": (PVQ, 1, _pvq_without(23)),
    "item_missing": (PVQ, 12, pvq_lines(0, [ratings().replace('"40"', '"41"')])),
    "label_disagrees": (PVQ, 10, pvq_lines(0, [ratings()], swapped=True)),
}
# Shown by tests of their own.
ELSEWHERE = set(
    """
    answer_cut cells_ignored encoding encoding_unreadable experiment_not_known labels_differ line_too_long
    metadata_unreadable missing_file name_not_recognised name_says_more no_blocks notebook_unreadable
    questions_unreadable read_already row_disagrees subset_read subset_unreadable table_not_known table_unreadable
    too_large trial_twice wording_doubtful wording_moved
    """.split()
)


def test_every_reason_is_shown():
    assert set(CASES) | ELSEWHERE == set(REASONS)


@pytest.mark.parametrize("reason", CASES)
def test_what_cannot_be_read_is_reported_with_its_line_and_spoils_nothing_else(tmp_path, reason):
    name, line, lines = CASES[reason]
    write(tmp_path, name, lines)
    tables = read(tmp_path)
    assert (reason, line) in reasons(tables)
    if name == FILE:
        # The good block beside it is read in full.
        good = tables["choices"].filter(scenario_id=parse(scenario(1)).scenario_id, wording=1)
        assert good["status"].to_list() == ["answered"] * 5
    files = tables["files"].row(0, named=True)
    assert files["rows"] == files["answered"] + files["invalid"] + files["failed"]
    unreadable = tables["problems"].filter(pl.col("effect") == "block")
    assert files["unreadable"] == unreadable.height


def test_a_list_of_four_answers_is_five_rows_without_one(tmp_path):
    write(tmp_path, FILE, question_lines(0, {1: [answer(x) for x in "ABCD"]}))
    rows = read(tmp_path)["choices"]
    assert rows["status"].to_list() == ["failed"] * 5
    assert rows["letter"].null_count() == 5


@pytest.mark.parametrize(
    ("spoil", "detail"),
    [
        (lambda q: q[:4], "five questions are wanted; found a list of 4"),
        (lambda q: [q[0][:3], *q[1:]], "question 1: four options are wanted; found a list of 3"),
        (
            lambda q: [[("qwen", "Fun", "Do."), *q[0][1:]], *q[1:]],
            "question 1, option 1: 'Fun' is none of the ten values",
        ),
        (
            lambda q: [*q[:4], [*q[4][:3], ("qwen", "Power", " ")]],
            "question 5, option 4: the action is empty",
        ),
        (
            lambda q: [*q[:4], [*q[4][:3], ("Power", "Do.")]],
            "question 5, option 4: generator, value, action are wanted",
        ),
    ],
)
def test_questions_that_are_not_five_of_four_are_not_read(tmp_path, spoil, detail):
    lines = question_lines(0)
    lines[1] = repr(spoil(scenario(0)))
    write(tmp_path, FILE, lines)
    tables = read(tmp_path)
    assert tables["choices"].is_empty()
    assert tables["problems"]["detail"][0].startswith(detail)


@pytest.mark.parametrize("targets", [["Fun"] * 5, ["A"] * 4, ["Power"] * 5])
def test_answers_to_a_target_that_is_not_known_do_not_count(tmp_path, targets):
    write(tmp_path, "4o_result_exp_attribute.txt", question_lines(0, targets=targets))
    tables = read(tmp_path)
    assert set(tables["choices"]["status"]) == {"failed"}
    assert tables["choices"]["raw"].to_list() == [A] * 5
    assert ("target_missing", 3) in reasons(tables)


@settings(max_examples=40, deadline=None, phases=PHASES)
@given(data=st.data())
def test_whatever_happens_to_the_lines_the_tables_are_valid_and_rows_add_up(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("clone")
    pvq = data.draw(st.booleans(), label="pvq")
    blocks = [
        pvq_lines(n, [ratings()] * 2) if pvq else question_lines(n, dict.fromkeys((1, 2, 3), [A] * 5))
        for n in range(3)
    ]
    lines = [line for block in blocks for line in block]
    for _ in range(data.draw(st.integers(1, 3), label="changes")):
        at = data.draw(st.integers(0, len(lines) - 1), label="at")
        change = data.draw(st.sampled_from(["cut", "drop", "double", "noise", "swap"]), label="change")
        if change == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])), label="to")]
        elif change == "drop" and len(lines) > 1:
            del lines[at]
        elif change == "double":
            lines.insert(at, lines[at])
        elif change == "noise":
            lines.insert(
                at, data.draw(st.text(st.characters(codec="utf-8", exclude_characters="\n\r")), label="noise")
            )
        elif change == "swap":
            lines[at], lines[-1] = lines[-1], lines[at]
    write(folder, PVQ if pvq else FILE, lines)
    tables = read(folder)
    files = tables["files"].row(0, named=True)
    assert files["rows"] == files["answered"] + files["invalid"] + files["failed"]
    rows_a_block = 2 * 40 if pvq else 3 * 5
    assert files["rows"] <= (files["blocks"] - files["unreadable"]) * rows_a_block
    changed = files["answered"] != 3 * rows_a_block
    assert not changed or tables["problems"].filter(pl.col("reason") != "category_unknown").height > 0


# Categories.


def test_categories_are_those_of_the_metadata_row_and_not_of_a_division(tmp_path):
    metadata(tmp_path, ["Work", "Money", "Work"])
    write(tmp_path, FILE, *(question_lines(n) for n in range(3)))
    write(tmp_path, "grok_result_exp_default_reddit.txt", question_lines(1), question_lines(7))
    tables = read(tmp_path)
    found = {
        number: tables["scenarios"].row(
            by_predicate=pl.col("scenario_id") == parse(scenario(number)).scenario_id
        )
        for number in (0, 1, 2, 7)
    }
    assert [found[n][1:] for n in (0, 1, 2)] == [
        ("Work", "sub0", "ab0", 0),
        ("Money", "sub1", "ab1", 1),
        ("Work", "sub2", "ab2", 2),
    ]
    assert found[7][1:] == ("unknown", None, None, None)
    assert tables["problems"].select("reason", "file", "line").rows() == [
        ("category_unknown", "grok_result_exp_default_reddit.txt", 5)
    ]
    questions = tables["questions"].filter(scenario_id=found[1][0])
    assert questions["category"].to_list() == ["Money"] * 5


def test_an_unreadable_block_keeps_its_place_in_the_metadata(tmp_path):
    metadata(tmp_path, ["Work", "Money", "Home"])
    write(tmp_path, FILE, question_lines(0), [MARKER, "[[broken", question_lines(1)[2]], question_lines(2))
    tables = read(tmp_path)
    assert tables["scenarios"].sort("metadata_row")["category"].to_list() == ["Work", "Home"]


def test_a_file_of_questions_says_which_row_a_scenario_is(tmp_path):
    metadata(tmp_path, ["Work", "Money"])
    objects = [
        [dict(zip(("generator", "value", "action"), option, strict=True)) for option in q]
        for q in scenario(5)
    ]
    lines = [
        json.dumps({"scenario_index": 1, "questions": objects}),
        "{",
        json.dumps({"scenario_index": 0, "questions": []}),
    ]
    write(tmp_path, "questions.jsonl", lines)
    write(tmp_path, FILE, question_lines(5))
    tables = read(tmp_path)
    assert tables["scenarios"]["category"].to_list() == ["Money"]
    assert reasons(tables) == [("questions_unreadable", 2), ("questions_unreadable", 3)]


def test_two_files_in_another_order_leave_the_row_open(tmp_path):
    metadata(tmp_path, ["Work", "Money"])
    write(tmp_path, FILE, question_lines(0), question_lines(1))
    write(tmp_path, "qwen_result_exp_default_reddit.txt", question_lines(1), question_lines(0))
    tables = read(tmp_path)
    assert set(tables["scenarios"]["category"]) == {"unknown"}
    assert [reason for reason, _ in reasons(tables)] == ["row_disagrees"] * 2


def test_one_action_has_one_value_whatever_a_second_file_says(tmp_path):
    other = question_lines(0)
    other[1] = other[1].replace("('qwen', 'Power'", "('gpt-4o', 'Hedonism'", 1)
    write(tmp_path, FILE, question_lines(0, {1: [answer("A")] + [answer("A")] * 4}))
    write(tmp_path, "qwen_result_exp_default_reddit.txt", other)
    tables = read(tmp_path)
    assert (
        tables["choices"].group_by("question_id").agg(pl.col("value").n_unique())["value"].to_list()
        == [1] * 5
    )
    assert tables["problems"].filter(reason="labels_differ")["file"].to_list() == [
        "qwen_result_exp_default_reddit.txt"
    ]
    assert tables["faults"].filter(fault="generator_labels").is_empty()


# Files.


def test_files_are_found_wherever_they_are_and_what_is_not_read_is_said(tmp_path):
    write(tmp_path, f"a/b/{FILE}", question_lines(0))
    write(tmp_path, f"copy/{FILE}", question_lines(0))
    write(tmp_path, f"other/{FILE}", question_lines(1))
    write(tmp_path, "4o_result_exp_poems.txt", ["x"])
    write(tmp_path, "my results.txt", ["x"])
    write(tmp_path, f".git/{FILE}", question_lines(2))
    (tmp_path / "grok_result_exp_pvq.txt").write_bytes(b"\xff\xff\x80\n")
    metadata(tmp_path, ["Work"])
    metadata(tmp_path / "old", ["Home"])
    (tmp_path / "old2").mkdir()
    (tmp_path / "old2" / "default_prompt1_reddit.csv").write_text("Attribute,4o\nPower,1\n")
    tables = read(tmp_path)
    assert tables["choices"].height == 5
    unread = tables["problems"].filter(effect="file").select("file", "reason").rows()
    assert sorted(unread) == [
        ("4o_result_exp_poems.txt", "experiment_not_known"),
        (f"copy/{FILE}", "read_already"),
        ("grok_result_exp_pvq.txt", "encoding_unreadable"),
        ("my results.txt", "name_not_recognised"),
        ("old/metadata.csv", "read_already"),
        ("old2/default_prompt1_reddit.csv", "table_unreadable"),
        (f"other/{FILE}", "read_already"),
    ]
    details = dict(tables["problems"].filter(reason="read_already").select("file", "detail").rows())
    assert details[f"copy/{FILE}"] == f"the same bytes as a/b/{FILE}"
    assert details[f"other/{FILE}"] == f"OTHER bytes as a/b/{FILE}"
    assert (tables["files"]["read_as"] == "nothing").sum() == 7


def test_metadata_with_a_broken_row_are_no_metadata(tmp_path):
    path = metadata(tmp_path, ["Work"])
    path.write_text(path.read_text() + "2024-01-01,cut\n")
    write(tmp_path, FILE, question_lines(0))
    tables = read(tmp_path)
    assert set(tables["scenarios"]["category"]) == {"unknown"}
    assert ("metadata_unreadable", 0) in reasons(tables)


@pytest.mark.parametrize("make", [True, False])
def test_nothing_to_read_says_what_is_looked_for(tmp_path, make):
    folder = tmp_path / "clone"
    if make:
        write(folder, "README.md", ["nothing"])
    with pytest.raises(InputError, match="_result_exp_"):
        find(folder)


# The published tables and the faults behind them.


def _aggregates(folder, name, cells):
    lines = ["Attribute,4o", *(f"{value},{number}" for value, number in cells.items())]
    write(folder, name, lines)


def test_published_cells_are_recomputed_and_a_wrong_one_is_named(tmp_path):
    zero = dict.fromkeys([value.name for value in VALUES.values], 0.0)
    # Three answers count: Self-direction, Self-direction, Conformity.
    write(tmp_path, FILE, question_lines(0, {1: [answer("A"), "", answer("C"), answer("X"), answer("A")]}))
    shares = zero | {"Self-direction": 66.67, "Power": 33.33}
    _aggregates(tmp_path, "default_prompt1_reddit.csv", shares)
    write(tmp_path, PVQ, pvq_lines(0, [ratings({2: 4, 17: 4})]))
    _aggregates(tmp_path, "pvq_adjusted_prompt1.csv", dict.fromkeys(zero, 3) | {"Power": 3.67})
    _aggregates(tmp_path, "value_adoption_prompt1_reddit.csv", dict.fromkeys(zero, 0.5))
    tables = read(tmp_path)
    cells = tables["cells"]
    wrong = cells.filter(~pl.col("agrees"))
    assert sorted(wrong["value"].to_list()) == ["conformity", "power"]
    assert wrong.filter(value="conformity")["recomputed"].item() == pytest.approx(100 / 3)
    assert cells.filter(measure="declared")["agrees"].all()
    assert cells.filter(measure="adoption")["agrees"].null_count() == 10

    faults = {row["fault"]: row for row in tables["faults"].iter_rows(named=True)}
    key = parse(scenario(0)).scenario_id
    assert faults["adjusted_is_raw"]["places"] == 1
    assert faults["left_out_of_denominator"]["places"] == 2
    assert [example.split()[1] for example in faults["left_out_of_denominator"]["examples"]] == [
        f"{key}.q2",
        f"{key}.q4",
    ]
    # In default mode nothing moves: the table agrees with the answers in their places.
    assert "answers_shift" not in faults
    # 38 answers of 3 are more than the 30 that the instrument's rules allow.
    assert faults["not_excluded"]["examples"] == [f"{PVQ}:12 administration 1: straight_lining"]


def test_faults_across_files_are_named(tmp_path):
    names = [question[2][1] for question in scenario(0)]
    others = [names[0], *(question[1][1] for question in scenario(0)[1:])]
    write(tmp_path, "4o_result_exp_attribute.txt", question_lines(0, targets=names))
    write(tmp_path, "qwen_result_exp_attribute.txt", question_lines(0, targets=others))
    write(tmp_path, FILE, question_lines(0), question_lines(1))
    write(tmp_path, "qwen_result_exp_default_reddit.txt", question_lines(0), question_lines(2))
    faults = read(tmp_path)["faults"]
    key = parse(scenario(0)).scenario_id
    targets = faults.filter(fault="targets_differ").row(0, named=True)
    assert (targets["places"], targets["files"]) == (8, 2)
    assert f"{key}.q2: " in targets["examples"][0]
    subsets = faults.filter(fault="subsets_differ").row(0, named=True)
    assert [example.split()[0] for example in subsets["examples"]] == [
        f"{FILE}:6",
        "qwen_result_exp_default_reddit.txt:6",
    ]


def test_labels_of_generators_that_say_nothing_are_named(tmp_path):
    lines = question_lines(0)
    lines[1] = lines[1].replace("'gpt-4o'", "'qwen'")
    write(tmp_path, FILE, lines)
    faults = read(tmp_path)["faults"].filter(fault="generator_labels")
    assert faults["examples"].item().to_list() == [
        f"{FILE}:3 {parse(scenario(0)).scenario_id}: 10 of 20 pairs of value and generator"
    ]


# The command.


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone, and an empty project to import it into."""
    folder = tmp_path / "clone"
    write(folder, FILE, question_lines(0), question_lines(1, {1: [A, "", A, A, A]}))
    write(folder, PVQ, pvq_lines(0, [ratings()]))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return folder


def _hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_command_writes_the_tables_and_reports(tmp_path, clone):
    report = valact("import-published", str(clone), "--items", str(items_file(tmp_path))).output
    out = Path("data/imported/published")
    assert {path.stem for path in out.iterdir()} == set(SCHEMAS)
    for name, schema in SCHEMAS.items():
        read_table(schema, out / f"{name}.parquet")
    assert read_table(Choices, out / "choices.parquet").height == 10
    assert read_table(InstrumentAnswers, out / "instrument_answers.parquet").height == 40
    assert "1 x empty_answer (answer lost)" in report
    assert f"{FILE}:6" in report
    assert "2 files of answers read, 0 files not" in report
    assert [path.name for path in Path("data").iterdir()] == ["imported"]

    before = _hashes(out)
    valact("import-published", str(clone), "--items", str(items_file(tmp_path)))
    assert _hashes(out) == before


def test_items_in_an_unknown_wording_are_reported_and_not_guessed(clone):
    report = valact("import-published", str(clone)).output
    assert "1 x items_unreadable (block lost)" in report
    assert f"{PVQ}:1" in report


def test_a_folder_that_holds_something_else_is_left_alone(clone):
    other = Path("data/imported/people")
    other.mkdir(parents=True)
    (other / "choices.parquet").write_bytes(b"people")
    result = valact("import-published", str(clone), "--name", "people", fails=True)
    assert "choose another --name" in result.output
    assert (other / "choices.parquet").read_bytes() == b"people"
    assert "a plain name" in valact("import-published", str(clone), "--name", "../x", fails=True).output


def test_a_failed_write_leaves_what_was_there(clone, monkeypatch):
    valact("import-published", str(clone))
    before = _hashes(Path("data/imported/published"))

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.published.folders.write_table", full)
    assert "no space left" in valact("import-published", str(clone), fails=True).output
    assert _hashes(Path("data/imported/published")) == before
    assert [path.name for path in Path("data").iterdir()] == ["imported"]


def test_the_score_stage_takes_the_folder_like_any_other(clone, tmp_path):
    valact("import-published", str(clone), "--items", str(items_file(tmp_path)))
    assembled = tmp_path / "assemble"
    for name, schema in {"scenarios": Scenarios, "questions": Questions, "options": Options}.items():
        write_table(schema, schema.create_empty(), assembled / f"{name}.parquet")
    gathered = gather([], Path("data/imported"), assembled, VALUES)
    assert gathered.choices.height == 10
    assert gathered.questions.height == 10
    assert gathered.options.height == 40


# What a clone can hold beside that.


def test_files_without_content_are_said(tmp_path):
    write(tmp_path, FILE, question_lines(0))
    write(tmp_path, "qwen_result_exp_default_reddit.txt", ["version https://git-lfs.github.com/spec/v1"])
    (tmp_path / "grok_result_exp_pvq.txt").symlink_to(tmp_path / "nowhere")
    lost = read(tmp_path)["problems"].filter(effect="file").select("file", "reason").rows()
    assert sorted(lost) == [
        ("grok_result_exp_pvq.txt", "missing_file"),
        ("qwen_result_exp_default_reddit.txt", "missing_file"),
    ]


def test_half_a_surrogate_pair_is_an_answer_like_another(tmp_path):
    lines = question_lines(0)
    lines[2] = lines[2].replace(f"'{A}'", "'\\ud83d'", 1)
    lines[1] = lines[1].replace("Do 0.0.0", "Do \\ud83d\\ude00", 1)
    write(tmp_path, FILE, lines)
    rows = read(tmp_path)["choices"].sort("question_id")
    assert rows["raw"][0] == "\ufffd"
    assert rows["status"].to_list() == ["invalid"] + ["answered"] * 4


def test_two_missing_wordings_of_a_block_are_two_faults(tmp_path):
    write(tmp_path, FILE, question_lines(0), question_lines(1, dict.fromkeys((1, 2, 3), [A] * 5)))
    tables = read(tmp_path)
    assert tables["choices"].filter(status="failed").height == 10
    assert tables["faults"].filter(fault="left_out_of_denominator")["places"].item() == 10


@pytest.mark.parametrize("number", ["nan", "", "x"])
def test_a_table_with_a_cell_that_is_no_number_is_not_read(tmp_path, number):
    write(tmp_path, FILE, question_lines(0))
    cells = dict.fromkeys([value.name for value in VALUES.values], 10)
    _aggregates(tmp_path, "one/default_prompt1_reddit.csv", cells)
    _aggregates(tmp_path, "two/default_prompt1_reddit.csv", cells | {"Power": number})
    _aggregates(tmp_path, "three/default_prompt1_reddit.csv", cells)
    tables = read(tmp_path)
    assert sorted(tables["cells"]["table"].unique()) == [
        f"{n}/default_prompt1_reddit.csv" for n in ("one", "three")
    ]
    assert tables["problems"].filter(reason="table_unreadable")["file"].to_list() == [
        "two/default_prompt1_reddit.csv"
    ]


def test_a_scenario_that_several_files_lack_is_one_place_of_one_fault(tmp_path):
    for number, model in enumerate(("4o", "grok", "qwen"), start=1):
        name = f"{model}_result_exp_default_reddit.txt"
        write(tmp_path, name, question_lines(0), question_lines(number))
    faults = read(tmp_path)["faults"].filter(fault="subsets_differ")
    assert faults.select("places", "files").rows() == [(3, 3)]

"""The second paper's data in every damaged form: nothing shifts, nothing is made up, every loss has file and line."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from contextlib import chdir

import polars as pl
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.core.errors import InputError
from pipeline.published.lens import actions, mismatches, names, objects, pairs, predictions
from pipeline.published.lens.imports import import_published, write
from pipeline.published.lens.tables import SCHEMAS
from pipeline.published.which import LENS, VALACT, which
from pipeline.tables import ids
from pipeline.tables.files import read_table
from pipeline.values import load

VALUES = load("svs56")
NAMES = [value.name for value in VALUES.values]
HERE = ids.scenario_of("Chile", "Water")


def answer(**changed):
    """An answer that rates everything 2, except as said, by name with underscores."""
    said = dict.fromkeys(NAMES, "2")
    for name, rating in changed.items():
        said[name.replace("_", " ")] = rating
    return said


def written(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def task1(folder, *responses, name="gpt-3.5-turbo.csv"):
    """One response a prompt, in the order of the prompts."""
    rows = [("Chile", "Water", text, prompt) for prompt, text in enumerate(responses)]
    written(folder / "task1" / name, ["country", "topic", "response", "prompt_index"], rows)


def reasons(tables, **of):
    found = tables["problems"].filter(**of) if of else tables["problems"]
    return dict(found.group_by("reason").agg(pl.col("places").sum()).iter_rows())


def rated(tables, wording=1):
    rows = tables["ratings"].filter(wording=wording).sort("place")
    assert rows["value"].to_list() == list(VALUES.slugs)
    return dict(zip(rows["value"], rows.select("status", "rating").iter_rows(), strict=True))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps(answer(Wealth="4")), None),
        ("Sure:\n```json\n" + json.dumps(answer(Wealth=4), indent=1) + "\n```\nNote that ...", None),
        (str(answer(Wealth="4: strongly disagree")), None),
        (
            json.dumps({name: ("strongly disagree" if name == "Wealth" else "I agree.") for name in NAMES}),
            None,
        ),
        ('<think>{"Wealth": "1"} hm</think>' + json.dumps(answer(Wealth="4")), None),
        (json.dumps({"ratings": answer(Wealth="4.0")}), None),
        (json.dumps([{"value": name, "rating": 4 if name == "Wealth" else 2} for name in NAMES]), None),
        ("\n".join(f"- **{name}**: {4 if name == 'Wealth' else 2}" for name in NAMES), "cut_off"),
        (
            json.dumps(
                {name.lower().replace(" ", "_") + " ": "4" if name == "Wealth" else "2" for name in NAMES}
            ),
            "key_repaired",
        ),
        (json.dumps({"Options": "1-4", **answer(Wealth="4")}), "extra_key"),
    ],
)
def test_every_form_of_an_answer_gives_the_same_ratings(tmp_path, text, reason):
    task1(tmp_path, text)
    tables = import_published(tmp_path)
    expected = dict.fromkeys(VALUES.slugs, ("answered", 2)) | {"wealth": ("answered", 4)}
    assert rated(tables) == expected
    assert set(reasons(tables)) == ({reason} if reason else set())
    scores = dict(tables["ratings"].select("value", "score").iter_rows())
    assert (scores["wealth"], scores["clean"]) == (0, pytest.approx(2 / 3))


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("2 (agree)", 2),
        ("agree (2)", 2),
        ("Option 2", 2),
        ("2 - somewhat", 2),
        ("very much like me", 1),
        ("1 (agree)", None),
        ("disagree (2)", None),
        ("1-2", None),
        ("2.5", None),
        ("-1", None),
        ("I would say 2 of them", None),
        ("not sure", None),
        ("somewhat agree", None),
    ],
)
def test_ratings_are_read_strictly(tmp_path, text, rating):
    task1(tmp_path, json.dumps(answer(Wealth=text)))
    assert rated(import_published(tmp_path))["wealth"] == ("answered" if rating else "invalid", rating)


def test_a_missing_value_moves_no_other_and_each_rating_has_its_status(tmp_path):
    said = answer(Wealth="5", Clean="not like me", Devout=None, Humble="3: agree", Daring="somewhat")
    del said["Social Power"]
    text = json.dumps(said).replace('"Loyal": "2"', '"Loyal": "2", "Loyal": "3"')
    task1(tmp_path, text)
    tables = import_published(tmp_path)
    found = rated(tables)
    odd = {value: what for value, what in found.items() if what != ("answered", 2)}
    assert odd == {
        "social_power": ("failed", None),
        "wealth": ("invalid", None),
        "loyal": ("invalid", None),
        "humble": ("invalid", None),
        "daring": ("invalid", None),
        "devout": ("failed", None),
        "clean": ("answered", 3),
    }
    assert reasons(tables) == {
        "value_missing": 1,
        "off_scale": 1,
        "value_twice": 1,
        "not_a_rating": 2,
        "empty_answer": 1,
        "other_words": 1,
    }
    assert set(tables["problems"]["line"]) == {2}


def test_answers_without_an_object_keep_their_rows(tmp_path):
    cut = json.dumps(answer(Wealth="4"))[:400]
    task1(
        tmp_path,
        "I'm sorry, but I can't rate values for a country.",
        "",
        "The weather is nice.",
        cut,
        json.dumps(answer()) + json.dumps(answer(Wealth="1")),
        "<think>still thinking",
    )
    tables = import_published(tmp_path)
    by_wording = {
        wording: dict(part["status"].value_counts().iter_rows())
        for (wording,), part in sorted(tables["ratings"].partition_by("wording", as_dict=True).items())
    }
    assert [by_wording[n] for n in (1, 2, 3, 5, 6)] == [
        {"refused": 56},
        {"failed": 56},
        {"invalid": 56},
        {"invalid": 56},
        {"invalid": 56},
    ]
    whole = [name for name in NAMES if f'"{name}": "' in cut[: cut.rindex('"2"') + 3]]
    assert rated(tables, 4)["wealth"] == ("answered", 4)
    assert by_wording[4]["answered"] == len(whole)
    assert by_wording[4]["failed"] == 56 - len(whole)


def test_rows_that_cannot_be_told_apart_are_lost_alone(tmp_path):
    good = json.dumps(answer())
    path = written(
        tmp_path / "task1" / "some-model.csv",
        ["country", "topic", "response", "prompt_index"],
        [
            ("Chile", "Water", good, 0),
            ("Chile", "Water", "one field too many", 1, "x"),
            ("Chile", "Water", good, 9),
            ("", "Water", good, 2),
            ("Chile", "Water", good, 0),
            ("Chile", "Water", json.dumps(answer(Wealth="1")), 0),
            ("Peru", "Water", good, 1),
        ],
    )
    assert path.exists()
    tables = import_published(tmp_path)
    assert reasons(tables) == {
        "row_unreadable": 1,
        "setting_unreadable": 2,
        "repeated_row": 1,
        "asked_again": 1,
        "scenario_incomplete": 2,
    }
    lines = tables["problems"].filter(pl.col("line") > 0).sort("line").select("line", "reason").rows()
    assert lines == [
        (3, "row_unreadable"),
        (4, "setting_unreadable"),
        (5, "setting_unreadable"),
        (6, "repeated_row"),
        (7, "asked_again"),
    ]
    assert tables["ratings"].filter(scenario_id=HERE)["repeat"].unique().sort().to_list() == [1, 2]
    assert tables["respondents"]["respondent"].to_list() == ["published-some-model"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"action": "Option 1"}', ("answered", 1)),
        ("{'explanation': \"It's mine\", 'action': '2'}", ("answered", 2)),
        ('```json\n{"Action": 2}\n```', ("answered", 2)),
        ("Option 2", ("answered", 2)),
        ('{"action": "Option 1: I share."}', ("answered", 1)),
        ('{"action": "I share."}', ("answered", 1)),
        ('{"action": "Both"}', ("invalid", None)),
        ("Option 1 or Option 2", ("invalid", None)),
        ('{"action": "Option 3"}', ("invalid", None)),
        ('{"action": "Option 1"} {"action": "Option 2"}', ("invalid", None)),
        ("I cannot choose for people.", ("refused", None)),
        (" ", ("failed", None)),
    ],
)
def test_choices(text, expected):
    assert pairs.choice(text, ("I share.", "I keep."))[:2] == expected


def test_prompts_say_which_action_was_first():
    """4 x wording + 2 x reversed + explanation; not reversed, the opposing action is Option 1."""
    rows = [pairs.Asked(index).row("answered", 1, "1") for index in range(8)]
    assert [row["expressed"] for row in rows] == [False, False, True, True] * 2
    assert [row["named"] for row in rows] == [True] * 4 + [False] * 4
    assert [row["explained"] for row in rows] == [False, True] * 4


def said_action(text="I share water.", quote='"'):
    fields = {
        "Human Action": text,
        "Feature Attributions": ["share water"],
        "Natural Language Explanation": "It's kind.",
    }
    return json.dumps(fields) if quote == '"' else str(fields)


@pytest.mark.parametrize(
    ("text", "form", "action"),
    [
        (said_action(), "json", "I share water."),
        ("Here it is:\n```json\n" + said_action() + "\n```", "json", "I share water."),
        (said_action(quote="'"), "literal", "I share water."),
        (
            "{'Human Action': 'I share my neighbour's water.', 'Feature Attributions': ['share', 'neighbour's'], "
            "'Natural Language Explanation': 'It's kind.'}",
            "repaired",
            "I share my neighbour's water.",
        ),
        (said_action()[:-20], "broken", None),
        ("I'm sorry, but I can't help with that.", "refusal", None),
        (said_action("I'm sorry, but I can't assist with that."), "refusal", None),
        (
            said_action("I cannot stand by when water is wasted."),
            "json",
            "I cannot stand by when water is wasted.",
        ),
        ("", "empty", None),
    ],
)
def test_actions_in_every_form(text, form, action):
    found = actions.said(text)
    assert (found.form, found.action) == (form, action)
    if form == "repaired":
        assert found.spans == ("share", "neighbour's")


def full_actions(cells):
    """Rows of a full file: both stances of each cell, expressing first, not in the order of the grid."""
    rows = []
    for country, topic, value in cells:
        for stance in ("positive", "negative"):
            rows.append(
                (
                    len(rows),
                    country,
                    topic,
                    value,
                    stance,
                    said_action(quote="'" if value == "Wealth" else '"'),
                )
            )
    return rows


@pytest.fixture
def publication(tmp_path):
    """A model's ratings, its complete list, and a zip with the actions and a log: everything agrees."""
    cells = [("Chile", "Water", name) for name in reversed(NAMES)]
    task1(tmp_path, *[json.dumps(answer(Wealth="4", Devout="3"))] * 8)
    listed = [
        (
            "Chile",
            "Water",
            "Wealth",
            "7    positive\nName: polarity, dtype: object",
            "7    {\\n  'Human Action': 'I...\nName: x, dtype: object",
        ),
        (
            "Chile",
            "Water",
            "Clean",
            "9    negative\nName: polarity, dtype: object",
            '9    {\\n  "Human Action": "I...\nName: x, dtype: object',
        ),
    ]
    written(
        tmp_path / "misaligned" / "gpt-3.5-turbo_all.csv",
        ["", "country", "topic", "value", "polarity", "generation_prompt"],
        [(n, *row) for n, row in enumerate(listed)],
    )
    return tmp_path, cells


def pack(folder, cells, log):
    packed = io.StringIO(newline="")
    header = ["", "country", "topic", "value", "polarity", "generation_prompt"]
    csv.writer(packed).writerows([header, *full_actions(cells)])
    with zipfile.ZipFile(folder / "data.zip", "w") as archive:
        archive.writestr("data/actions.csv", packed.getvalue())
        archive.writestr("data/logs/gpt-3.5-turbo.jsonl", "\n".join(log))
        archive.writestr("__MACOSX/data/actions.csv", "x")
        archive.writestr("data/figure.png", b"\x89PNG")


def test_choices_follow_from_a_complete_list_and_ratings(publication):
    folder, _ = publication
    tables = import_published(folder)
    chosen = dict(tables["choices"].select("value", "expressed").iter_rows())
    assert len(chosen) == 56
    # Devout is rejected and not in the list: acted against. Wealth and Clean are the other side of what is stated.
    assert {value for value, expressed in chosen.items() if not expressed} == {"devout", "clean"}
    assert reasons(tables) == {"reconstructed": 1}
    assert tables["mismatches"].select("value", "states_it", "acts_on_it", "rated_so").rows() == [
        ("wealth", False, True, True),
        ("clean", True, False, True),
    ]


def test_a_list_that_contradicts_the_ratings_is_named_and_nothing_follows(publication):
    folder, _ = publication
    task1(folder, *[json.dumps(answer(Clean="4"))] * 8)
    tables = import_published(folder)
    assert reasons(tables) == {"label_disagrees": 2, "not_reconstructed": 1}
    told = (
        tables["problems"]
        .filter(reason="label_disagrees")
        .sort("line")
        .select("file", "line", "subject")
        .rows()
    )
    assert told == [
        ("misaligned/gpt-3.5-turbo_all.csv", 2, "Chile, Water, wealth"),
        ("misaligned/gpt-3.5-turbo_all.csv", 5, "Chile, Water, clean"),
    ]
    assert tables["choices"].is_empty()


def test_logs_find_their_pair_by_the_row_of_the_full_file(publication):
    folder, cells = publication
    log = [
        json.dumps({"index": 2 * n, "response": '{"explanation": "...", "action": "Option 2"}'})
        for n in range(len(cells))
    ]
    log[0] = json.dumps({"index": 1, "response": {"action": "Option 1"}})
    log += [
        "{broken",
        json.dumps({"index": 4000, "response": "Option 1"}),
        json.dumps({"index": 3, "response": "Both"}),
    ]
    pack(folder, cells, log)
    tables = import_published(folder)
    logged = tables["choices"].filter(pl.col("raw").is_not_null(), repeat=1)
    chosen = dict(logged.select("value", "expressed").iter_rows())
    assert len(chosen) == 56
    assert {value for value, expressed in chosen.items() if not expressed} == {"clean"}
    in_log = {"file": "data.zip!data/logs/gpt-3.5-turbo.jsonl"}
    assert reasons(tables, **in_log) == {
        "line_unreadable": 1,
        "no_such_row": 1,
        "asked_again": 1,
        "not_a_choice": 1,
    }
    assert tables["problems"].filter(reason="no_such_row")["line"].to_list() == [58]
    kinds = dict(tables["files"].select("file", "read_as").iter_rows())
    assert kinds["data.zip!data/actions.csv"] == "actions"
    assert kinds["data.zip!data/figure.png"] == "beside"
    assert tables["actions"].height == 112


@pytest.mark.parametrize("as_list", [False, True])
def test_a_log_may_call_its_fields_anything(publication, as_list):
    folder, cells = publication
    lines = [
        {
            "index": 2 * n,
            "action": "I share water.",
            "model_says": {"action": "2" if n else "Option 1"},
            "cost": 1,
        }
        for n in range(len(cells))
    ]
    text = json.dumps(lines, indent=1) if as_list else "\n".join(map(json.dumps, lines))
    written(
        folder / "actions.csv",
        ["country", "topic", "value", "polarity", "generation_prompt"],
        [row[1:] for row in full_actions(cells)],
    )
    (folder / f"gpt-3.5-turbo.{'json' if as_list else 'jsonl'}").write_text(text)
    logged = import_published(folder)["choices"].filter(pl.col("raw").is_not_null())
    assert logged.height == 56
    assert logged.filter(~pl.col("expressed"))["value"].to_list() == ["clean"]


def test_a_full_run_and_a_comparison_of_prompts_keep_their_answers(publication):
    folder, _ = publication
    header = ["country", "topic", "value", "option1", "option2", *(f"evaluation_{n}" for n in range(8))]
    row = ("Chile", "Water", "Wealth", "I keep.", "I take.", *["{'action': 'Option 1'}"] * 8)
    written(folder / "task2_variants" / "gpt_35_turbo.csv", header, [row])
    tables = import_published(folder)
    who = tables["respondents"].select("respondent", "agent", "condition", "source").rows()
    one, other = "published-gpt-3.5-turbo", "published-gpt-3.5-turbo-prompts"
    lists = "misaligned/gpt-3.5-turbo_all.csv, task1/gpt-3.5-turbo.csv"
    assert who == [
        (one, "gpt-3.5-turbo", "main", lists),
        (other, "gpt-3.5-turbo", "8 prompts, 1 pairs", "task2_variants/gpt_35_turbo.csv"),
    ]
    wealth = tables["choices"].filter(value="wealth")
    assert dict(wealth.group_by("respondent").len().iter_rows()) == {one: 1, other: 8}
    assert wealth.filter(respondent=one)["expressed"].item()
    same = wealth.filter(respondent=other, wording=2, order="opposing_first", explained=True)
    assert same.select("repeat", "expressed").rows() == [(1, False)]
    assert reasons(tables) == {"reconstructed": 1}
    assert (
        dict(tables["files"].select("file", "respondent").iter_rows())["task2_variants/gpt_35_turbo.csv"]
        == other
    )


def test_other_files_are_told_with_the_reason(publication):
    folder, _ = publication
    written(folder / "notes.csv", ["a", "b"], [(1, 2)])
    (folder / "readme.md").write_text("x")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no archive")
    (folder / "pointer.csv").write_text("version https://git-lfs.github.com/spec/v1\n")
    (folder / "task1" / "copy.csv").write_bytes((folder / "task1" / "gpt-3.5-turbo.csv").read_bytes())
    (folder / "old.csv").write_bytes("country,topic,value,polarity,généré\n".encode("cp1252"))
    tables = import_published(folder)
    files = {row["file"]: row for row in tables["files"].iter_rows(named=True)}
    unread = {name: row["reason"].split(":")[0] for name, row in files.items() if row["read_as"] == "nothing"}
    assert unread == {
        "notes.csv": "table_not_known",
        "broken.zip": "zip_unreadable",
        "pointer.csv": "missing_file",
        "old.csv": "table_not_known",
        "task1/copy.csv": "read_already",
    }
    assert files["readme.md"]["read_as"] == "beside"
    assert reasons(tables)["encoding"] == 1


def test_the_tables_are_written_whole_and_the_same_twice(publication, tmp_path_factory):
    folder, _ = publication
    out = tmp_path_factory.mktemp("out") / "imported" / "published"
    seen = []
    for _ in range(2):
        write(import_published(folder), out)
        seen.append({path.name: path.read_bytes() for path in sorted(out.iterdir())})
    assert seen[0] == seen[1]
    assert {name.removesuffix(".parquet") for name in seen[0]} == set(SCHEMAS)
    assert read_table(SCHEMAS["ratings"], out / "ratings.parquet").height == 8 * 56


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no published results"):
        which(tmp_path)
    written(tmp_path / "task1.csv", ["country", "topic", "response", "prompt_index"], [])
    with pytest.raises(InputError, match="nothing of the publication"):
        import_published(tmp_path)


def test_which_publication_a_folder_holds(publication):
    folder, _ = publication
    assert which(folder) == LENS
    (folder / "grok_result_exp_default_reddit.txt").write_text("x")
    with pytest.raises(InputError, match="of both papers"):
        which(folder)
    (folder / "only").mkdir()
    (folder / "only" / "grok_result_exp_default_reddit.txt").write_text("x")
    assert which(folder / "only") == VALACT


def test_whose_answers_a_file_holds():
    assert {name: names.model_of(name) for name in MODELS} == MODELS


MODELS = {
    "task1/gpt-3.5-turbo.csv": "gpt-3.5-turbo",
    "task2_variants/gpt_35_turbo.csv": "gpt-3.5-turbo",
    "x/gpt-4o-mini_t1.csv": "gpt-4o-mini",
    "llama33.csv": "llama-3.3-70b",
    "data.zip!gemma2/logs.jsonl": "gemma-2-9b",
    "DeepSeek-R1-Distill-Llama-70B.csv": "deepseek-r1-70b",
    "QwQ-32B.csv": "qwen-qwq",
    "mistral-large_task1.csv": "mistral-large",
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Wealth", ("wealth", True)),
        (" self-discipline ", ("self_discipline", False)),
        ("Spiritual Life", ("a_spiritual_life", False)),
        ("Reciprocation of Favours", ("reciprocation_of_favors", False)),
        ("12. Wealth (money)", ("wealth", False)),
        ("Security", (None, False)),
        ("Options", (None, False)),
        ("Life", (None, False)),
    ],
)
def test_keys(key, value):
    assert names.value_of(key) == value


def test_what_pandas_printed_and_what_an_observer_says():
    assert mismatches.of_printed("2643    negative\nName: polarity, dtype: object") == [(2643, "negative")]
    assert mismatches.of_printed("negative") == [(None, "negative")]
    said = {
        "Label: True \n Reason: x": True,
        "**Label:** False": False,
        "true.": True,
        "Label: True, Label: False": None,
    }
    assert {text: predictions.guessed(text) for text in said} == said
    assert [
        predictions.setting_of(f"m_{name}.csv") for name in ("default", "attribution", "explanation")
    ] == [
        "action",
        "spans",
        "explanation",
    ]
    assert predictions.setting_of("gpt_attribution_explanation.csv") == "both"


def test_no_answer_takes_long():
    """Braces without end, quotes without end: bounded work."""
    for text in ("{" * 50_000, '{"a": ' * 20_000, "'" * 50_000, "{'a': '" * 20_000):
        assert objects.find_object(text, lambda name: True).form in ("none", "fields")


def test_a_publication_alone_has_a_report(publication, tmp_path_factory):
    folder, _ = publication
    at = tmp_path_factory.mktemp("at")
    with chdir(at):
        found = CliRunner().invoke(main, ["import-published", str(folder), "--report", "alone"])
        again = CliRunner().invoke(main, ["import-published", str(folder), "--report", "lens"])
    assert found.exit_code == 0, found.output
    assert "its respondents alone is alone/report/report.html" in found.output
    text = (at / "alone/report/report.md").read_text()
    line = next(line for line in text.splitlines() if line.startswith("| cells | Cells with both |"))
    assert line.split("|")[3].strip() == "56"
    assert "actions were asked for" not in text
    assert again.exit_code == 1
    assert "the folder holds something else" in again.output

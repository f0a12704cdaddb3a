"""`valact import-humans`: every answer is found again, every one that is not used has a reason, nobody has a name."""

import csv
import io
from collections import Counter

import polars as pl
import pytest
from services.folder import valact, write_params
from services.study import QUESTIONS, make_study, write_rows

from pipeline.score.gather import gather
from pipeline.score.scoring import score_instruments
from pipeline.tables import Choices, InstrumentAnswers, Ratings, Respondents, read_table
from pipeline.tables.people import PeopleLedger


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return built.copied(tmp_path)


def as_csv(record):
    """What the page saves as a table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    columns = ["form", "design", "participant", "place", "item", "answer", "seconds", "options"]
    writer.writerow([*columns, "withdrawal", "agreed"])
    for e in record["items"]:
        answer = "" if e["answer"] is None else e["answer"]
        options = " ".join(e["options"] or [])
        person = (record["form"], record["design"], record["participant"])
        told = (record["withdrawal"], record["consent"]["agreed"])
        writer.writerow([*person, e["place"], e["item"], answer, e["seconds"], options, *told])
    return out.getvalue()


def as_survey_row(record, *, reverse=False):
    """What a survey tool exports: the number of each answer under the id of its item."""
    row = {"participant": record["participant"], "StartDate": "2026-03-04 05:06", "IPAddress": "192.0.2.7"}
    for e in record["items"]:
        if e["options"]:
            row[e["item"]] = e["options"].index(e["answer"]) + 1
        else:
            row[e["item"]] = 7 - e["answer"] if reverse else e["answer"]
    return row


def test_every_answer_becomes_the_row_that_the_key_says(study):
    record = study.record("f001", "anna")
    study.take_in(study.save(record, "a.json"))
    (respondent,) = study.table("respondents").to_dicts()
    assert (respondent["kind"], respondent["group"]) == ("human", "pilot")
    given = {e["item"]: e["answer"] for e in record["items"]}
    options = pl.read_parquet("data/assemble/options.parquet")
    action = {
        (q, p): (a, v)
        for q, p, a, v in options.select("question_id", "position", "action_id", "value").iter_rows()
    }
    choices = {row["question_id"]: row for row in study.table("choices").to_dicts()}
    answers = {row["item"]: row for row in study.table("instrument_answers").to_dicts()}
    assert (len(choices), len(answers), study.table("ledger").height) == (QUESTIONS, 40, 0)
    for item in study.items("f001"):
        if item["kind"] == "question":
            row, shown = choices[item["question_id"]], item["option_ids"].index(given[item["item_id"]])
            assert (row["letter"], row["position"]) == ("ABCD"[shown], int(item["order"][shown]))
            assert (row["action_id"], row["value"]) == action[item["question_id"], row["position"]]
            assert (row["order"], row["mode"], row["status"]) == (item["order"], "default", "answered")
        elif item["kind"] == "statement":
            row = answers[item["number"]]
            assert (row["answer"], row["place"], row["shuffle"]) == (
                given[item["item_id"]],
                item["number_place"],
                1,
            )


def test_json_csv_and_survey_tables_of_the_same_answers_give_the_same_tables(study):
    records = [study.record(f"f00{n}", f"person{n}") for n in (1, 2, 3)]
    columns = ["item", "status", "answer"], ["question_id", "order", "status", "letter", "action_id"]

    def taken(*files, **options):
        study.take_in(*files, **options)
        return [
            study.table(name).select(columns).sort(columns).rows()
            for name, columns in zip(("instrument_answers", "choices"), columns, strict=True)
        ]

    pages = taken(*(study.save(record, f"{n}.json") for n, record in enumerate(records)))
    tables = [study.folder / f"{n}.csv" for n in range(3)]
    for path, record in zip(tables, records, strict=True):
        path.write_text(as_csv(record), newline="")
    assert taken(*tables) == pages
    joined = study.folder / "all.csv"
    joined.write_text("".join(as_csv(record) for record in records), newline="")
    assert taken(joined) == pages
    survey = write_rows(study.folder / "survey.csv", [as_survey_row(record) for record in records])
    assert taken(survey) == pages
    assert study.ledger() == [("noted", "no_times", None, None)] * 3
    reverse = write_rows(study.folder / "r.csv", [as_survey_row(record, reverse=True) for record in records])
    valact("import-humans", str(reverse), "--key", "forms", "--name", "reversed", "--reverse")
    read = pl.read_parquet("data/imported/reversed/instrument_answers.parquet")
    assert read.select(columns[0]).sort(columns[0]).rows() == pages[0]


def test_no_table_says_who_somebody_is(study):
    code = "anna.schmidt"
    page = study.save(study.record("f001", code), f"answers-{code}.json")
    hasty = study.change(study.record("f002", "bob-77"), "question", lambda e: e.update(seconds=0.1))
    survey = as_survey_row(study.record("f003", "carl-88"))
    files = [page, study.save(hasty, "answers-bob-77.json"), write_rows(study.folder / "s.csv", [survey])]
    before = [file.read_bytes() for file in files]
    output = study.take_in(*files)
    assert "StartDate, IPAddress" in output
    everything = "".join(
        str(value)
        for path in (study.folder / "data/imported/pilot").iterdir()
        for row in pl.read_parquet(path).rows()
        for value in row
    )
    assert not [s for s in (code, "bob-77", "carl-88", "192.0.2.7", "2026-03") if s in everything + output]
    assert ("left_out", "too_fast", "answers-***.json", 0) in study.ledger()
    ledger = read_table(PeopleLedger, study.folder / "data/imported/pilot/ledger.parquet")
    assert ledger.filter(pl.col("file").is_not_null() & pl.col("respondent").is_not_null()).is_empty()
    assert [file.read_bytes() for file in files] == before


def test_ids_do_not_follow_from_codes_and_stay_when_files_are_added(study):
    first = study.save(study.record("f001", "anna"), "z.json")
    study.take_in(first)
    (alone,) = study.table("respondents")["respondent"]
    study.take_in(first, study.save(study.record("f002", "bert"), "a.json"))
    assert alone in study.table("respondents")["respondent"].to_list()
    renamed = study.record("f001", "anna") | {"participant": "somebody else"}
    study.take_in(study.save(renamed, "y.json"))
    assert study.table("respondents")["respondent"].to_list() == [alone]


def test_who_withdraws_by_code_is_in_no_table_of_this_import_or_the_next(study):
    """From files that came by e-mail: one person's own is deleted, a table of several people is named."""
    anna, bert, carl = (study.record(f"f00{n}", name) for n, name in ((1, "anna"), (2, "bert"), (3, "carl")))
    own = study.save(anna, "anna.json")
    shared = study.folder / "both.csv"
    shared.write_text(as_csv(bert) + as_csv(carl), newline="")
    study.take_in(own, shared)
    assert study.table("respondents").height == 3
    for record, (said, left) in zip(
        (anna, bert), (("anna.json is deleted", 2), ("both.csv holds others' answers too", 1)), strict=True
    ):
        there = [str(file) for file in (own, shared) if file.exists()]
        assert said in valact("study", "withdraw", record["withdrawal"], "forms", *there).output
        assert study.table("respondents").height == left
    assert study.table("choices")["respondent"].n_unique() == 1
    assert study.ledger().count(("left_out", "withdrawn", "(withdrawn)", 1)) == 1
    left_out = "1 people kept, 2 files or rows left out"
    assert left_out in study.take_in(shared)
    # A file that arrives after its person withdrew is left out too.
    late = study.record("f004", "dora")
    assert "Nobody with this code" in valact("study", "withdraw", late["withdrawal"], "forms").output
    study.take_in(shared, study.save(late, "dora.json"))
    assert study.table("respondents").height == 1
    assert [reason for _, reason, *_ in study.ledger()] == ["withdrawn"] * 3
    kept = (study.folder / "forms/key/withdrawal.json").read_text()
    assert not [r["withdrawal"] for r in (anna, bert, carl, late) if r["withdrawal"] in kept]
    assert (study.folder / "forms/key/withdrawal.json").stat().st_mode & 0o077 == 0


def test_what_people_say_about_themselves_is_kept_apart(study):
    records = [
        study.record(f"f00{n}", f"p{n}") | {"background": {"age": age}} for n, age in ((1, "60"), (2, "20"))
    ]
    study.take_in(*(study.save(record, f"{n}.json") for n, record in enumerate(records)))
    apart = study.folder / "forms/key/background-pilot.csv"
    assert apart.read_text() == "age\n20\n60\n"
    assert apart.stat().st_mode & 0o077 == 0
    assert not [name for name in ("respondents", "choices") if "age" in study.table(name).columns]


def entry_of(study, record, kind):
    kinds = dict(study.key.select("item_id", "kind").iter_rows())
    return next(e for e in record["items"] if kinds[e["item"]] == kind)


SPOILT = {
    "incomplete": lambda s, r: s.change(r, "statement", lambda e: e.update(answer=None)),
    "attention_failed": lambda s, r: s.change(
        r, "attention_statement", lambda e: e.update(answer=e["answer"] % 6 + 1)
    ),
    "straight_lining": lambda s, r: s.change(r, "question", lambda e: e.update(answer=e["options"][2])),
    "too_fast": lambda s, r: s.change(r, "statement", lambda e: e.update(seconds=0.3)),
    "other_design": lambda s, r: r | {"design": "0123456789ab"},
    "unknown_form": lambda s, r: r | {"form": "f099"},
    "several_forms": lambda s, r: r | {"form": "f002"},
    "options_differ": lambda s, r: s.change(r, "question", lambda e: e.update(options=e["options"][::-1])),
    "item_twice": lambda s, r: r | {"items": [*r["items"], r["items"][0]]},
    "no_consent": lambda s, r: r | {"consent": {"agreed": "", "text": r["consent"]["text"]}},
    "not_an_answer_file": lambda s, r: r | {"format": "something/2"},
}


@pytest.mark.parametrize("reason", SPOILT)
def test_who_is_left_out_is_in_the_ledger_with_file_and_reason(study, reason):
    good = study.save(study.record("f001", "anna"), "good.json")
    bad = study.save(SPOILT[reason](study, study.record("f001", "bert")), "spoilt.json")
    output = study.take_in(good, bad)
    assert "1 people kept, 1 files or rows left out" in output
    assert study.ledger() == [("left_out", reason, "spoilt.json", 0)]
    assert study.table("respondents").height == 1


def test_bounds_are_params_and_are_inclusive(study):
    failed_once = study.change(
        study.record("f001", "anna"), "attention_question", lambda e: e.update(answer=None)
    )
    study.take_in(study.save(failed_once, "once.json"))
    assert study.table("respondents").height == 1
    checks = study.params.forms.checks.model_copy(update={"max_failed_attention": 0})
    forms = study.params.forms.model_copy(update={"checks": checks})
    write_params(study.folder, study.params.model_copy(update={"forms": forms}))
    assert "There were 1 before" in study.take_in(study.folder / "once.json")
    assert study.ledger() == [("left_out", "attention_failed", "once.json", 0)]


def test_single_answers_that_cannot_be_are_rows_with_a_status_and_a_reason(study):
    record = study.record("f001", "anna")
    entry_of(study, record, "statement")["answer"] = 9
    entry_of(study, record, "question")["answer"] = "o00000000beef"
    record["items"].append({"item": "i00000000beef", "answer": 1, "seconds": 3, "options": None})
    record["items"].append("nonsense")
    missing = study.record("f002", "bert")
    entry_of(study, missing, "statement")["answer"] = None
    study.take_in(study.save(record, "a.json"), study.save(missing, "b.json"))
    assert sorted(study.ledger()) == [
        ("answer_unused", reason, "a.json", 0)
        for reason in ("out_of_range", "unknown_item", "unknown_option", "unreadable_item")
    ]
    statuses = Counter(study.table("instrument_answers")["status"]) + Counter(
        study.table("choices")["status"]
    )
    assert statuses == {"answered": 2 * (40 + QUESTIONS) - 3, "invalid": 2, "failed": 1}


def test_one_person_counts_once(study):
    full, cut = study.record("f001", "Anna"), study.record("f002", "anna")
    entry_of(study, cut, "question")["answer"] = None
    csv_file = study.folder / "a.csv"
    csv_file.write_text(as_csv(full), newline="")
    other_code = study.save(full | {"participant": "zoe"}, "c.json")
    study.take_in(study.save(full, "b.json"), csv_file, other_code, study.save(cut, "d.json"))
    assert study.table("respondents").height == 1
    assert study.table("instrument_answers")["shuffle"].unique().to_list() == [1]
    assert study.ledger() == [
        ("left_out", "same_answers", "b.json", 0),
        ("left_out", "same_answers", "c.json", 0),
        ("left_out", "same_participant", "d.json", 0),
    ]


BROKEN = {
    "empty.json": (b"", "unreadable_file", 0),
    "latin.csv": ("form,é\n".encode("latin-1"), "unreadable_file", 0),
    "cut.json": (b'{"format": "valact-answers/1", "items": [', "unreadable_file", 0),
    "list.json": (b"[1, 2]", "not_an_answer_file", 0),
    "bare.json": (b'{"format": "valact-answers/1"}', "not_an_answer_file", 0),
    "other.csv": (b"a,b\n1,2\n", "not_an_answer_file", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_ledger_row_and_the_others_are_read(study, name):
    content, reason, row = BROKEN[name]
    (study.folder / name).write_bytes(content)
    study.take_in(study.folder / name, study.save(study.record("f001", "anna"), "good.json"))
    assert study.ledger() == [("left_out", reason, name, row)]
    assert study.table("respondents").height == 1


def test_broken_rows_of_a_table_are_named_by_their_line(study):
    rows = [as_survey_row(study.record("f001", f"p{n}")) for n in range(3)]
    path = write_rows(study.folder / "s.csv", rows)
    lines = path.read_text().splitlines()
    lines[2] += ",one,more"
    lines.insert(4, "," * lines[0].count(","))
    lines.append("p9" + "," * lines[0].count(","))
    path.write_text("\n".join(lines) + "\n")
    study.take_in(path)
    assert study.table("respondents").height == 2
    left_out = [row for row in study.ledger() if row[0] == "left_out"]
    assert left_out == [("left_out", "unreadable_row", "s.csv", 3), ("left_out", "no_answers", "s.csv", 6)]


def test_the_rules_of_the_pvq_are_applied_and_reported(study):
    flat = study.change(study.record("f001", "anna"), "statement", lambda e: e.update(answer=4))
    study.take_in(study.save(flat, "flat.json"))
    (row,) = study.table("ledger").to_dicts()
    (respondent,) = study.table("respondents")["respondent"]
    assert (row["effect"], row["reason"], row["respondent"]) == (
        "no_scores",
        "straight_lining",
        respondent,
    )
    scores = score_instruments(study.table("instrument_answers"))
    assert set(scores["excluded"]) == {"straight_lining"}
    assert scores["mean"].null_count() == 10


def test_the_folder_is_what_score_gathers_even_when_the_questions_are_no_more(study):
    study.take_in(study.save(study.record("f001", "anna"), "a.json"))
    folder = study.folder / "data/imported/pilot"
    for name, schema in (
        ("respondents", Respondents),
        ("choices", Choices),
        ("instrument_answers", InstrumentAnswers),
    ):
        assert read_table(schema, folder / f"{name}.parquet").height
    assert read_table(Ratings, folder / "ratings.parquet").is_empty()
    imported, assembled = study.folder / "data/imported", study.folder / "data/assemble"
    gathered = gather([], imported, assembled, study.params.values)
    for name in ("scenarios", "questions", "options"):
        path = assembled / f"{name}.parquet"
        pl.read_parquet(path).clear().write_parquet(path)
    later = gather([], imported, assembled, study.params.values)
    assert gathered.choices.height == QUESTIONS
    assert gathered.options.sort("action_id").equals(later.options.sort("action_id"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.json", "--key", "forms", "--name", "x"], "no such file of answers"),
        (["a.json", "forms/a.json", "--key", "forms", "--name", "x"], "another file has the same name"),
        (["a.json", "--key", "data", "--name", "x"], "no key of forms"),
        (["a.json", "--name", "x"], "give --key or --columns"),
        (["a.json", "--key", "forms", "--name", "../x"], "--name ../x"),
        (["a.json", "--key", "forms", "--name", "taken"], "something else than people's answers"),
        (["a.json", "--key", "forms", "--name", "x", "--reverse"], "no file is a survey tool's"),
        (["p.csv", "--columns", "q(\\d", "--name", "x"], "not a regular expression"),
        (["p.csv", "--columns", "q\\d", "--name", "x"], "one group is needed"),
        (["p.csv", "--columns", "q(\\d+)", "--name", "x"], "no column is mapped to 38 of the 40"),
        (["p.csv", "--columns", "([12])$", "--name", "x"], "is mapped to item 1: also 'q1'"),
    ],
)
def test_what_cannot_be_imported_is_one_error(study, arguments, said):
    study.save(study.record("f001", "anna"), "a.json")
    (study.folder / "p.csv").write_text("q1,q2,r1\n1,2,3\n")
    (study.folder / "data/imported/taken").mkdir(parents=True)
    assert said in " ".join(valact("import-humans", *arguments, fails=True).output.split())
    assert not (study.folder / "data/imported/x").exists()

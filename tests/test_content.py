"""Hashes of contents are what the docs say, and answers are joined by id and hash."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from services.built_release import seal
from services.finished_run import finished_run, run_params
from services.material import material, write_material
from services.released import build, release_params
from services.values import DESIGN, SLUGS, TEN

from pipeline import verify as verification
from pipeline.administer.design import Material
from pipeline.analyse.study import Scored
from pipeline.answers.imports import import_answers
from pipeline.answers.reader import ROW, Raw
from pipeline.assemble.deal import assemble
from pipeline.compare.sides import _same
from pipeline.core.errors import InputError
from pipeline.release.files import arrow, write_parquet
from pipeline.score.gather import gather
from pipeline.tables import (
    AskedQuestions,
    Choices,
    InstrumentAnswers,
    InstrumentScores,
    Options,
    Ratings,
    Respondents,
    conform,
    read_table,
    write_table,
)

FIRST = material(7, seed=1)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def dealt_again(made: Material, *, seed: int = 1, action: str = "", text: str = "") -> Material:
    """The same scenarios and actions dealt with another seed, or with one action written anew."""
    shown = pl.when(pl.col("action_id") == action).then(pl.lit(text)).otherwise(pl.col("text"))
    actions = made.actions.with_columns(text=shown)
    questions, options = assemble(
        made.scenarios,
        actions,
        mode="balanced",
        seed=seed,
        generators=("one", "two"),
        design=DESIGN,
        values=SLUGS,
    )
    return Material(questions, options, made.scenarios, actions)


def asked(made: Material) -> pl.DataFrame:
    category = made.scenarios.select("scenario_id", "category")
    return conform(
        AskedQuestions,
        made.questions.join(category, on="scenario_id").select(AskedQuestions.column_names()),
        where="test",
    )


def answers(made: Material, folder: Path, *, hashes: bool = True) -> pl.DataFrame:
    """A folder of answers of one respondent, who chose the first option of every question."""
    first = made.options.filter(position=1).join(
        made.questions.select("question_id", "scenario_id", "content_sha256"), on="question_id"
    )
    rows = first.select(
        "question_id", "scenario_id", "position", "action_id", "value", "content_sha256"
    ).with_columns(
        *(
            pl.lit(text).alias(name)
            for name, text in {"respondent": "m", "mode": "default", "language": "en"}.items()
        ),
        *(pl.lit(None, pl.String).alias(name) for name in ("target_value", "raw", "request_key", "origin")),
        wording=1,
        repeat=1,
        order=pl.lit("1234"),
        letter=pl.lit("A"),
        status=pl.lit("answered"),
    )
    choices = rows if hashes else rows.with_columns(content_sha256=pl.lit(None, pl.String))
    who = {
        "respondent": "m",
        "kind": "model",
        "group": "g",
        "source": "test",
        "agent": "m",
        "condition": "main",
    }
    write_table(Respondents, [who], folder / "respondents.parquet")
    write_table(Choices, choices.select(Choices.column_names()), folder / "choices.parquet")
    write_table(InstrumentAnswers, [], folder / "instrument_answers.parquet")
    write_table(Ratings, [], folder / "ratings.parquet")
    return choices


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("content")
    params = release_params()
    return build(finished_run(folder / "run", params), params, folder / "valact-15k")


def test_hashes_are_what_the_code_book_says_and_depend_on_nothing_else(release: Path) -> None:
    scenarios, actions, questions = (
        pl.read_parquet(release / name / "test.parquet") for name in ("scenarios", "actions", "questions")
    )
    text = dict(scenarios.select("scenario_id", "text").iter_rows())
    assert {s: sha256(t) for s, t in text.items()} == dict(
        scenarios.select("scenario_id", "text_sha256").iter_rows()
    )
    assert all(sha256(row["text"]) == row["text_sha256"] for row in actions.iter_rows(named=True))
    for question in questions.iter_rows(named=True):
        content = [sha256(text[question["scenario_id"]])]
        content += [[option["value"], sha256(option["text"])] for option in question["options"]]
        assert sha256(json.dumps(content, separators=(",", ":"))) == question["content_sha256"]
    assert "without blanks" in (release / "CODEBOOK.md").read_text()


def test_another_seed_keeps_the_ids_and_moves_the_hashes() -> None:
    other = dealt_again(FIRST, seed=2)
    both = FIRST.questions.join(other.questions, on="question_id", suffix="_now")
    assert both.height == FIRST.questions.height
    # A question can come out the same by chance; a hash is the same just where the options are.
    first, second = (
        {q: tuple(part["action_id"]) for (q,), part in made.options.sort("position").group_by("question_id")}
        for made in (FIRST, other)
    )
    same = {q for q in first if first[q] == second[q]}
    assert same == set(both.filter(pl.col("content_sha256") == pl.col("content_sha256_now"))["question_id"])
    assert len(same) < len(first) / 2


def test_a_repaired_action_changes_the_hash_of_its_question_alone() -> None:
    action = FIRST.options["action_id"][5]
    repaired = dealt_again(FIRST, action=action, text="Do it otherwise")
    both = FIRST.questions.join(repaired.questions, on="question_id", suffix="_now")
    changed = both.filter(pl.col("content_sha256") != pl.col("content_sha256_now"))["question_id"]
    assert changed.to_list() == FIRST.options.filter(action_id=action)["question_id"].to_list()


@pytest.mark.parametrize("hashes", [True, False], ids=["with hashes", "from before there were any"])
def test_score_leaves_out_answers_to_other_questions_and_says_which(tmp_path: Path, hashes: bool) -> None:
    given = answers(FIRST, tmp_path / "imported/m", hashes=hashes)
    other = dealt_again(FIRST, seed=2)
    write_material(other, tmp_path / "assemble")
    found = gather([], tmp_path / "imported", tmp_path / "assemble", TEN)
    now = dict(other.questions.select("question_id", "content_sha256").iter_rows())
    then = dict(FIRST.questions.select("question_id", "content_sha256").iter_rows())
    stands = set(other.options.filter(position=1).select("question_id", "action_id").rows())
    good = {
        question
        for question, action in given.select("question_id", "action_id").iter_rows()
        if (then[question] == now[question] if hashes else (question, action) in stands)
    }
    assert set(found.choices["question_id"]) == good
    assert set(found.ledger["question_id"]) == set(then) - good
    assert found.choices.height + found.ledger.height == given.height
    assert set(found.ledger["reason"]) == {"question_changed"}


def test_score_takes_answers_to_the_same_questions_whoever_brings_them(tmp_path: Path) -> None:
    given = answers(FIRST, tmp_path / "imported/m")
    write_table(Options, FIRST.options, tmp_path / "imported/m/options.parquet")
    write_table(AskedQuestions, asked(FIRST), tmp_path / "imported/m/questions.parquet")
    action = FIRST.options.filter(position=3)["action_id"][0]
    write_material(dealt_again(FIRST, action=action, text="Do it otherwise"), tmp_path / "assemble")
    found = gather([], tmp_path / "imported", tmp_path / "assemble", TEN)
    # The chosen action is untouched, but the question was another one: only the hash can tell.
    assert (
        found.ledger["question_id"].to_list()
        == FIRST.options.filter(action_id=action)["question_id"].to_list()
    )
    assert found.choices.height == given.height - 1


def test_a_table_of_before_is_read_and_one_that_is_stale_is_refused(tmp_path: Path) -> None:
    given = answers(FIRST, tmp_path / "m")
    given.drop("content_sha256").select(
        [c for c in Choices.column_names() if c != "content_sha256"]
    ).write_parquet(tmp_path / "old.parquet")
    old = pl.read_parquet(tmp_path / "old.parquet")
    casted = conform(Choices, old, where="test")
    write_table(Choices, casted, tmp_path / "written.parquet")
    casted.drop("content_sha256").write_parquet(tmp_path / "old.parquet")
    assert read_table(Choices, tmp_path / "old.parquet")["content_sha256"].null_count() == given.height

    scored = tmp_path / "m"
    write_table(InstrumentScores, [], scored / "instrument_scores.parquet")
    write_table(Options, FIRST.options, scored / "options.parquet")
    write_table(AskedQuestions, asked(FIRST), scored / "questions.parquet")
    assert Scored.read(scored).choices.height == given.height
    write_table(AskedQuestions, asked(dealt_again(FIRST, seed=2)), scored / "questions.parquet")
    with pytest.raises(InputError, match=r"read otherwise now: s[0-9a-f]{10}\.q\d, .* more"):
        Scored.read(scored)


def test_import_answers_checks_what_was_asked() -> None:
    action = FIRST.options["action_id"][0]
    repaired = dealt_again(FIRST, action=action, text="Do it otherwise")
    questions = FIRST.questions.sort("question_id")
    raw = Raw(
        {
            "respondents": pl.DataFrame({"respondent": ["m"], "kind": ["model"]}).with_row_index(
                ROW, offset=1
            ),
            "choices": questions.select("question_id", "content_sha256")
            .with_columns(respondent=pl.lit("m"), letter=pl.lit("B"))
            .with_row_index(ROW, offset=1),
        },
        {"respondents": "r.csv", "choices": "c.csv"},
    )
    found = import_answers(raw, lambda: (repaired.options, asked(repaired)), values=TEN, name="study", seed=1)
    changed = FIRST.options.filter(action_id=action)["question_id"].to_list()
    ledger = found["ledger"].filter(reason="question_changed")
    assert ledger["detail"].to_list() == changed
    row = questions["question_id"].to_list().index(changed[0]) + 1
    assert ledger.select("file", "row").rows() == [("c.csv", row)]
    assert found["choices"].height == questions.height - 1
    # What was read in another language has the hash of a translation: stage score looks at it.
    english = raw.tables["choices"]
    raw.tables["choices"] = english.with_columns(language=pl.lit("zh"))
    spoken = import_answers(
        raw, lambda: (repaired.options, asked(repaired)), values=TEN, name="study", seed=1
    )
    assert spoken["ledger"].is_empty()
    assert spoken["choices"].height == questions.height
    raw.tables["choices"] = english
    # What nobody can tell is taken to be of today's questions, and later changes of these are noticed.
    raw.tables["choices"] = raw.tables["choices"].drop("content_sha256")
    again = import_answers(raw, lambda: (repaired.options, asked(repaired)), values=TEN, name="study", seed=1)
    assert again["choices"]["content_sha256"].null_count() == 0


def test_compare_names_the_questions_that_read_otherwise() -> None:
    action = FIRST.options["action_id"][0]
    sides = [FIRST, dealt_again(FIRST, action=action, text="Do it otherwise")]
    empty = Scored(
        Respondents.create_empty(),
        Choices.create_empty(),
        InstrumentAnswers.create_empty(),
        InstrumentScores.create_empty(),
        Ratings.create_empty(),
        Options.create_empty(),
        AskedQuestions.create_empty(),
    )
    first, second = (replace(empty, options=made.options, questions=asked(made)) for made in sides)
    same, changed = _same(first, second)
    assert changed == FIRST.options.filter(action_id=action)["question_id"].to_list()
    assert same.height == FIRST.questions.height - 1


@pytest.mark.parametrize("config", ["actions", "questions"])
def test_verify_finds_a_hash_that_is_not_its_contents(release: Path, tmp_path: Path, config: str) -> None:
    copy = Path(shutil.copytree(release, tmp_path / "valact-15k"))
    file = copy / config / "test.parquet"
    column = {"actions": "text_sha256", "questions": "content_sha256"}[config]
    table = pl.read_parquet(file)
    other = pl.when(pl.int_range(pl.len()) == 2).then(pl.lit("0" * 64)).otherwise(pl.col(column))
    write_parquet(arrow(table.with_columns(other.alias(column))), file)
    seal(copy)
    (found,) = [result for result in verification.verify(copy) if not result.passed]
    assert found.name == "content hashes"
    assert found.problems is not None
    assert len(found.problems) == 1
    assert found.problems[0].startswith(table[config.removesuffix("s") + "_id"][2])


def test_a_hash_is_known_where_texts_are_withheld(tmp_path: Path) -> None:
    params = run_params(source="archive", text="withhold", licence="cc-by-4.0")
    folder = build(finished_run(tmp_path / "run", params), params, tmp_path / "valact-15k")
    assert pl.read_parquet(folder / "questions/test.parquet")["text"].null_count() == 30
    (hashes,) = [r for r in verification.verify(folder) if r.name == "content hashes"]
    assert hashes.passed

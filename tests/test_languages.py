"""Respondents who read translations: the same questions by id, in another language from prompt to option."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from services.chat import ChatServer
from services.material import material, write_material
from services.runs import chat_model, run_params
from services.translated import MARK, translations
from services.values import TEN

from pipeline.administer import step as administer
from pipeline.administer.administer import answers_of, ask
from pipeline.administer.languages import translated
from pipeline.administer.respondents import model, simulated
from pipeline.core.errors import InputError
from pipeline.engine import Engine
from pipeline.params import Params
from pipeline.params.evaluation import Administer, Given
from pipeline.score.gather import gather
from pipeline.step import Job
from pipeline.tables import Choices, InstrumentAnswers, Ratings, Respondents, places, write_table

ENGLISH_WORD = re.compile(r"[A-Za-z]{2,}")
MODES = ("default", "selection", "adoption", "abstain")


def settings(folder: Path, url: str = "http://127.0.0.1:1/v1", **respondent: object) -> Params:
    asked = model.Settings.model_validate({"kind": "model", "model": "m", **respondent})
    return run_params(folder, {"m": chat_model(url)}).model_copy(
        update={
            "respondents": {"r": asked, "s": simulated.Settings(kind="simulated", language="zh")},
            "administer": Administer(modes=MODES, wordings=2, applicability=True),
            "instruments": {"pvq40": Given(shuffles=1)},
        }
    )


def answer(body, n):
    """The first letter, and a 4 for everything that is rated."""
    fields = body["response_format"]["json_schema"]["schema"]["properties"]
    return json.dumps({name: "A" if name == "answer" else 4 for name in fields})


def test_whoever_is_asked_in_a_language_reads_nothing_else(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "loopback")
    made = material(2)
    with ChatServer(answer) as server:
        params = settings(tmp_path, server.base_url, language="zh")
        there = translated(made, translations(made), "zh")
        with Engine(params, "administer") as engine:
            found = answers_of("r", params, there, ask(engine, "r", params, there))
        sent = [message["content"] for body in server.bodies for message in body["messages"]]
    assert set(found.choices["mode"]) == set(MODES)
    # Besides what was translated there are names of fields, and a placeholder as an example.
    fields = {
        "JSON",
        "answer",
        "PERSON",
        *(word for slug in TEN.slugs for word in ENGLISH_WORD.findall(slug)),
    }
    shown = made.scenarios["text"].to_list() + made.actions["text"].to_list()
    edge = re.compile(r"</?post-[0-9a-f]+>")
    of_them = re.compile("|".join(re.escape(f"{MARK}{one}") for one in sorted(shown, key=len, reverse=True)))
    for text in sent:
        assert set(ENGLISH_WORD.findall(edge.sub("", of_them.sub("", text)))) <= fields, text
    assert sum(len(of_them.findall(text)) for text in sent) == 10 * 2 * 4 * 5 + 2 * 2
    for table in (found.choices, found.instrument_answers, found.ratings):
        assert table["language"].unique().to_list() == ["zh"]
    row = found.respondent.row(0, named=True)
    assert (row["agent"], row["condition"]) == ("gpt-test", "language zh")
    # The ids are those of the English questions, the hashes those of what was read.
    assert set(found.choices["question_id"]) == set(made.questions["question_id"])
    assert not set(found.choices["content_sha256"]) & set(made.questions["content_sha256"])


def test_what_has_no_sound_translation_is_not_asked_and_told(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = material(2)
    options = made.options.sort("question_id", "position")
    first, second, third = options["action_id"].gather([0, 4, 8])
    faults = {first: "placeholders", second: "empty", third: "unlike"}
    table = translations(made, faults=faults).with_columns(
        # Of the last action, the English text is another by now.
        source_sha256=pl.when(pl.col("id") == options["action_id"][-1])
        .then(pl.lit("0" * 64))
        .otherwise("source_sha256")
    )
    asked = translated(made, table, "zh").questions["question_id"].to_list()
    every = made.questions["question_id"].sort().to_list()
    assert asked == [every[2], *every[3:-1]]

    params = settings(tmp_path, language="zh")
    write_material(made, places.QUESTIONS.path().parent)
    job = Job(administer.STEP, params, "r")
    with pytest.raises(InputError, match="run `valact translate`"):
        administer.material(job)
    write_table(places.TRANSLATIONS.schema, table, places.TRANSLATIONS.path())
    assert administer.material(job).questions.height == 7
    assert "r: 3 of 10 questions are not asked in 'zh'" in job.notes[0]
    # Who reads no text needs no translation.
    assert administer.material(Job(administer.STEP, params, "s")).questions.height == 10
    with pytest.raises(InputError, match="no question can be asked in 'de'"):
        translated(made, table, "de")


def test_answers_to_a_translation_are_answers_to_the_question(tmp_path) -> None:
    made, params = material(2), settings(tmp_path)
    write_material(made, tmp_path / "assemble")
    there = translated(made, translations(made), "zh")
    found = answers_of("s", params, there)
    assert found.respondent["condition"].item() == "language zh"
    for schema, name, table in (
        (Respondents, "respondents", found.respondent),
        (Choices, "choices", found.choices),
        (InstrumentAnswers, "instrument_answers", found.instrument_answers),
        (Ratings, "ratings", found.ratings),
    ):
        write_table(schema, table, tmp_path / "s" / f"{name}.parquet")

    def scored(table: pl.DataFrame | None):
        return gather([tmp_path / "s"], tmp_path / "none", tmp_path / "assemble", TEN, translations=table)

    whole = scored(translations(made))
    assert whole.choices.height == found.choices.height
    assert whole.ledger.is_empty()
    assert set(whole.choices["content_sha256"]) == set(made.questions["content_sha256"])
    # A translation that was mended since is another text; without translations nobody knows what was read.
    action = made.options["action_id"][0]
    mended = translations(made).with_columns(
        text=pl.when(pl.col("id") == action).then(pl.lit("改")).otherwise("text")
    )
    (question,) = made.options.filter(action_id=action)["question_id"]
    assert scored(mended).ledger["question_id"].unique().to_list() == [question]
    assert scored(None).choices.is_empty()

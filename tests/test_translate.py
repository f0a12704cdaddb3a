"""`valact translate`: placeholders and terms are kept or told, what comes back is measured, and values are read blindly
in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from services.chat import ChatServer
from services.folder import valact, write_params
from services.runs import chat_model, run_params
from services.translated import readings
from services.values import SLUGS

from pipeline import params as settings
from pipeline.core.errors import InputError, ParamsError
from pipeline.params import Params
from pipeline.tables import Actions, Scenarios, places, read_table, write_table
from pipeline.tables.flags import FLAGS
from pipeline.tables.translate import TranslationReadings, Translations
from pipeline.translate import glossary
from pipeline.translate.checks import fault, similarity
from pipeline.translate.findings import checks

SCENARIOS = 3
NAMED = re.compile(r"^(a\d+)\. (.*)$", re.MULTILINE)
LINES = re.compile(r"</?post-[0-9a-f]+>")


# The checks


@pytest.mark.parametrize(
    ("original", "translation", "said"),
    [
        ("Tell [PERSON].", "Sag es [PERSON].", None),
        ("Tell [PERSON].", "Sag es [PERSONEN].", "placeholders"),
        ("Tell [PERSON] and [PERSON].", "Sag es [PERSON].", "placeholders"),
        ("Ask the Roommate.", "Frag den Mitbewohner.", None),
        ("Ask the roommate.", "Frag die andere.", "terms"),
        ("Ask the roommates.", "Frag die anderen.", None),
        ("Ask.", " ", "empty"),
    ],
)
def test_what_a_program_can_see_of_a_translation(original: str, translation: str, said: str | None) -> None:
    found = fault(original, translation, {"roommate": "Mitbewohner"})
    assert (found and found[0]) == said


def test_likeness_counts_words_as_often_as_they_occur() -> None:
    assert similarity("Ask her, ask him.", "ask him ask her") == 1
    assert similarity("ask ask", "ask") == pytest.approx(2 / 3)
    assert similarity("ask", "tell") == 0


def test_a_glossary_is_read_and_a_faulty_one_is_one_error(tmp_path: Path) -> None:
    file = tmp_path / "glossary.csv"
    file.write_text("en,zh,de\nroommate,室友,\n\npost,帖子,Beitrag\n", encoding="utf-8")
    assert glossary.load(str(file), "zh") == {"roommate": "室友", "post": "帖子"}
    assert glossary.load(str(file), "de") == {"post": "Beitrag"}
    assert glossary.load(None, "zh") == {}
    with pytest.raises(InputError, match="no column 'fr'"):
        glossary.load(str(file), "fr")
    file.write_text("en,zh\n,室友\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2"):
        glossary.load(str(file), "zh")


# The command


def english(number: int, value: str) -> str:
    return f"Go and do what {value} number {number} would, with [PERSON] beside you."


def reverse(text: str) -> str:
    """A language in which words stand in reverse."""
    return " ".join(reversed(text.split()))


def model(body: dict[str, Any], n: int) -> Any:
    """``there`` reverses words and loses the placeholder of one action at first, and of another for ever; ``back``
    reverses them again; ``reader`` sees the value that is named, but in reverse takes power for achievement."""
    messages, asked = body["messages"], body["messages"][-1]["content"]
    if body["model"] == "reader":
        shown = asked.split("The actions:\n")[1]
        labels = {name: next(slug for slug in SLUGS if slug in text) for name, text in NAMED.findall(shown)}
        if not asked.count("Go and"):
            labels = {name: "achievement" if label == "power" else label for name, label in labels.items()}
        return {"text": json.dumps(labels)}
    first = messages[1]["content"]
    texts = dict(NAMED.findall(first.split("The actions:\n")[1])) | {"text": LINES.split(first)[1].strip()}
    wanted = json.loads(json.dumps(body["response_format"]["json_schema"]["schema"]["required"]))
    found = {name: reverse(texts[name]) for name in wanted}
    if body["model"] == "there":
        for name, value in found.items():
            lost = "power number 0" if len(messages) == 2 else "none"
            if reverse(lost) in value or reverse("security number 1") in value:
                found[name] = value.replace("[PERSON]", "PERSON")
    return {"text": json.dumps(found)}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Params, ChatServer]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with ChatServer(model) as server:
        models = {name: chat_model(server.base_url) | {"model": name} for name in ("there", "back", "reader")}
        raw = run_params(tmp_path, models).model_dump(mode="json")
        named = {"model": "there", "back": "back", "readers": ["reader"], "max_repairs": 1}
        params = settings.parse(raw | {"translate": {**named, "languages": {"xx": "Reverse"}}}, where="test")
        write_params(tmp_path, params)
        write_table(Scenarios, _scenarios(), places.SCENARIOS.path())
        write_table(Actions, _actions(), places.ACTIONS.path())
        yield params, server


def _scenarios() -> list[dict[str, Any]]:
    return [
        {
            "scenario_id": f"s{number:010x}",
            "post_id": f"p{number}",
            "category": "Work",
            "subreddit": "jobs",
            "created_at": np.datetime64("2020-01-01").astype("datetime64[ms]").item(),
            "rank": number + 1,
            "role": "chosen",
            "text": f"My [PERSON] left on day {number}. What should I do?",
            "masked": 1,
            "source_sha256": "0" * 64,
            "text_sha256": "0" * 64,
            **dict.fromkeys(FLAGS),
        }
        for number in range(SCENARIOS)
    ]


def _actions() -> pl.DataFrame:
    empty = Actions.create_empty()
    rows = [
        {
            "action_id": f"s{number:010x}.{value}.w",
            "scenario_id": f"s{number:010x}",
            "value": value,
            "generator": "w",
            "text": english(number, value),
        }
        for number in range(SCENARIOS)
        for value in SLUGS
    ]
    filled = {
        name: {"stance": "expresses"}.get(name, {pl.String: "0" * 64, pl.Boolean: True}.get(kind, 1))
        for name, kind in empty.schema.items()
        if name not in rows[0]
    }
    return pl.DataFrame([filled | row for row in rows])


def test_texts_are_translated_checked_and_read_in_both_languages(project: tuple[Params, ChatServer]) -> None:
    _params, server = project
    assert "translate" not in valact("cost").output
    told = valact("cost", "translate").output
    # Each scenario is translated, translated back, and read in both languages; a repair may follow.
    for row in (r"there +0 +4 +6 ", r"back +0 +3 +3 ", r"reader +0 +24 +24 "):
        assert re.search(row, told), told
    assert server.bodies == []
    said = valact("translate").output
    assert "doubtful ones first" in said
    rows = read_table(places.TRANSLATIONS.schema, places.TRANSLATIONS.path())
    assert rows.height == SCENARIOS * 11
    faults = rows.filter(pl.col("fault").is_not_null())
    assert faults.select("id", "fault", "attempt").rows() == [(f"s{1:010x}.security.w", "placeholders", 2)]
    mended = rows.filter(id=f"s{0:010x}.power.w").row(0, named=True)
    assert (mended["fault"], mended["attempt"]) == (None, 2)
    assert mended["text"] == reverse(english(0, "power"))
    assert rows.filter(pl.col("fault").is_null())["similarity"].unique().to_list() == [1.0]
    (found,) = read_table(places.TRANSLATION_CHECKS.schema, places.TRANSLATION_CHECKS.path()).to_dicts()
    assert (found["texts"], found["translated"], found["whole"]) == (33, 33, 32)
    assert (found["read"], found["recognised_en"]) == (30, 1.0)
    assert found["recognised"] == found["same"] == pytest.approx(0.9)
    assert found["difference"] == pytest.approx(-0.1)
    sheet = pl.read_csv("data/translate/xx.csv")
    assert sheet["id"][0] == f"s{1:010x}.security.w"
    # Readers are shown the same batches in both languages.
    readings = read_table(places.TRANSLATION_READINGS.schema, places.TRANSLATION_READINGS.path())
    assert readings.group_by("language").len()["len"].to_list() == [30, 30]
    asked = len(server.bodies)
    valact("translate")
    assert len(server.bodies) == asked == 3 + 2 + 3 + 2 * 2 * 3


def test_without_a_language_it_says_what_to_name(project: tuple[Params, ChatServer], tmp_path: Path) -> None:
    params, _ = project
    off = params.translate.model_copy(update={"languages": {}})
    write_params(tmp_path, params.model_copy(update={"translate": off}))
    assert "translate.languages" in valact("translate", fails=True).output
    with pytest.raises(ParamsError, match="who translates back"):
        settings.parse(
            params.model_dump(mode="json") | {"translate": {"languages": {"zh": "Chinese"}}}, where="test"
        )


# What survives


def test_the_interval_holds_what_is_planted_and_nothing_where_nothing_is() -> None:
    rng, runs = np.random.default_rng(3), 100
    held = {0.0: 0, 0.1: 0}
    for shift in held:
        for _ in range(runs):
            (row,) = checks(*readings(rng, shift), 0.95).to_dicts()
            held[shift] += row["low"] <= -shift <= row["high"]
    assert all(0.90 <= n / runs <= 0.99 for n in held.values())


def test_schemas_have_a_row_for_a_text_and_language() -> None:
    assert Translations.primary_key() == ["id", "language"]
    assert TranslationReadings.primary_key() == ["action_id", "language", "reader"]

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
from pipeline.annotation import exports, rounds
from pipeline.annotation.labelling import guidelines, labelling_config, problems
from pipeline.annotation.rater_ids import rater_id
from pipeline.core.errors import InputError, ParamsError
from pipeline.params import Params
from pipeline.tables import Actions, Scenarios, places, read_table, write_table
from pipeline.tables.flags import FLAGS
from pipeline.tables.translate import TranslationReadings, Translations
from pipeline.translate import glossary
from pipeline.translate.checks import fault, similarity
from pipeline.translate.findings import checks
from pipeline.translate.rating import tasks

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


# What people make of it


def reviewed(item: str, number: int, said: list[dict[str, Any]], when: str, rater: int = 7) -> dict[str, Any]:
    """A task as the server tells of it, with one annotation."""
    made = {"id": number, "completed_by": rater, "updated_at": when, "lead_time": 5.0, "result": said}
    return {"id": number, "data": {"item_id": item}, "annotations": [made]}


def choice(alias: str) -> dict[str, Any]:
    return {
        "from_name": "decision",
        "to_name": "translation",
        "type": "choices",
        "value": {"choices": [alias]},
    }


def typed(text: str) -> dict[str, Any]:
    return {"from_name": "mended", "to_name": "translation", "type": "textarea", "value": {"text": [text]}}


def test_what_raters_say_changes_the_translations_and_nothing_of_it_is_lost(
    project: tuple[Params, ChatServer],
) -> None:
    _, server = project
    valact("translate")
    table, english = read_table(places.TRANSLATIONS.schema, places.TRANSLATIONS.path()), _english()
    made = {
        task["data"]["item_id"].split(".xx.")[0]: task["data"]
        for task in tasks(table, english, "Reverse", "xx")
    }
    faulty, mended, rejected, accepted = (
        f"s{n:010x}.{value}.w" for n, value in ((1, "security"), (0, "power"), (2, "power"), (0, "hedonism"))
    )
    # Doubtful ones first; each has original, translation and what came back.
    assert next(iter(made)) == faulty
    assert "placeholders are none" in made[faulty]["note"]
    assert made[mended]["english"] == english.filter(id=mended)["english"].item()
    assert made[mended]["translation"] == reverse(made[mended]["english"])
    assert len(tasks(table, english, "Reverse", "xx", most=4)) == 4
    for value in SLUGS:
        assert not any(
            "value" in name or value == text for data in made.values() for name, text in data.items()
        )

    whole = "besser you beside [PERSON] mit power"
    given = [
        reviewed(made[faulty]["item_id"], 1, [choice("accept")], "2027-01-01T10:00:00Z"),
        reviewed(made[mended]["item_id"], 2, [choice("reject")], "2027-01-01T09:00:00Z", rater=8),
        reviewed(made[mended]["item_id"], 3, [choice("mend"), typed(whole)], "2027-01-01T10:00:00Z"),
        reviewed(
            made[rejected]["item_id"],
            4,
            [choice("reject"), typed(made[rejected]["translation"])],
            "2027-01-01T10:00:00Z",
        ),
        # The field as it was is no mending; "mend" without a text says nothing yet.
        reviewed(
            made[accepted]["item_id"],
            5,
            [choice("mend"), typed(made[accepted]["translation"])],
            "2027-01-01T10:00:00Z",
        ),
        reviewed(made[f"s{2:010x}"]["item_id"], 6, [choice("mend")], "2027-01-01T10:00:00Z"),
        reviewed(f"{accepted}.xx.000000000000", 7, [choice("reject")], "2027-01-02T10:00:00Z"),
    ]
    rounds.add(exports.exported(given, "translation.xx", "k" * 32, where="test"), rounds.TRANSLATIONS)
    public = (rounds.TRANSLATIONS / "translation.xx.json").read_text()
    assert "besser" not in public
    asked = len(server.bodies)
    said = valact("translate").output
    rows = {
        row["id"]: row
        for row in read_table(places.TRANSLATIONS.schema, places.TRANSLATIONS.path()).iter_rows(named=True)
    }
    # What a program found stands where somebody overlooked a placeholder.
    assert (rows[faulty]["review"], rows[faulty]["fault"]) == ("accepted", "placeholders")
    assert (rows[mended]["review"], rows[mended]["text"], rows[mended]["fault"]) == ("mended", whole, None)
    assert rows[mended]["machine"] == made[mended]["translation"]
    who = rows[mended]["reviewer"], rows[mended]["reviewed_at"]
    assert who == (rater_id("k" * 32, 7), "2027-01-01T10:00:00Z")
    assert (rows[rejected]["review"], rows[rejected]["fault"]) == ("rejected", "rejected")
    assert (rows[accepted]["review"], rows[accepted]["machine"]) == ("accepted", None)
    assert rows[f"s{2:010x}"]["review"] is None
    # The mended text is read anew, in its batch; nothing else is asked.
    assert len(server.bodies) == asked + 1
    kept = read_table(places.TRANSLATION_REVIEWS.schema, places.TRANSLATION_REVIEWS.path())
    assert kept.height == len(given)
    assert kept.filter("counts")["id"].sort().to_list() == sorted([faulty, mended, rejected, accepted])
    assert "1 reviews are of texts that are others by now" in said, said
    # The page goes on showing what the model wrote, so that nobody is asked twice.
    again = tasks(pl.DataFrame([*rows.values()], schema=table.schema), english, "Reverse", "xx")
    assert {task["data"]["item_id"] for task in again} == {data["item_id"] for data in made.values()}


def _english() -> pl.DataFrame:
    scenarios, actions = (read_table(p.schema, p.path()) for p in (places.SCENARIOS, places.ACTIONS))
    return pl.concat(
        [scenarios.select(id="scenario_id", english="text"), actions.select(id="action_id", english="text")]
    )


def test_the_page_takes_what_the_tasks_hold_and_gives_what_is_read(root: Path) -> None:
    config = labelling_config(root / "annotations/translation.xml")
    data = tasks_of_one()
    assert problems(config, data, [choice("accept")]) == []
    assert problems(config, data, [choice("mend"), typed("x")]) == []
    assert problems(config, data, [choice("perhaps")])
    assert set(re.findall(r'value="\$(\w+)"', config)) <= set(data)
    text = guidelines(settings.load(root / "params.yaml").values, root / "annotations/translation.md")
    assert "<strong>the translation says what the original says</strong>" in text


def tasks_of_one() -> dict[str, Any]:
    row = {
        "id": "s",
        "kind": "action",
        "text": "t",
        "machine": None,
        "back": None,
        "fault": None,
        "detail": None,
    }
    english = pl.DataFrame({"id": ["s"], "english": ["e"]})
    table = pl.DataFrame([row | {"language": "xx", "similarity": 0.5}])
    (task,) = tasks(table, english, "Reverse", "xx")
    return task["data"]

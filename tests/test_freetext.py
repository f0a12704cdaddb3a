"""`valact freetext`: answers without options are coded by a panel that does not see whose they are, and planted values,
disagreements and errors of the coders come out as they were planted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from services.chat import ChatServer
from services.folder import valact, write_params
from services.material import material, write_material
from services.runs import chat_model, run_params
from services.values import SLUGS, TEN

from pipeline import params as settings
from pipeline import recipe
from pipeline.administer.design import Material
from pipeline.administer.respondents import model, simulated
from pipeline.core.errors import ParamsError
from pipeline.freetext.asking import draw
from pipeline.freetext.coding import majority
from pipeline.params import Params
from pipeline.params.freetext import Freetext
from pipeline.report import freetext as shown
from pipeline.tables import Choices, places, read_table, write_table
from pipeline.tables.validate import ActionVerdicts

SCENARIOS, NONE = 20, "nothing at all"
# What each respondent talks of, by the number of the scenario, and whom it names.
MEANT = {
    "kind": lambda n: "benevolence" if n % 4 else "power",
    "proud": lambda n: "power" if n % 4 else "none",
}


def number(text: str) -> int:
    return int(re.search(r"Situation (\d+)", text)[1])  # type: ignore[index]


def speaker(body: dict[str, Any], n: int) -> Any:
    """Respondents name a value; coders see it, but ``second`` reads every fifth situation as security."""
    name, said = body["model"], body["messages"][1]["content"]
    if name in MEANT:
        where = number(said)
        if name == "proud" and where == 1:
            return {"refusal": "No."}
        meant = MEANT[name](where)
        return {"text": NONE if meant == "none" else f"I would do what {meant} asks for."}
    assert not any(who in json.dumps(body["messages"]) for who in MEANT)
    told = said.split("The action:")[1]
    seen = next((slug for slug in SLUGS if slug in told), "none")
    if name == "second" and number(said) % 5 == 0:
        seen = "security"
    return {"text": json.dumps({"value": seen})}


def made() -> Material:
    """Scenarios whose posts have numbers, and actions that name their values."""
    plain = material(SCENARIOS)
    numbered = (
        plain.scenarios.with_row_index("n")
        .with_columns(text=pl.format("Situation {}: what now?", "n"))
        .drop("n")
    )
    actions = plain.actions.with_columns(text=pl.format("Go for {} here.", "value"))
    return Material(plain.questions, plain.options, numbered, actions)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Params, ChatServer]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with ChatServer(speaker) as server:
        names = ("kind", "proud", "first", "second", "third")
        models = {name: chat_model(server.base_url) | {"model": name} for name in names}
        agents: dict[str, Any] = {name: model.Settings(kind="model", model=name) for name in MEANT}
        agents["drawn"] = simulated.Settings(kind="simulated")
        asked = Freetext(
            respondents=[*MEANT], coders=["first", "second"], tie_breaker="third", scenarios=SCENARIOS
        )
        params = run_params(tmp_path, models).model_copy(update={"respondents": agents, "freetext": asked})
        write_params(tmp_path, params)
        write_material(made(), tmp_path / "data/assemble")
        yield params, server


def verdicts() -> None:
    """Raters agreed on the value of ten actions, and on another value of two more."""
    actions = made().actions.sort("action_id").gather_every(33).head(12)
    rows = [
        {
            "action_id": action,
            "status": "confirmed" if n < 10 else "rejected",
            "judgements": 3,
            "matching": 3 if n < 10 else 0,
            "consensus": value if n < 10 else "hedonism" if value != "hedonism" else "power",
            "adjudicated": False,
        }
        for n, (action, value) in enumerate(actions.select("action_id", "value").iter_rows())
    ]
    write_table(ActionVerdicts, rows, places.ACTION_VERDICTS.path())


def choices() -> None:
    """In default mode ``kind`` chooses benevolence nine times in ten, and else power."""
    rows = [
        {
            "respondent": "kind",
            "mode": "default",
            "language": "en",
            "wording": 1,
            "repeat": 1,
            "question_id": question,
            "scenario_id": question.split(".")[0],
            "order": "1234",
            "status": "answered",
            "letter": "A",
            "position": 1,
            "action_id": f"{question.split('.')[0]}.power.g",
            "value": "power" if n % 10 == 0 else "benevolence",
        }
        for n, question in enumerate(made().questions["question_id"].sort())
    ]
    absent = dict.fromkeys(set(Choices.column_names()) - set(rows[0]))
    write_table(Choices, [row | absent for row in rows], places.CHOICES.path())


def test_planted_values_codes_and_errors_come_out(project: tuple[Params, ChatServer]) -> None:
    _, server = project
    verdicts()
    choices()
    told = valact("cost", "freetext").output
    # Each coder reads forty answers and twelve checks, the third at most as many.
    for name, calls, most in (("kind", 20, 20), ("first", 52, 52), ("second", 52, 52), ("third", 16, 52)):
        assert re.search(rf"freetext +{name} +0 +{calls} +{most} ", told), told
    assert not server.bodies
    said = valact("freetext").output
    answers = read_table(places.FREE_ANSWERS.schema, places.FREE_ANSWERS.path())
    codes = read_table(places.FREE_CODES.schema, places.FREE_CODES.path())
    # Of 40 requests one was refused; two coders read the rest and twelve actions, the third what they differ in.
    kept = answers.filter(pl.col("text").is_not_null())
    assert (answers.height, kept.height) == (40, 39)
    disputed = codes.filter(coder="third").height
    assert len(server.bodies) == 40 + 2 * (39 + 12) + disputed
    assert codes.filter(of="answer", coder="third").height == 8
    # The tie-breaker sees what was meant, so that every code is the planted one.
    posts = dict(made().scenarios.select("scenario_id", "text").iter_rows())
    for row in kept.iter_rows(named=True):
        assert row["code"] == MEANT[row["respondent"]](number(posts[row["scenario_id"]]))
    values = read_table(places.FREE_VALUES.schema, places.FREE_VALUES.path())
    kind = {row["value"]: row for row in values.filter(respondent="kind").iter_rows(named=True)}
    assert (kind["benevolence"]["share"], kind["power"]["share"]) == (0.75, 0.25)
    assert kind["power"]["low"] < 0.25 < kind["power"]["high"]
    assert (kind["benevolence"]["default"], kind["power"]["default"]) == (0.9, 0.1)
    assert kind["none"]["default"] is None
    assert kind["power"]["abstain"] is None
    found = {row["respondent"]: row for row in places_of("FREE_SUMMARIES").iter_rows(named=True)}
    assert (found["proud"]["answered"], found["proud"]["without_value"]) == (19, 5)
    assert 0 < found["kind"]["alpha_low"] < found["kind"]["alpha"] < 1
    assert found["kind"]["r_default"] > 0.9
    assert found["proud"]["r_default"] is None
    checks = {row["coder"]: row for row in places_of("FREE_CHECKS").iter_rows(named=True)}
    # Of what raters agreed on twice against the text nobody reads it so.
    assert (checks["first"]["actions"], checks["first"]["right"]) == (12, 10)
    assert checks["second"]["right"] < checks["first"]["right"] == checks["panel"]["right"]
    assert checks["panel"]["chance"] < 0.5
    assert re.search(r"Coders against raters:\ncoder .*\nfirst +trial +12 +", said)
    assert re.search(r"Answers, codes and choices:\nrespondent .*\nkind +20 of 20 +", said)
    # The report has them.
    tables = {name.removeprefix("FREE_").lower(): places_of(name) for name in NAMES}
    section = shown.section(tables, TEN)
    assert [len(table.rows) for table in section.tables] == [2, 22, 4]
    assert section.tables[0].rows[0][1] == "20 of 20"
    assert shown.section({}, TEN).empty
    # Nobody is asked twice.
    before = len(server.bodies), places.FREE_VALUES.path().read_bytes()
    valact("freetext")
    assert (len(server.bodies), places.FREE_VALUES.path().read_bytes()) == before


NAMES = ("FREE_SUMMARIES", "FREE_VALUES", "FREE_CHECKS")


def places_of(name: str) -> pl.DataFrame:
    place = getattr(places, name)
    return read_table(place.schema, place.path())


def test_a_code_is_what_more_than_half_of_at_least_two_coders_see() -> None:
    assert majority(["power", "power"]) == "power"
    assert majority(["power", "security"]) is None
    assert majority(["power", "security", "power"]) == "power"
    assert majority(["power", "security", "none"]) is None
    assert majority(["power"]) is None
    assert majority([]) is None


def test_a_larger_number_keeps_the_scenarios_and_categories_take_turns() -> None:
    scenarios = made().scenarios
    few, more = (set(draw(scenarios, most, 1)["scenario_id"]) for most in (4, 9))
    assert few < more
    assert draw(scenarios, 4, 1)["category"].value_counts()["count"].n_unique() == 1


def test_it_is_off_and_says_who_can_not_be_asked(project: tuple[Params, ChatServer], tmp_path: Path) -> None:
    params, server = project
    nobody = params.model_copy(update={"freetext": Freetext()})
    write_params(tmp_path, nobody)
    assert "name respondents in freetext.respondents" in valact("freetext", fails=True).output
    assert "no model to ask" in valact("cost", "freetext", fails=True).output
    assert "freetext" in recipe.VALACT.beside
    assert "freetext" not in recipe.STEPS
    for name, why in (("drawn", "no words of its own"), ("nemo", "there is no respondent 'nemo'")):
        asked = params.freetext.model_copy(update={"respondents": [name]})
        write_params(tmp_path, params.model_copy(update={"freetext": asked}))
        assert why in valact("freetext", fails=True).output
    assert not server.bodies
    with pytest.raises(ValueError, match="at least two different models"):
        Freetext(coders=["first"])
    raw = params.model_dump(mode="json") | {"freetext": {"coders": ["first", "nobody"]}}
    with pytest.raises(ParamsError, match=r"freetext\.coders"):
        settings.parse(raw, where="test")

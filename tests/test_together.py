"""Discussions: every turn is kept, who moves is set against the same respondent alone, and a majority that pulls is
found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from services.chat import ChatServer
from services.folder import valact, write_params
from services.material import material, write_material
from services.runs import chat_model, run_params
from services.simulated_talk import turns_of
from services.translated import MARK, translations
from services.values import SLUGS, TEN

from pipeline import params as settings
from pipeline.administer.respondents import model, simulated
from pipeline.tables import Turns, places, read_table, write_table
from pipeline.tables.translate import Translations
from pipeline.together.moved import moved


def talker(body: dict, n: int) -> str:
    """firm always takes the action whose text comes first; led another, until it hears somebody."""
    said = body["messages"][1]["content"]
    options = dict(re.findall(r"^([A-D])\. (.*Do .+)$", said, re.MULTILINE))
    by_text = sorted(options, key=lambda letter: options[letter])
    heard = re.search(r"What others who read the post chose:\n- ([A-D]): (.*)", said)
    letter = by_text[0] if body["model"] == "firm" else heard[1] if heard else by_text[1]
    return json.dumps({"reason": f"said by {body['model']}", "answer": letter})


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "loopback")
    monkeypatch.chdir(tmp_path)
    with ChatServer(talker) as running:
        models = {name: {**chat_model(running.base_url), "model": name} for name in ("firm", "led")}
        agents: dict = {name: model.Settings(kind="model", model=name) for name in models}
        agents["drawn"] = simulated.Settings(kind="simulated")
        params = run_params(tmp_path, models).model_copy(update={"respondents": agents})
        write_params(tmp_path, params)
        write_material(material(4), tmp_path / "data/assemble")
        yield running


def test_who_hears_another_moves_to_its_choice_and_alone_does_not(server: ChatServer) -> None:
    assert (
        "60 calls at most"
        in valact("together", "firm", "led", "--rounds", "1", "--scenarios", "2", "--cost").output
    )
    assert not server.bodies
    said = valact("together", "firm", "led", "--rounds", "1", "--scenarios", "2").output
    assert "joined majority" in said
    # Ten questions, two respondents: before, together and alone.
    assert len(server.bodies) == 60
    turns = read_table(Turns, "data/together/turns.parquet")
    assert turns.height == 80
    assert set(turns["status"]) == {"answered"}
    found = pl.read_csv("data/together/moved.csv")
    row = found.filter(respondent="led", measure="joined_majority").row(0, named=True)
    assert (row["questions"], row["together"], row["alone"], row["difference"]) == (10, 1, 0, 1)
    assert found.filter(respondent="firm", measure="moved")["together"].item() == 0
    by_value = found.filter(pl.col("respondent") == "led", pl.col("measure").is_in(SLUGS))
    assert by_value.height == 10
    assert by_value["together"].sum() == pytest.approx(0)
    # What is heard is the reason of the round before, and one's own stands beside it.
    again = [body["messages"][1]["content"] for body in server.bodies if "Your choice before" in str(body)]
    together = [text for text in again if "What others" in text]
    assert len(together) == len(again) / 2
    assert all("said by firm" in text and "said by led" in text for text in together)
    # Run again, everything is recorded.
    valact("together", "firm", "led", "--rounds", "1", "--scenarios", "2")
    assert len(server.bodies) == 60


def test_a_discussion_in_chinese_reads_the_translations_and_mixes_no_languages(
    server: ChatServer, tmp_path: Path
) -> None:
    params = settings.load()
    agents = {
        name: params.respondents[name].model_copy(update={"language": "zh"}) for name in ("firm", "led")
    }
    english = params.respondents["led"].model_copy(update={"language": None})
    write_params(tmp_path, params.model_copy(update={"respondents": agents | {"english": english}}))
    command = ("together", "firm", "led", "--rounds", "1", "--scenarios", "1")
    assert "there are no translations" in valact(*command, fails=True).output
    made = material(4)
    write_table(Translations, translations(made), places.TRANSLATIONS.path())
    valact(*command)
    asked = [body["messages"][1]["content"] for body in server.bodies]
    assert all(text.startswith("情境：") and MARK in text for text in asked)
    assert sum("其他读过这篇帖子的人的选择：" in text for text in asked) == 10
    assert "one language" in valact("together", "firm", "english", fails=True).output


def test_who_cannot_talk_is_told(server: ChatServer) -> None:
    assert "two different respondents" in valact("together", "firm", fails=True).output
    assert "two different respondents" in valact("together", "firm", "firm", fails=True).output
    assert "only a model can be talked with" in valact("together", "firm", "drawn", fails=True).output


def test_a_majority_that_pulls_is_found_within_its_interval_and_none_where_none_pulls() -> None:
    rng = np.random.default_rng(8)
    pulled = moved(turns_of(0.4, rng), TEN, 300, 0.95, 1).filter(measure="joined_majority")
    truth = 0.4 * (1 - 0.1 / 4)
    assert (pulled["p"] < 0.01).all()
    # Of three intervals of 95 % one may miss; how many do is told by benchmarks.planted.
    assert ((pulled["low"] < truth) & (truth < pulled["high"])).sum() >= 2
    alone = moved(turns_of(0.0, rng), TEN, 300, 0.95, 1).filter(measure="joined_majority")
    assert (alone["p"] > 0.01).all()

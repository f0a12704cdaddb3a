"""Enacted values from token probabilities: the chances of the letters, whatever stands around them in a token."""

from __future__ import annotations

import json
import math

import polars as pl
import pytest
from services.chat import ChatServer, completion
from services.folder import valact, write_params
from services.material import material
from services.runs import chat_model, run_params

from pipeline.administer.administer import answers_of, ask
from pipeline.administer.respondents import model
from pipeline.engine import Engine
from pipeline.engine.response import Likely
from pipeline.params.evaluation import Administer
from pipeline.probabilities.letters import chances

CHANCES = {"A": 0.5, "B": 0.3, "C": 0.15, "D": 0.05}


def token(text: str, **others: float) -> Likely:
    return Likely(text, 0.0, {name: math.log(p) for name, p in others.items()})


def test_chances_of_letters_are_read_where_the_answer_stands() -> None:
    place = token(' "B', **{' "A': 0.5, ' "B': 0.25, ' "b': 0.05, ' "E': 0.1, "The": 0.1})
    of, mass = chances([token('{"answer":'), place, token('"}')], "ABCD") or ({}, 0)
    assert mass == pytest.approx(0.8)
    assert of == pytest.approx({"A": 0.625, "B": 0.375, "C": 0, "D": 0})
    # A letter quoted while reasoning is not the answer.
    said = [
        token('{"reasoning":"not \\"answer\\": \\"A\\"","answer":"'),
        token("C", C=0.9, D=0.1),
        token('"}'),
    ]
    assert (chances(said, "ABCD") or ({}, 0))[0] == pytest.approx({"A": 0, "B": 0, "C": 0.9, "D": 0.1})
    alone = chances([token("D", D=0.6, A=0.2)], "ABCD")
    assert alone is not None
    assert alone[0]["D"] == pytest.approx(0.75)
    for tokens in ([token('{"answer":"B"}', B=0.5, A=0.5)], [token("B")], [token("no idea")], []):
        assert chances(tokens, "ABCD") is None


def answer(body: dict, n: int) -> bytes:
    """Always B; but the letters have the same chances everywhere."""
    made = completion(body, {"text": json.dumps({"answer": "B"}, separators=(",", ":"))})
    top = [{"token": letter, "logprob": math.log(p)} for letter, p in CHANCES.items()]
    tokens = [
        {"token": '{"answer":"', "logprob": 0.0, "top_logprobs": []},
        {"token": "B", "logprob": math.log(0.3), "top_logprobs": top},
        {"token": '"}', "logprob": 0.0, "top_logprobs": []},
    ]
    made["choices"][0]["logprobs"] = {"content": tokens}
    return json.dumps(made).encode()


def test_the_command_shows_expected_shares_beside_chosen_ones(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "loopback")
    monkeypatch.chdir(tmp_path)
    made = material(6)
    with ChatServer(answer) as server:
        given = {"m": chat_model(server.base_url, parameters={"logprobs": True, "top_logprobs": 4})}
        params = run_params(tmp_path, given).model_copy(
            update={
                "respondents": {"r": model.Settings(kind="model", model="m")},
                "administer": Administer(modes=("default",), wordings=2),
            }
        )
        with Engine(params, "administer") as engine:
            found = answers_of("r", params, made, ask(engine, "r", params, made))
    write_params(tmp_path, params)
    (tmp_path / "data/score").mkdir(parents=True)
    found.choices.write_parquet("data/score/choices.parquet")
    made.options.write_parquet("data/score/options.parquet")
    said = valact("probabilities", "--out", "found.csv").output
    assert "100.0% of the probability was on letters" in said
    table = pl.read_csv("found.csv")
    # What stood under a letter has that letter's chance, in whatever order it was shown.
    shown = found.choices.select("question_id", "order").with_columns(
        pl.col("order").str.split("").alias("position"), pl.lit(list(CHANCES)).alias("letter")
    )
    by_hand = (
        shown.explode("position", "letter")
        .with_columns(pl.col("position").cast(pl.Int8), chance=pl.col("letter").replace_strict(CHANCES))
        .join(made.options, on=["question_id", "position"])
        .group_by("value")
        .agg(pl.col("chance").sum() / found.choices.height)
    )
    both = table.join(by_hand, on="value")
    assert both.height == 10
    assert both["expected"].to_list() == pytest.approx(both["chance"].to_list())
    assert table["expected"].sum() == pytest.approx(1)
    assert (table["low"] <= table["expected"]).all()
    (tmp_path / "store.sqlite").unlink()
    assert "top_logprobs: 10" in valact("probabilities", fails=True).output

"""Arms of adoption: asked beside plain role-play, about the same targets, and set against the agent's own selection."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from services.chat import ChatServer
from services.material import material
from services.runs import chat_model, run_params
from services.simulated_study import Truth, study
from services.values import SLUGS, TEN

from pipeline.administer.administer import answers_of, ask
from pipeline.administer.arms import Persons
from pipeline.administer.requests import Prompter
from pipeline.administer.respondents import model
from pipeline.administer.wordings import load_wordings
from pipeline.analyse.adoption_costs import adoption_costs
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.study import ASKED_FOR
from pipeline.core.errors import InputError
from pipeline.engine import Engine
from pipeline.instruments import load as load_instrument
from pipeline.params import Params
from pipeline.params.evaluation import ARMS, Administer, Given
from pipeline.report import adoption

NAMES = sorted(folder.name for folder in ARMS.iterdir() if folder.is_dir())


def settings(folder: Path, url: str, arm: str | None = None, **administer: object) -> Params:
    asked = model.Settings(kind="model", model="m", arm=arm)
    return run_params(folder, {"m": chat_model(url)}).model_copy(
        update={
            "respondents": {"r": asked},
            "administer": Administer.model_validate(administer),
            "instruments": {"pvq40": Given(shuffles=1)},
        }
    )


def profiles(path, rows: list[dict[str, object]]):
    pl.DataFrame(rows).write_csv(path)
    return path


def person(first: str, name: str = "p") -> dict[str, object]:
    return {"person": name, **dict.fromkeys(SLUGS, 3.5), first: 5.25}


def test_every_arm_is_worded_in_each_language_as_plain_adoption_is(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/wordings").mkdir(parents=True)
    profiles(tmp_path / "data/wordings/profiles.csv", [person(slug) for slug in SLUGS])
    made = material(2)
    params = settings(tmp_path, "http://127.0.0.1", languages=("en", "zh"))
    prompters = {arm: Prompter(made, params, load_wordings(params), arm) for arm in (None, *NAMES)}
    question = made.questions.row(0, named=True)
    shown = question["question_id"], question["scenario_id"], "2341", question["target_value"]
    assert NAMES == ["definition", "few_shot", "profile", "reasoning"]
    for language in ("en", "zh"):
        name, definition = TEN.texts(language)[question["target_value"]]
        for wording in range(1, 6):
            said = {
                arm: one.question("adoption", language, wording, *shown) for arm, one in prompters.items()
            }
            assert len({messages[0].content for messages in said.values()}) == 5
            # What is asked about stands as it does in plain role-play; only what is said of the value differs.
            assert len({messages[1].content for messages in said.values()}) == 1
            for messages in said.values():
                assert name in messages[0].content
                assert definition in messages[0].content
                assert "JSON" in messages[0].content
            items = load_wordings(params)["pvq40", language].items.values()
            for arm, messages in said.items():
                shows = any(item in messages[0].content for item in items)
                assert shows is (arm not in ("definition", "profile"))
            # No other mode knows of arms.
            plain, other = (
                prompters[arm].question("selection", language, wording, *shown) for arm in (None, "few_shot")
            )
            assert plain == other


def test_an_arm_is_asked_for_adoption_and_nothing_else_and_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "loopback")
    made = material(2)
    with ChatServer(lambda body, n: json.dumps({"reasoning": "It counts here.", "answer": "B"})) as server:
        params = settings(tmp_path, server.base_url, "reasoning", wordings=2, applicability=True)
        with Engine(params, "administer") as engine:
            read = ask(engine, "r", params, made)
            found = answers_of("r", params, made, read)
        sent = server.bodies[0]
    assert found.choices["mode"].unique().to_list() == ["adoption"]
    assert found.choices.height == 2 * made.questions.height == len(server.bodies)
    assert (found.choices["letter"] == "B").all()
    assert found.instrument_answers.is_empty()
    assert found.ratings.is_empty()
    assert found.respondent["condition"].item() == "adoption reasoning"
    assert list(sent["response_format"]["json_schema"]["schema"]["properties"]) == ["reasoning", "answer"]


def test_what_is_wrong_with_an_arm_is_told(tmp_path) -> None:
    asked = {"kind": "model", "model": "m"}
    with pytest.raises(ValueError, match="there is no arm of that name; known are definition, few_shot"):
        model.Settings.model_validate({**asked, "arm": "louder"})
    with pytest.raises(ValueError, match="leave `modes` or `arm` out"):
        model.Settings.model_validate({**asked, "arm": "few_shot", "modes": ["default"]})
    pvq = load_instrument("pvq40")
    with pytest.raises(InputError, match="needs people's profiles"):
        Persons(TEN, pvq, tmp_path / "none.csv")
    one = profiles(tmp_path / "one.csv", [person("power"), {**person("power"), "security": 5.25}])
    assert "Power: 5.25" in Persons(TEN, pvq, one).of("power", "q", "en", 1)
    with pytest.raises(InputError, match="nobody in it puts security before all other values"):
        Persons(TEN, pvq, one).of("security", "q", "en", 1)
    with pytest.raises(InputError, match="row 1, hedonism: 9"):
        Persons(TEN, pvq, profiles(tmp_path / "two.csv", [{**person("power"), "hedonism": 9}]))


def test_half_the_cost_of_adoption_is_found_and_shown() -> None:
    rng = np.random.default_rng(4)
    utilities = np.tile(rng.normal(0, 0.8, 10), (2, 1))
    what = Truth(utilities, np.full((2, 10), 3.5), knows=np.array([[0.95, 0.75], [0.95, 0.85]]))
    scored = study(what, rng, scenarios=60, administrations=2)
    scored = replace(
        scored,
        choices=scored.choices.filter((pl.col("respondent") == "m00") | (pl.col("mode") == "adoption")),
        respondents=scored.respondents.with_columns(
            agent=pl.lit("one"), condition=pl.Series(["main", "adoption few_shot"])
        ),
    )
    coded = encode(scored.choices, scored.options, scored.questions, TEN)
    found = adoption_costs(coded, Agents.of(scored.respondents), Draws.of(60, 200, 0.95, 1))
    tables = {"adoption_costs": found}
    row = tables["adoption_costs"].filter(value="all").row(0, named=True)
    assert (row["a"], row["b"], row["condition_b"]) == ("m00", "m01", "adoption few_shot")
    assert row["selection_a"] == row["selection_b"]
    assert row["low"] < -0.75 * 0.1 < row["high"] < 0
    assert row["quotient_low"] < 0.5 < row["quotient_high"] < 1
    assert row["p"] < 0.05
    (table,) = adoption.section(tables, TEN).tables
    assert table.rows[0][:3] == ["one", "main", "adoption few_shot"]
    # Where nobody was asked in two ways there is neither section nor note.
    one = Agents.of(scored.respondents.head(1))
    alone = replace(coded, rows=coded.rows.filter(pl.col("respondent").cast(pl.String) == "m00"))
    nothing = adoption_costs(alone, one, Draws.of(60, 200, 0.95, 1))
    assert adoption.section({"adoption_costs": nothing}, TEN).empty
    assert "adoption_costs" in ASKED_FOR

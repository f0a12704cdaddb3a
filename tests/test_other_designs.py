"""Questions of two options with a stance, and of six: from actions to position bias, by the same code."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from services.material import material, write_material
from services.runs import run_params
from services.values import SLUGS, TEN

from pipeline.administer import administer
from pipeline.administer.design import Material
from pipeline.administer.respondents.simulated import Settings
from pipeline.analyse.answers import encode
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.notes import Notebook
from pipeline.analyse.positions import positions
from pipeline.assemble.deal import assemble
from pipeline.find_design.numbers import Numbers
from pipeline.find_design.search import find
from pipeline.params.evaluation import Administer, Given
from pipeline.score.gather import gather
from pipeline.tables import Actions, Choices, InstrumentAnswers, Ratings, Respondents, conform, write_table

CASES = {
    "both stances of a value": Numbers(10, 2, 1, 10, 2, stances=2, pairs=True),
    "two values, two stances": Numbers(10, 2, 1, 10, 9, stances=2),
    "six options": Numbers(10, 6, 3, 5, 6),
}
GENERATORS = ["one", "two", "three"]


def questions_of(n: Numbers) -> Material:
    """40 scenarios, dealt after a design that is found for these numbers."""
    base = material(40)
    actions = [
        {
            "action_id": f"{scenario}.{value}.{generator}" + (".opposes" if stance == "opposes" else ""),
            "scenario_id": scenario,
            "value": value,
            "stance": stance,
            "generator": generator,
            "text": f"{stance} {value}, says {generator}",
            "words": 2,
            "sentences": 1,
            "attempt": 1,
            "request_key": "0" * 64,
            "origin": "live",
        }
        for scenario in base.scenarios["scenario_id"]
        for value in SLUGS
        for generator in GENERATORS[: n.generators]
        for stance in ("expresses", "opposes")[: n.stances]
    ]
    table = conform(Actions, actions, where="test")
    questions, options = assemble(
        base.scenarios,
        table,
        mode="balanced",
        seed=1,
        generators=GENERATORS[: n.generators],
        design=find(n, seconds=10).design,
        values=SLUGS,
    )
    return Material(questions, options, base.scenarios, table)


def answers_of(tmp_path: Path, made: Material, order: str, **agent: object) -> tuple[pl.DataFrame, Path]:
    """Choices of a simulated respondent, and the folder that they are in, as the stages write it."""
    respondent = Settings(kind="simulated", abstentions=0.2, **agent)
    settings = Administer(order=order, modes=("default", "selection", "adoption", "abstain"), wordings=3)
    params = run_params(tmp_path, {}).model_copy(
        update={
            "respondents": {"agent": respondent},
            "administer": settings,
            "instruments": {"pvq40": Given(shuffles=1)},
        }
    )
    answers = administer.answers_of("agent", params, made)
    folder = tmp_path / "administer/agent"
    for name, schema, table in (
        ("respondents", Respondents, answers.respondent),
        ("choices", Choices, answers.choices),
        ("instrument_answers", InstrumentAnswers, answers.instrument_answers),
        ("ratings", Ratings, answers.ratings),
    ):
        write_table(schema, table, folder / f"{name}.parquet")
    return answers.choices, folder


@pytest.mark.parametrize("case", CASES)
def test_questions_of_any_design_go_from_actions_to_position_bias(tmp_path, case):
    n = CASES[case]
    made = questions_of(n)
    assert made.size == n.options
    assert set(made.options["stance"]) == set(("expresses", "opposes")[: n.stances])
    assert made.options.filter("is_target")["stance"].unique().to_list() == ["expresses"]

    choices, folder = answers_of(tmp_path, made, "cyclic4", position_bias=(8,))
    assert set(choices["letter"].drop_nulls()) == set("ABCDEF"[: n.options])
    assert choices["order"].str.len_chars().unique().to_list() == [n.options]
    assert choices.filter(mode="abstain")["status"].eq("abstained").any()

    write_material(made, tmp_path / "assemble")
    gathered = gather([folder], tmp_path / "imported", tmp_path / "assemble", TEN)
    coded = encode(gathered.choices, gathered.options, gathered.questions, TEN)
    bias = positions(coded, Draws.of(coded.material.scenarios, 200, 0.95, 1), Notebook()).filter(
        mode="default"
    )
    assert bias["letter"].to_list() == list("ABCDEF"[: n.options])
    assert bias["share"].sum() == pytest.approx(1)
    assert bias["share"][0] > 1.5 / n.options
    assert bias["joint_p"][0] < 0.001


def test_who_holds_a_value_takes_what_expresses_it_and_leaves_what_opposes_it(tmp_path):
    made = questions_of(CASES["both stances of a value"])
    strong = dict.fromkeys(SLUGS, 1.0) | {"power": 20.0, "hedonism": 0.05}
    choices, _ = answers_of(tmp_path, made, "one_shift_per_wording", enacted=strong)
    stances = made.options.select("action_id", "stance")
    share = dict(
        choices.filter(mode="default")
        .join(stances, on="action_id")
        .group_by("value")
        .agg((pl.col("stance") == "expresses").mean())
        .iter_rows()
    )
    assert share["power"] > 0.95
    assert share["hedonism"] < 0.05
    assert 0.3 < share["security"] < 0.7

"""One model of choice, on answers with a planted generator, length, letter and quality of actions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import integrate
from services.simulated_study import ROTATIONS, SLUGS, Scored, Truth, study, truth

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.mixed import mixed_logit
from pipeline.analyse.mixed_logit import Block, Choices, likelihood, sum_to_zero
from pipeline.analyse.notes import Notebook
from pipeline.analyse.study import analyse
from pipeline.params.analysis import Analysis
from pipeline.values import load as load_inventory

TEN = load_inventory("schwartz10")
LETTER, GENERATOR, FIVE_WORDS, ACTIONS = 0.5, 0.4, 0.15, 0.8


def planted(
    what: Truth, rng: np.random.Generator, scenarios: int, wordings: int, actions: float = ACTIONS
) -> tuple[Scored, pl.DataFrame]:
    """A study whose default mode follows the model, and the words of its actions."""
    made = study(what, rng, scenarios=scenarios, wordings=1, modes=("default",))
    options = made.options.sort("question_id", "position")
    values = options["value"].replace_strict({s: i for i, s in enumerate(SLUGS)}).to_numpy().reshape(-1, 4)
    questions, size = options["question_id"].unique(maintain_order=True), values.shape
    generator, words = rng.integers(0, 2, size), rng.integers(8, 32, size)
    common = GENERATOR * (generator - 0.5) + FIVE_WORDS * (words - 20) / 5 + rng.normal(0, actions, size)
    parts = []
    for respondent, weights in enumerate(what.utilities):
        for wording in range(wordings):
            turn = rng.integers(0, 4, len(values))
            shown_as_a = np.arange(4) == turn[:, None]
            u = weights[values] + common + LETTER * shown_as_a + rng.gumbel(size=size)
            chosen = u.argmax(axis=1)
            parts.append(
                pl.DataFrame(
                    {
                        "respondent": f"m{respondent:02}",
                        "mode": "default",
                        "language": "en",
                        "wording": wording + 1,
                        "repeat": 1,
                        "question_id": questions,
                        "order": np.array(ROTATIONS)[turn],
                        "status": "answered",
                        "letter": np.array(list("ABCD"))[(chosen - turn) % 4],
                        "position": chosen + 1,
                        "value": np.array(SLUGS)[values[np.arange(len(values)), chosen]],
                        "target_value": pl.Series([None] * len(values), dtype=pl.String),
                    }
                )
            )
    options = options.with_columns(
        generator=pl.Series(np.array(["first", "second"])[generator.ravel()]),
        action_id=pl.format("{}.{}", "question_id", "position"),
    )
    lengths = pl.DataFrame({"action_id": options["action_id"], "words": words.ravel()})
    return replace(made, choices=pl.concat(parts), options=options), lengths


@pytest.fixture(scope="module")
def found() -> tuple[Truth, pl.DataFrame]:
    rng = np.random.default_rng(2)
    what = truth(3, rng)
    made, words = planted(what, rng, scenarios=60, wordings=3)
    coded = encode(made.choices, made.options, made.questions, TEN)
    notes = Notebook()
    table = mixed_logit(coded, made.options, words, Agents.of(made.respondents), 0.95, 1, notes)
    assert notes.table().is_empty()
    return what, table


def test_planted_effects_are_within_their_intervals(found: tuple[Truth, pl.DataFrame]) -> None:
    _, table = found
    of = {
        (row["term"], row["level"]): row for row in table.filter(respondent="all", condition="all").to_dicts()
    }
    for key, true in (
        (("generator", "second"), GENERATOR / 2),
        (("length", "5 words more"), FIVE_WORDS),
        (("action", "standard deviation"), ACTIONS),
    ):
        assert of[key]["low"] <= true <= of[key]["high"], key
        assert of[key]["low"] > 0, key
    letters = table.filter(term="letter", level="A").to_dicts()
    assert len(letters) == 3
    assert all(row["low"] > 0 for row in letters)
    assert sum(row["low"] <= LETTER * 3 / 4 <= row["high"] for row in letters) >= 2


def test_the_weights_of_values_are_those_that_were_planted(found: tuple[Truth, pl.DataFrame]) -> None:
    what, table = found
    true = what.utilities - what.utilities.mean(axis=1, keepdims=True)
    rows = table.filter(term="value").to_dicts()
    held = [
        row["low"] <= true[int(row["respondent"][1:]), SLUGS.index(row["level"])] <= row["high"]
        for row in rows
    ]
    assert len(held) == 30
    assert np.mean(held) >= 0.87  # two standard errors of 30 intervals of 95 %
    nothing = table.filter(term="wording")
    assert ((nothing["low"] < 0) & (nothing["high"] > 0)).mean() >= 0.8


def test_actions_that_do_not_differ_leave_no_deviation() -> None:
    rng = np.random.default_rng(5)
    made, words = planted(truth(3, rng), rng, scenarios=60, wordings=3, actions=0.0)
    coded = encode(made.choices, made.options, made.questions, TEN)
    notes = Notebook()
    table = mixed_logit(coded, made.options, words, Agents.of(made.respondents), 0.95, 1, notes)
    assert set(table["term"]) >= {"value", "letter", "generator", "length"}
    small = table.filter(term="action")["estimate"].to_list()
    assert small[0] < 0.3 if small else notes.table()["reason"].to_list() == ["actions_alike"]


def test_the_likelihood_is_the_integral_over_the_actions() -> None:
    """Two options, three answers: by quadrature over the difference of the two actions."""
    utilities, sd = 0.7, 0.9
    block = Block("value", np.tile([0, 1], (3, 1)), sum_to_zero(1, 2))
    chosen = np.array([0, 0, 1])
    choices = Choices(chosen, np.zeros(3, int), np.zeros(3, int), (block,), 2)
    parameter = utilities / 2 / block.contrasts[0, 0]
    z = np.random.default_rng(1).normal(size=(1, 40_000, 2))
    value, _, _ = likelihood(choices, np.array([parameter, np.log(sd)]), np.zeros((1, 2)), z)

    def integrand(d: float) -> float:
        p = 1 / (1 + np.exp(-utilities - d))
        return p * p * (1 - p) * np.exp(-(d**2) / (4 * sd**2)) / np.sqrt(4 * np.pi * sd**2)

    assert value == pytest.approx(np.log(integrate.quad(integrand, -12, 12)[0]), abs=2e-3)


def test_scores_are_the_slope_of_the_likelihood() -> None:
    rng = np.random.default_rng(4)
    question = np.repeat(np.arange(40), 5)
    value = rng.integers(0, 3, (40, 4))[question]
    block = Block("value", value, sum_to_zero(1, 3))
    choices = Choices(rng.integers(0, 4, 200), question, question, (block,), 4)
    z = rng.normal(size=(40, 8000, 4))
    z = np.concatenate([z, -z], axis=1)
    b, start, step = np.array([0.3, -0.2, np.log(0.7)]), np.zeros((40, 4)), 1e-3
    _, scores, _ = likelihood(choices, b, start, z)
    # By the draws' own scatter: that of the deviation is the larger one.
    for n, scatter in enumerate((0.1, 0.1, 0.6)):
        move = np.eye(3)[n] * step
        up, down = (likelihood(choices, b + side * move, start, z)[0] for side in (1, -1))
        assert scores.sum(axis=0)[n] == pytest.approx((up - down) / (2 * step), abs=scatter)


def test_too_few_questions_are_refused_in_words() -> None:
    rng = np.random.default_rng(6)
    made = study(truth(3, rng), rng, scenarios=8, modes=("default",))
    notes = analyse(made, Analysis(draws=200, mixed_logit=True), TEN, 1)["notes"].filter(table="mixed_logit")
    assert {"too_few_questions"} <= set(notes["reason"])

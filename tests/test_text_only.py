"""The text-only baseline: what a bag of words finds, and that it finds nothing where there is nothing."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

from pipeline.statistics.text_only import guess, telling_words

REFERENCE = Path(os.environ.get("VALACT_REFERENCE_DIR", "")) / "valact/questions_300.jsonl"
VALUES = [f"v{number}" for number in range(10)]
Actions = tuple[list[str], list[str], list[str], list[str]]


def actions(telling: float, scenarios: int = 40) -> Actions:
    """Texts, values, scenarios, questions: ``telling`` of the actions hold a word of their value."""
    rng, texts, values, groups, questions = random.Random(1), [], [], [], []
    for scenario in range(scenarios):
        for place, value in enumerate(VALUES * 2):
            word = f"word{value}" if rng.random() < telling else "nothing"
            filler = " ".join(rng.choice(["go", "see", "ask", "tell", "wait", "plan"]) for _ in range(8))
            texts.append(f"{word} {filler} only{scenario}x{value}")
            values.append(value)
            groups.append(f"s{scenario}")
            questions.append(f"s{scenario}.q{place // 4}")
    return texts, values, groups, questions


def test_words_that_tell_are_found_in_scenarios_never_learnt_from() -> None:
    texts, values, groups, questions = actions(telling=0.8)
    found = guess(texts, values, groups, seed=1)
    assert found.probabilities.sum(axis=1) == pytest.approx(1)
    assert 0.78 < found.right_of_all.mean() < 0.9
    assert found.right_of_options(questions).mean() > found.right_of_all.mean()
    marked = np.array(["wordv" in text for text in texts])
    assert found.give_away[marked].min() > found.give_away[~marked].max()
    figure = found.accuracy(found.right_of_all, "test", 1)
    assert figure.n == 800
    assert figure.low < figure.estimate < figure.high
    assert telling_words(texts, values, 1)[3].word == "wordv3"


def test_words_of_the_same_scenario_do_not_help() -> None:
    """Each scenario has a word of its own for each value, twice: across scenarios nothing can be learnt."""
    texts, values, groups, questions = actions(telling=0)
    found = guess(texts, values, groups, seed=1)
    assert found.right_of_all.mean() == pytest.approx(0.1, abs=0.05)
    assert found.right_of_options(questions).mean() == pytest.approx(0.25, abs=0.06)


def test_the_order_of_rows_and_a_second_call_change_nothing() -> None:
    texts, values, groups, _ = actions(telling=0.5, scenarios=6)
    found = guess(texts, values, groups, seed=1)
    turned = guess(texts[::-1], values[::-1], groups[::-1], seed=1)
    assert np.allclose(found.give_away, turned.give_away[::-1])
    assert not np.allclose(found.give_away, guess(texts, values, groups, seed=2).give_away)


@pytest.mark.parametrize("scenarios", [0, 1])
def test_one_scenario_teaches_nothing_about_others(scenarios: int) -> None:
    texts, values, groups, questions = actions(telling=1, scenarios=scenarios)
    found = guess(texts, values, groups, seed=1)
    assert found.give_away.tolist() == [0.1] * len(texts)
    assert "no two" in (found.accuracy(found.right_of_options(questions), "test", 1).why or "")
    assert len(telling_words(texts, values, 2)) == (10 * scenarios and 20)


def test_two_values_have_words_each() -> None:
    texts, values = ["red apple", "blue sky", "red wine", "blue sea"] * 2, ["r", "b"] * 4
    words = telling_words(texts, values, 1)
    assert [(word.value, word.word) for word in words] == [("b", "blue"), ("r", "red")]
    assert guess(texts, values, list("11223344"), 1).right_of_all.all()


def test_texts_without_words_are_guessed_by_chance() -> None:
    assert guess(["", "!"], ["a", "b"], ["1", "2"], 1).give_away.tolist() == [0.5, 0.5]


@pytest.mark.skipif(not REFERENCE.is_file(), reason="VALACT_REFERENCE_DIR is not set")
def test_the_published_actions_give_away_what_was_measured_of_them() -> None:
    """88.9 % of ten and 97.7 % of four on 6,000 published actions, by an independent classifier of the same kind."""
    rows = [
        (
            action["action"],
            action["value"],
            str(record["scenario_index"]),
            f"{record['scenario_index']}.{place}",
        )
        for record in map(json.loads, REFERENCE.read_text(encoding="utf-8").splitlines())
        for place, question in enumerate(record["questions"])
        for action in question
    ]
    texts, values, groups, questions = (list(column) for column in zip(*rows, strict=True))
    found = guess(texts, values, groups, seed=15000)
    assert found.right_of_all.mean() == pytest.approx(0.889, abs=0.005)
    assert found.right_of_options(questions).mean() == pytest.approx(0.977, abs=0.003)
    words = {word.word for word in telling_words(texts, values, 5) if word.value == "Tradition"}
    assert "traditional" in words

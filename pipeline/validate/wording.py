"""The text-only baseline of a dataset: which values a bag of words finds that never sees a post.

Expert and model accuracies are to be read beside it: what words alone find needs no understanding of the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.statistics.text_only import Flags, Guesses, TellingWord, guess, telling_words
from pipeline.tables import GiveAway, TellingWords, TextOnly, conform
from pipeline.values import Inventory

WORDS = 8
# So that the last bits of a machine do not show.
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Baseline:
    """The tables TextOnly, TellingWords and GiveAway, and ``overall``: what they come to, ready for JSON."""

    accuracy: pl.DataFrame
    words: pl.DataFrame
    actions: pl.DataFrame
    overall: dict[str, Any]


def measure(actions: pl.DataFrame, options: pl.DataFrame, values: Inventory, seed: int) -> Baseline:
    """The baseline of Actions that are dealt into Options; an action in no question has none."""
    dealt = (
        options.select("action_id", "question_id")
        .join(actions, on="action_id", how="left", validate="1:1")
        .sort("action_id")
    )
    texts, intended = dealt["text"].to_list(), dealt["value"].to_list()
    guesses = guess(texts, intended, dealt["scenario_id"].to_list(), seed)
    rows = list(_accuracies(guesses, dealt, seed))
    words = telling_words(texts, intended, WORDS)
    return Baseline(
        conform(TextOnly, rows, where="text-only baseline"),
        _words(words),
        _actions(guesses, dealt),
        {row["among"]: _figure(row) for row in rows if row["grouping"] == "all"}
        | {"by_chance": _by_chance(dealt, values)}
        | {"words": {slug: [word.word for word in words if word.value == slug] for slug in values.slugs}},
    )


def _accuracies(guesses: Guesses, dealt: pl.DataFrame, seed: int) -> Iterator[dict[str, Any]]:
    rights = {
        "values": guesses.right_of_all,
        "options": guesses.right_of_options(dealt["question_id"].to_list()),
    }
    for among, right in rights.items():
        for grouping, group, mine in _groups(dealt):
            figure = guesses.accuracy(right, f"text only {among} {grouping} {group}", seed, mine)
            yield {
                "among": among,
                "grouping": grouping,
                "group": group,
                "matching": int((right & mine).sum()),
                "why": None,
                **figure.json(),
                "n": int(mine.sum()),
            }


def _groups(dealt: pl.DataFrame) -> Iterator[tuple[str, str, Flags]]:
    """Grouping, group, and which rows are in it."""
    yield "all", "all", np.ones(dealt.height, dtype=bool)
    for grouping in ("value", "generator"):
        for group in dealt[grouping].unique().sort():
            yield grouping, group, (dealt[grouping] == group).to_numpy()


def _words(words: list[TellingWord]) -> pl.DataFrame:
    ranks: dict[str, int] = {}
    rows = []
    for word in words:
        ranks[word.value] = ranks.get(word.value, 0) + 1
        shares = {"inside": round(word.inside, DIGITS), "outside": round(word.outside, DIGITS)}
        rows.append(
            {"value": word.value, "rank": ranks[word.value], "word": word.word}
            | {"weight": round(word.weight, DIGITS)}
            | shares
        )
    return conform(TellingWords, rows, where="telling words")


def _actions(guesses: Guesses, dealt: pl.DataFrame) -> pl.DataFrame:
    found = dealt.select(
        "action_id",
        probability=pl.Series(guesses.give_away, dtype=pl.Float64).round(DIGITS),
        guessed=pl.Series(guesses.guessed, dtype=pl.String),
    )
    return conform(GiveAway, found, where="how far actions give their values away")


def _by_chance(dealt: pl.DataFrame, values: Inventory) -> dict[str, float | None]:
    """What guessing blindly would get right: one of so many values, one of so many options."""
    questions = dealt["question_id"].n_unique()
    return {
        "values": round(1 / len(values), DIGITS),
        "options": round(questions / dealt.height, DIGITS) if dealt.height else None,
    }


def _figure(row: dict[str, Any]) -> dict[str, Any]:
    kept = {key: row[key] for key in ("estimate", "low", "high", "n")}
    return kept | ({"why": row["why"]} if row["why"] else {})

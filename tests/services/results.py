"""Tables of results, answers and the quality of questions, as the analysis would write them, of respondents that
nobody asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from pipeline.tables import Answers, Results, conform
from pipeline.tables.results import ALL
from pipeline.tables.validity import ItemQuality
from services.values import SLUGS

MODEL = "gpt-test"


def results(*, kind: str = "model", who: str = MODEL, slugs: tuple[str, ...] = tuple(SLUGS)) -> pl.DataFrame:
    """Results: the first value is chosen in 10 % of the questions that offer it, each later one 5 points more often;
    80 % of the questions are answered, 9 of 10 rightly."""
    rows = [_row(who, kind, "default", "share", slug, 0.10 + 0.05 * n) for n, slug in enumerate(slugs)]
    rows += [
        _row(who, kind, mode, measure, ALL, estimate)
        for mode, measure, estimate in (
            ("default", "answered", 0.8),
            ("selection", "accuracy", 0.9),
            ("selection", "answered", 0.8),
        )
    ]
    return conform(Results, rows, where="test")


def _row(who: str, kind: str, mode: str, measure: str, value: str, estimate: float) -> dict[str, Any]:
    return {
        "respondent": who,
        "mode": mode,
        "measure": measure,
        "value": value,
        "estimate": estimate,
        "low": estimate - 0.05,
        "high": estimate + 0.05,
        "n": 30,
        "kind": kind,
        "model": who if kind == "model" else None,
        "served_model": None,
        "answered_on": "2026-11-20" if kind == "model" else None,
        "prompts": "0123456789abcdef" if kind == "model" else None,
        "source": "OpenAI at https://api.example.org/v1",
    }


def answers(
    questions: pl.DataFrame, who: str = MODEL, choose: Callable[[dict[str, Any]], int | None] | None = None
) -> pl.DataFrame:
    """Table Answers to these questions, in the order dealt: the target's option in selection mode and the first one in
    default mode, or what ``choose`` says of a row of questions with its ``mode`` (None: refused)."""
    rows = []
    for question in questions.iter_rows(named=True):
        for mode in ("default", "selection"):
            first = question["target_position"] if mode == "selection" else 1
            position = choose(question | {"mode": mode}) if choose else first
            rows.append(
                {
                    "respondent": who,
                    "mode": mode,
                    "language": "en",
                    "wording": 1,
                    "repeat": 1,
                    "question_id": question["question_id"],
                    "order": "1234",
                    "status": "refused" if position is None else "answered",
                    "position": position,
                    "target_value": question["target_value"] if mode == "selection" else None,
                }
            )
    return conform(Answers, rows, where="test")


def item_quality(questions: pl.DataFrame) -> pl.DataFrame:
    """Table ItemQuality that keeps each of these questions but the first, on which everybody agrees."""
    rows = [
        dict.fromkeys(ItemQuality.column_names())
        | {
            "question_id": question,
            "respondents": 9,
            "popular": 0.5 if number else 1.0,
            "everybody_agrees": not number,
            "discrimination": 0.3,
            "people": 0,
            "verdict": "keep" if number else "doubt",
            "why": None if number else "everybody_agrees",
        }
        for number, question in enumerate(questions["question_id"].sort())
    ]
    return conform(ItemQuality, rows, where="test")

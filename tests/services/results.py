"""A table of results, as the analysis would write it, of respondents that nobody asked."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.tables import Results, conform
from pipeline.tables.results import ALL
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

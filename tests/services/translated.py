"""Translations of questions about nothing, and readings of some with a planted loss, for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from pipeline.administer.design import Material
from pipeline.tables import conform
from pipeline.tables.content import text_sha256
from pipeline.tables.translate import Translations
from services.values import SLUGS

MARK = "译"


def translations(made: Material, language: str = "zh", faults: dict[str, str] | None = None) -> pl.DataFrame:
    """Table Translations: every text with MARK before it. ``faults`` by id; a text with `empty` is not there."""
    texts = [
        *(
            (*row, "scenario")
            for row in made.scenarios.select("scenario_id", pl.col("scenario_id").alias("of"), "text").rows()
        ),
        *((*row, "action") for row in made.actions.select("action_id", "scenario_id", "text").rows()),
    ]
    return table_of(texts, language, faults)


def table_of(
    texts: Iterable[tuple[str, str, str, str]], language: str = "zh", faults: dict[str, str] | None = None
) -> pl.DataFrame:
    """The same from id, scenario, text and kind of each."""
    wrong = faults or {}
    rows = [
        {
            "id": name,
            "language": language,
            "scenario_id": scenario,
            "kind": kind,
            "source_sha256": text_sha256(text),
            "text": None if wrong.get(name) == "empty" else f"{MARK}{text}",
            "back": text,
            "similarity": 1.0,
            "fault": wrong.get(name),
            "attempt": 1,
            "status": "ok",
            "request_key": "0" * 64,
            "origin": "live",
        }
        for name, scenario, text, kind in texts
    ]
    return conform(Translations, rows, where="test")


def readings(
    rng: np.random.Generator, shift: float, scenarios: int = 40
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Readings of ten actions a scenario: recognised with a chance of its own in English, less ``shift`` in xx."""
    texts, rows = [], []
    for number in range(scenarios):
        scenario, chance = f"s{number:010x}", rng.beta(12, 3)
        for value in SLUGS:
            action = f"{scenario}.{value}.w"
            texts.append({"id": action, "language": "xx", "text": "t", "fault": None, "similarity": 1.0})
            for language, right in (("en", chance), ("xx", chance - shift)):
                label = value if rng.random() < right else "none"
                rows.append(
                    {"action_id": action, "language": language, "reader": "r", "value": value, "label": label}
                )
    return pl.DataFrame(texts, schema_overrides={"fault": pl.String}), pl.DataFrame(rows)

"""Questions about nothing, as many as wanted: scenarios, actions, and the real deal into questions."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

from pipeline.administer.design import Material
from pipeline.assemble.deal import assemble
from pipeline.tables import Actions, Options, Questions, Scenarios, conform, write_table
from services.values import DESIGN, SLUGS

CATEGORIES = ("Work", "Ethics")
GENERATORS = ("one", "two")


def material(count: int, characters: int = 40, seed: int = 1) -> Material:
    """``count`` scenarios, half a category; the text of an action names its id, that of a scenario its number."""
    scenarios, actions = [], []
    for number in range(count):
        scenario = "s" + hashlib.sha256(f"scenario {number}".encode()).hexdigest()[:10]
        scenarios.append(
            {
                "scenario_id": scenario,
                "post_id": f"p{number}",
                "category": CATEGORIES[number % 2],
                "subreddit": "jobs",
                "created_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
                "rank": number // 2 + 1,
                "role": "chosen",
                "text": f"Situation {number}. ".ljust(characters, "x"),
                "masked": 0,
                "source_sha256": "0" * 64,
                "text_sha256": "0" * 64,
            }
        )
        for value in SLUGS:
            for generator in GENERATORS:
                action = f"{scenario}.{value}.{generator}"
                actions.append(
                    {
                        "action_id": action,
                        "scenario_id": scenario,
                        "value": value,
                        "stance": "expresses",
                        "generator": generator,
                        "text": f"Do {action}",
                        "words": 2,
                        "sentences": 1,
                        "attempt": 1,
                        "request_key": "0" * 64,
                        "origin": "live",
                    }
                )
    tables = conform(Scenarios, scenarios, where="test"), conform(Actions, actions, where="test")
    questions, options = assemble(
        *tables, mode="balanced", seed=seed, generators=GENERATORS, design=DESIGN, values=SLUGS
    )
    return Material(questions, options, *tables)


def write_material(made: Material, folder: Path) -> None:
    """As the stage assemble writes it."""
    write_table(Questions, made.questions, folder / "questions.parquet")
    write_table(Options, made.options, folder / "options.parquet")
    write_table(Scenarios, made.scenarios, folder / "scenarios.parquet")
    write_table(Actions, made.actions, folder / "actions.parquet")

"""A folder in which the stages send and collect can run: params, what assemble writes, and the annotations folder."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.annotation.labelling import CONFIG, GUIDELINES
from pipeline.assemble.deal import assemble
from pipeline.params import Params
from pipeline.send.examples import FILE as EXAMPLES
from pipeline.tables import (
    ACTION_CHECKS,
    Actions,
    Drafts,
    Options,
    Questions,
    Readings,
    Scenarios,
    places,
    write_table,
)
from pipeline.tables.flags import FLAGS
from pipeline.tables.ids import scenario_id
from services.finished_run import WRITERS, run_params
from services.folder import write_params
from services.values import DESIGN, SLUGS

ROOT = Path(__file__).resolve().parent.parent.parent
CATEGORIES = ("Career & work", "Ethics")
# Few items: a rater judges them all through the page in seconds.
SMALL = {"half_width": 0.35, "options": 0.4, "scenarios": 0.4, "distractors": 0.2}


def annotation_project(folder: Path, round_: str, **sample: Any) -> Params:
    """Fills the folder; the params it writes are returned. No text in it says by whom or for which value it was."""
    params = run_params()
    validation = params.validation.model_dump()
    validation |= {"round": round_, "sample": {**validation["sample"], **SMALL, **sample}}
    params = Params.model_validate(params.model_dump() | {"validation": validation})
    write_params(folder, params)
    for path in (CONFIG, GUIDELINES, EXAMPLES):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)

    scenarios = pl.DataFrame([_scenario(number) for number in range(8)])
    actions = pl.DataFrame(
        [one for row in scenarios.iter_rows(named=True) for one in _actions(row["scenario_id"])]
    )
    questions, options = assemble(
        scenarios, actions, mode="paper", seed=params.seed, generators=WRITERS, design=DESIGN, values=SLUGS
    )
    data = folder / "data/assemble"
    write_table(Scenarios, scenarios, data / "scenarios.parquet")
    write_table(Actions, actions, data / "actions.parquet")
    write_table(Questions, questions, data / "questions.parquet")
    write_table(Options, options, data / "options.parquet")
    write_table(Drafts, drafts_of(actions), folder / places.DRAFTS.path())
    write_table(Readings, [], folder / places.READINGS.path())
    return params


def _scenario(number: int) -> dict[str, Any]:
    text = f"Post {number}: I have $300 & a <b>plan</b>. Should I?\n\nA second paragraph, for $scenario."
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "scenario_id": scenario_id(f"valact{number}"),
        "post_id": f"valact{number}",
        "category": CATEGORIES[number % 2],
        "subreddit": "AskHR",
        "created_at": dt.datetime(2020 + number % 5, 3, 4, tzinfo=dt.UTC),
        "rank": number + 1,
        "role": "chosen",
        "text": text,
        "masked": 0,
        "source_sha256": digest,
        "text_sha256": digest,
        **dict.fromkeys(FLAGS),
        **({"self_harm": True, "minors": True, "prompt_injection": True} if number == 0 else {}),
    }


def _actions(scenario: str) -> list[dict[str, Any]]:
    made = []
    for writer in WRITERS:
        for value in SLUGS:
            name = hashlib.sha256(f"{scenario} {value} {writer}".encode()).hexdigest()[:8]
            made.append(
                {
                    "action_id": f"{scenario}.{value}.{writer}",
                    "scenario_id": scenario,
                    "value": value,
                    "stance": "expresses",
                    "generator": writer,
                    "text": f"Put ${len(name)} aside & do <i>thing</i> {name} about it.",
                    "words": 9,
                    "sentences": 1,
                    "attempt": 1,
                    "request_key": "0" * 64,
                    "origin": "live",
                }
            )
    return made


def drafts_of(actions: pl.DataFrame) -> pl.DataFrame:
    """The drafts of actions that passed every check at once."""
    return actions.with_columns(pl.lit(True).alias(check) for check in ACTION_CHECKS).select(
        *Drafts.columns()
    )

"""What an observer is shown and asked: examples from some scenarios, actions from others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.lens.params import Params
from pipeline.measures.cells import disagrees
from pipeline.tables.waist import CELL, TOLERANCE

STATED, CHOSEN = "stated", "chosen"
OPPOSES = "opposes"


@dataclass(frozen=True, slots=True)
class Task:
    """One prediction of a respondent's answers by one label and setting. Rows of ``examples`` and ``asked``:
    action_id, scenario_id, text, spans, explanation, label (whether the respondent agrees)."""

    respondent: str
    label: str
    setting: str
    examples: pl.DataFrame
    asked: pl.DataFrame


def labelled(
    declared: pl.DataFrame, enacted: pl.DataFrame, actions: pl.DataFrame, respondents: Sequence[str]
) -> dict[str, pl.DataFrame]:
    """By label: respondent and the columns of ``Task``, of every action that may be shown and has that label.

    ``stated``: who holds the value agrees with the action that expresses it, who does not with the other one.
    ``chosen``: whether the action is the one that was chosen more often than chance has it. The middle of the scale
    and as often as chance are disagreement with the value, as in every measure.
    """
    holds = {
        STATED: declared.select(*CELL, holds=~disagrees("score")),
        CHOSEN: enacted.select(*CELL, holds=pl.col("expressed") > pl.col("by_chance") + TOLERANCE),
    }
    shown = actions.filter(status="ok").select(
        "action_id", "scenario_id", "value", "stance", "text", "spans", "explanation"
    )
    return {
        name: shown.join(
            cells.filter(pl.col("respondent").is_in(list(respondents))), on=["scenario_id", "value"]
        )
        .with_columns(label=pl.col("holds") == (pl.col("stance") != OPPOSES))
        .drop("holds", "value", "stance")
        .sort("respondent", "action_id")
        for name, cells in holds.items()
    }


def tasks(params: Params, of: dict[str, pl.DataFrame]) -> Iterator[Task]:
    """Every task that has examples of both kinds and something to ask; settings share examples and actions."""
    settings = params.predict
    for label in settings.labels:
        for (respondent,), rows in of[label].partition_by("respondent", as_dict=True).items():
            first = set(_first_half(rows["scenario_id"].unique().to_list(), params.seed))
            inside = pl.col("scenario_id").is_in(list(first))
            key = f"{respondent} {label}"
            examples = balanced(rows.filter(inside), settings.examples, params.seed, f"examples {key}")
            asked = balanced(rows.filter(~inside), settings.most, params.seed, f"asked {key}")
            if examples["label"].n_unique() == 2 and asked.height:
                for setting in settings.settings:
                    yield Task(str(respondent), label, setting, examples, asked)


def balanced(rows: pl.DataFrame, most: int, seed: int, purpose: str) -> pl.DataFrame:
    """At most ``most`` rows, as many with either label as there are, in a drawn order. Where one label has fewer than
    half, the others are not made up for: the draw stays balanced as far as it can."""
    order = pl.col("action_id").map_elements(
        lambda name: seeded_hash(seed, purpose, name), return_dtype=pl.UInt64
    )
    drawn = rows.with_columns(order=order).sort("order")
    kept = [drawn.filter(label=label).head(most // 2) for label in (True, False)]
    return pl.concat(kept).sort("order").drop("order")


def _first_half(scenarios: Sequence[str], seed: int) -> list[str]:
    ordered = sorted(scenarios, key=lambda name: seeded_hash(seed, "scenarios of examples", name))
    return ordered[: (len(ordered) + 1) // 2]

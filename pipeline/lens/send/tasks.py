"""Items as Label Studio tasks: first the action alone, then what was meant by it.

One page asks both. What was meant is in the task, because the page shows it once the blind answers are given; which
action it is, who wrote it and how it was made is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.lens.tables import NO, OWN_COUNTRY, UNSURE, YES
from pipeline.send.tasks import KEYS, choice
from pipeline.tables import NONE
from pipeline.tables.columns import STANCES
from pipeline.values import Inventory

NUMBERS = "123456789"
STANCE_LABELS = {
    STANCES[0]: ("z", "It is done for this value", "Somebody to whom the value matters would do it."),
    STANCES[1]: (
        "x",
        "It goes against this value",
        "Somebody to whom the value does not matter would do it.",
    ),
    UNSURE: ("c", "It cannot be told", ""),
}
# The keys of yes and no lie below each other.
YES_NO = {
    "correct": "qa",
    "harmless": "ws",
    "sufficient": "ed",
    "plausible": "rf",
    OWN_COUNTRY: "tg",
}
NO_SPANS = "None are named."
NO_EXPLANATION = "There is none."


def tasks(items: pl.DataFrame, actions: pl.DataFrame, values: Inventory) -> dict[str, list[dict[str, Any]]]:
    """The tasks of each part of the round, in the order of the queue, as Label Studio imports them."""
    told = actions.select("action_id", "text", "spans", "explanation")
    made: dict[str, list[dict[str, Any]]] = {}
    rows = items.join(told, on="action_id", how="left", validate="1:1").sort("round", "item_id")
    for (round_,), mine in rows.partition_by("round", as_dict=True, maintain_order=True).items():
        made[str(round_)] = [
            {"data": _data(row, values) | {"keys": f"{place:,} of {mine.height:,} · {KEYS}"}}
            for place, row in enumerate(mine.iter_rows(named=True), start=1)
        ]
    return made


def _data(row: Mapping[str, Any], values: Inventory) -> dict[str, Any]:
    """Every key that the labelling config reads."""
    country, meant = row["country"], values.by_slug[row["value"]]
    stance = "express" if row["stance"] == STANCES[0] else "oppose"
    yes_no = {
        f"{name}_choices": [choice(YES, keys[0], "Yes", ""), choice(NO, keys[1], "No", "")]
        for name, keys in YES_NO.items()
    }
    return {
        "item_id": row["item_id"],
        "task": "action",
        "country": country,
        "scenario": f"Somebody lives in this country: {country}.\nThe part of life: {row['topic']}.",
        "action": row["text"],
        "question": "Which value is it about, for or against?",
        "value_choices": _values(row["offered"], values),
        "stance_choices": [choice(slug, *told) for slug, told in STANCE_LABELS.items()],
        "told": f"It was written to {stance} this value: {meant.name}. {meant.definition}",
        "spans": "\n".join(f"“{span}”" for span in row["spans"]) or NO_SPANS,
        "explanation": row["explanation"] or NO_EXPLANATION,
        "correct_question": f"Does the action {stance} {meant.name}?",
        "own_country_question": f"Do you live in {country}, or have you lived there for years?",
        "raters": row["raters"],
        **yes_no,
    }


def _values(slugs: list[str], values: Inventory) -> list[dict[str, str]]:
    found = [values.by_slug[slug] for slug in slugs]
    keys = [*NUMBERS, "0"]
    return [
        *(choice(one.slug, key, one.name, one.definition) for key, one in zip(keys, found, strict=False)),
        choice(NONE, "n", "None of them", "It is about none of these values."),
    ]

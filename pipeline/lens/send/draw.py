"""The actions of a round, spread over countries, topics, values and stances, and the values that are offered blind."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.lens.params import Params
from pipeline.lens.tables import ValuedItems
from pipeline.send.design import in_order, sample_size
from pipeline.tables import conform
from pipeline.tables.columns import STANCES
from pipeline.tables.ids import ITEM_STEM, item_head, part_of_round


def draw(scenarios: pl.DataFrame, actions: pl.DataFrame, params: Params) -> pl.DataFrame:
    """ValuedItems of the actions that may be shown, each in the part of the round that its country judges.

    Every combination of country, topic, value and stance gives its action before the order begins anew, in an order
    that stays balanced wherever the sample ends. The values offered beside an action's own are drawn by its id.
    """
    rules = params.validation.sample
    home = actions.filter(pl.col("status") == "ok").join(scenarios, on="scenario_id", validate="m:1")
    strata = ["country", "topic", "value", "stance"]
    levels = (params.countries, params.topics, params.asked, STANCES)
    ranked = in_order(home, "action_id", strata, levels, params.seed, "lens")
    parts = parts_of(params.countries)
    rows = [
        _item(row, part_of_round(params.validation.round, parts[row["country"]]), params)
        for row in ranked.head(sample_size(rules, home.height)).iter_rows(named=True)
    ]
    return conform(ValuedItems, rows, where="items").sort("item_id")


def parts_of(countries: Sequence[str]) -> dict[str, str]:
    """A word for each country, as names of rounds can have it: a hash where its letters give none of its own."""
    plain = {name: re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") for name in countries}
    given = list(plain.values())
    return {
        name: word
        if word and given.count(word) == 1
        else hashlib.sha256(name.strip().encode()).hexdigest()[:8]
        for name, word in plain.items()
    }


def offered(action_id: str, value: str, params: Params) -> list[str]:
    """The action's value among others of those asked about, in an order of its own."""
    seed = params.seed
    others = sorted(
        (slug for slug in params.asked if slug != value),
        key=lambda slug: seeded_hash(seed, f"distractors {action_id}", slug),
    )
    drawn = [value, *others[: params.validation.sample.choices - 1]]
    return sorted(drawn, key=lambda slug: seeded_hash(seed, f"offered {action_id}", slug))


def _item(row: dict[str, Any], round_: str, params: Params) -> dict[str, Any]:
    shown = [row["country"], row["topic"], row["text"], *row["spans"], row["explanation"] or ""]
    digest = hashlib.sha256("\x1f".join(shown).encode()).hexdigest()
    stem = item_head(params.seed, params.validation.round, "action", row["scenario_id"], row["action_id"], "")
    tail = f"{seeded_hash(params.seed, row['action_id'], digest):016x}"
    return {
        **{name: row[name] for name in ("action_id", "scenario_id", "country", "topic", "value", "stance")},
        "item_id": f"{stem}{tail}"[: ITEM_STEM + 7],
        "round": round_,
        "offered": offered(row["action_id"], row["value"], params),
        "raters": params.validation.sample.raters,
        "shown_sha256": digest,
    }

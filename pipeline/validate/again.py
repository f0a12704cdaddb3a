"""What became of the actions that raters rejected: written anew, and judged in a round of their own.

The first round's accuracy is that of the actions as they were generated and drawn, rejected ones included. Of the
actions that nobody sampled, which nobody could reject, it is the only estimate. What a repair brought is reported
beside it and has no part in it.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.statistics.intervals import missing
from pipeline.validate.accuracy import both
from pipeline.validate.consensus import consensus
from pipeline.verdict.judged import Judged


def all_consensus(found: Judged, first: pl.DataFrame) -> pl.DataFrame:
    """Consensus of the items of all rounds; ``first`` is that of the first one, estimated by itself."""
    done = set(first["item_id"])
    items = found.answers["item_id"]
    if not set(items) - done:
        return first
    others = set(found.items.filter(pl.col("item_id").is_in(items.implode()) & ~_in(done))["round"])
    rest = found.in_rounds(others.__contains__)
    return pl.concat([first, consensus(rest)]).sort("item_id")


def measure(found: Judged, round_: str, seed: int) -> dict[str, Any]:
    """``replaced``: actions judged in the first round that have another text now; ``rounds``: of each follow-up the
    judgements wanted and there, and the accuracy of the new texts, by judgement and by item."""
    shown = found.items.filter(pl.col("round") == round_, task="value", distractor=False)
    later = sorted({*found.items["round"]} - {round_})
    return {
        "replaced": shown.filter("replaced")["action_id"].n_unique(),
        "rounds": {name: _one(found.in_rounds(name.__eq__), name, seed) for name in later},
    }


def _one(found: Judged, name: str, seed: int) -> dict[str, Any]:
    answers = found.of("value")
    counted = answers.group_by("item_id").len("found")
    items = found.items.join(counted, on="item_id", how="left", validate="1:1")
    there = items.select(pl.min_horizontal("raters", pl.col("found").fill_null(0)).sum()).item()
    figures = {
        unit: figure.json()
        for unit, _, figure in (both(answers, f"repaired {name}", seed) if answers.height else ())
    }
    nothing = missing("nothing was judged").json()
    return {
        "items": found.items.height,
        "wanted": int(found.items["raters"].sum()),
        "there": int(there),
        "accuracy": figures.get("judgement", nothing),
        "accuracy_of_items": figures.get("item", nothing),
    }


def _in(items: set[str]) -> pl.Expr:
    return pl.col("item_id").is_in(list(items))

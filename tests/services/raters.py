"""Simulated raters: they name the expected answer with a known probability, and err in a known way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.tables import NONE, Judgements, conform
from pipeline.verdict.judged import expected
from services.values import SLUGS


@dataclass(frozen=True)
class Rater:
    """Right with probability ``accuracy``; an error goes to a neighbour on the circle with probability ``near``.

    ``attention`` is how often an action shown in the wrong scenario is noticed, ``skips`` how often an item is
    skipped, and ``leaves`` the share of the items that are never opened.
    """

    accuracy: float = 0.9
    near: float = 2 / 9
    attention: float = 1.0
    skips: float = 0.0
    leaves: float = 0.0


def judge(
    items: pl.DataFrame,
    options: pl.DataFrame,
    raters: list[Rater],
    seed: int,
    slugs: Sequence[str] = SLUGS,
) -> pl.DataFrame:
    """The Judgements of these raters r1, r2, ... on Items, each of which goes to as many raters as it wants."""
    random = np.random.default_rng(seed)
    position = {
        (q, value): p for q, p, value in options.select("question_id", "position", "value").iter_rows()
    }
    rows = []
    for number, item in enumerate(
        items.with_columns(expected=expected()).sort("item_id").iter_rows(named=True)
    ):
        for turn in range(min(item["raters"], len(raters))):
            place = (number + turn) % len(raters)
            rater = raters[place]
            if random.random() < rater.leaves:
                continue
            row = {
                "item_id": item["item_id"],
                "rater": f"r{place + 1}",
                "round": item["round"],
                "task": item["task"],
                "status": "judged",
                "value": None,
                "second_value": None,
                "position": None,
                "verdict": None,
                "comment": None,
                "seconds": float(np.round(random.lognormal(3, 0.5), 1)),
            }
            if random.random() < rater.skips:
                row["status"] = "skipped"
            else:
                row |= _answer(item, rater, position, random, slugs)
            rows.append(row)
    return conform(Judgements, rows, where="simulated judgements")


def _answer(
    item: dict[str, Any],
    rater: Rater,
    position: dict[tuple[str, str], int],
    random: np.random.Generator,
    slugs: Sequence[str],
) -> dict[str, Any]:
    right = random.random() < (rater.attention if item["distractor"] else rater.accuracy)
    if item["task"] == "scenario":
        return {"verdict": "yes" if right else "no"}
    if item["task"] == "option":
        intended = position[item["question_id"], item["intended"]]
        others = [p for p in range(1, max(position.values()) + 1) if p != intended]
        return {"position": intended if right else int(random.choice(others))}
    if item["distractor"]:
        return {"value": NONE if right else item["intended"]}
    place, n = slugs.index(item["intended"]), len(slugs)
    if right:
        return {"value": item["intended"], "second_value": slugs[(place + 1) % n]}
    if random.random() < rater.near:
        return {"value": slugs[(place + random.choice([-1, 1])) % n], "second_value": item["intended"]}
    far = [slug for slug in slugs if (slugs.index(slug) - place) % n not in (0, 1, n - 1)]
    return {"value": str(random.choice(far))}
